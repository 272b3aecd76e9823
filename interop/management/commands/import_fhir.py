"""Import FHIR R4 bundles from files or folders."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.accounts.clinic import in_clinic_zone
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from interop.fhir.bundle import bundle_files
from interop.fhir.importer import ImportRefused, import_files
from interop.management.tables import require_tables


class Command(BaseCommand):
    help = "Import FHIR R4 bundles (.json, .json.gz). Importing the same again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="Bundles, or folders of them.")
        parser.add_argument("--source", default="fhir", help="Name of the other system, in which ids are unique.")
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="Keep nothing when a single entry can't be imported."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        files = [file for path in options["paths"] for file in (bundle_files(path) if path.is_dir() else [path])]
        if not files:
            raise CommandError("There is no bundle (.json or .json.gz) in what was given.")
        require_tables()
        try:
            with in_clinic_zone():
                report = import_files(
                    files,
                    by=service_user("import"),
                    source=options["source"],
                    all_or_nothing=options["all_or_nothing"],
                    on_progress=lambda done, total: self.stderr.write(f"{done} of {total} files", ending="\r"),
                )
        except ImportRefused as error:
            self.stdout.write("\n".join(error.report.lines()))
            raise CommandError(error.message) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write("\n".join(report.lines()))
