"""Load the clinic's own knowledge base: ``manage.py load_knowledge interactions --file … --name … --release …``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.actions.knowledge import load_knowledge
from clinic.models.safety import KnowledgeKind
from emr.shared.errors import DomainError


class Command(BaseCommand):
    help = "Loads a file of drug interactions, ingredients or classes, and uses it for the safety checks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KnowledgeKind.values)
        parser.add_argument("--file", type=Path, required=True, help="a CSV file; see docs/safety.md")
        parser.add_argument("--name", required=True, help="what the knowledge base is called, for the pages")
        parser.add_argument("--release", required=True, help="its version, for the pages")
        parser.add_argument("--licence", default="", help="under which terms the clinic uses it")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = KnowledgeKind(options["kind"])
        try:
            base, new = load_knowledge(
                kind=kind,
                path=options["file"],
                name=options["name"],
                version=options["release"],
                licence=options["licence"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{options['file']} can't be read: {error.strerror}.") from error
        state = "loaded" if new else "is in use already"
        self.stdout.write(f"{kind.label}: {base} {state}, {base.rows:,} lines.")
