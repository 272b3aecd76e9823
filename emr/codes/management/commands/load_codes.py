"""Load code systems: ``manage.py load_codes``, or one of them from the clinic's own file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from emr.audit.actor import service_user
from emr.codes.actions.releases import load_release
from emr.codes.importers.rows import Source
from emr.codes.models import Release
from emr.codes.models.systems import ReleaseOrigin, ReleaseState
from emr.codes.systems.base import System
from emr.codes.systems.registry import SYSTEMS
from emr.shared.errors import DomainError

_SECONDS_BETWEEN_LINES = 2.0


class Command(BaseCommand):
    help = "Loads the code systems that come with the product, or one from the clinic's own file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", choices=sorted(SYSTEMS), help="only this code system")
        parser.add_argument("--file", type=Path, help="the clinic's own file of that system")
        parser.add_argument("--if-missing", action="store_true", help="leave systems alone that have any release")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            self._service = service_user("codes")
        for system, source in self._wanted(options["system"], options["file"]):
            active = Release.objects.filter(code_system__url=system.url, state=ReleaseState.ACTIVE).first()
            if active and options["if_missing"]:
                self._say(system, f"is there ({active.version}).")
            elif active and active.origin == ReleaseOrigin.FILE and options["system"] is None:
                self._say(system, f"kept: the clinic's own file ({active.source_name}) is in use.")
            else:
                self._load(system, source)

    def _wanted(self, name: str | None, file: Path | None) -> Iterator[tuple[System, Source]]:
        """What to load. A shipped source is described without reading all of it."""
        if file is not None:
            yield self._clinic_file(name, file)
            return
        for system in [SYSTEMS[name]] if name else SYSTEMS.values():
            if system.shipped:
                yield system, system.shipped()
            elif name:
                raise CommandError(f"{system.title} does not come with the product: give the clinic's file by --file.")

    def _clinic_file(self, name: str | None, file: Path) -> tuple[System, Source]:
        if name is None:
            raise CommandError("Say by --system which code system the file holds.")
        system = SYSTEMS[name]
        if system.from_file is None:
            raise CommandError(f"{system.title} is not loaded from a file; it comes with the product.")
        try:
            return system, system.from_file(file)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}.") from error

    def _load(self, system: System, source: Source) -> None:
        started = shown = monotonic()

        def progress(done: int, total: int | None) -> None:
            nonlocal shown
            if monotonic() - shown >= _SECONDS_BETWEEN_LINES:
                shown = monotonic()
                share = f" ({min(done * 100 // total, 100)} %)" if total else ""
                self._say(system, f"{done:,} codes{share} …")

        try:
            loaded = load_release(system=system, source=source, by=self._service, progress=progress)
        except DomainError as error:
            raise CommandError(error.message) from error
        if loaded.outcome == "unchanged":
            self._say(system, f"unchanged ({loaded.release.version}).")
            return
        changes = f"{loaded.added:,} new" + (f", {loaded.ended:,} no longer valid" if loaded.ended else "")
        seconds = monotonic() - started
        self._say(
            system, f"{loaded.release.version} loaded: {loaded.release.count:,} codes, {changes}, {seconds:.1f} s."
        )

    def _say(self, system: System, text: str) -> None:
        self.stdout.write(f"{system.title}: {text}")
        self.stdout.flush()
