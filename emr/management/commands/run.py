"""``manage.py run``: the whole of Chartroom on this machine. The work is in :mod:`emr.services.supervisor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from emr.services import supervisor


class Command(BaseCommand):
    """Listed by ``manage.py help``; ``manage.py`` itself starts the supervisor before Django is loaded."""

    help = "Starts database, broker, web server and job worker, and seeds the demo clinic on the first run."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="first port to try (default: 8000)")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        raise SystemExit(supervisor.main(Path(settings.BASE_DIR), ["--port", str(port)]))
