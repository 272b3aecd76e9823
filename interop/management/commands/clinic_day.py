"""Play a whole clinic day on FHIR bundles, without a browser."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.shared.errors import DomainError
from interop.day import summary
from interop.day.run import Day, play
from interop.fhir.bundle import bundle_files
from interop.management.tables import require_tables


class Command(BaseCommand):
    help = (
        "Imports FHIR bundles, then books, checks in, charts, signs, charges and claims a visit of each living "
        "patient, and writes one CMS-1500 PDF a claim. The same day again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Folder of bundles (.json, .json.gz).")
        parser.add_argument("--out", type=Path, required=True, help="Folder for the claims and summary.csv.")
        parser.add_argument("--day", type=_day, default=None, help="The day, YYYY-MM-DD; today if not given.")
        parser.add_argument("--source", default="fhir", help="Name of the other system, in which ids are unique.")
        parser.add_argument("--keep", action="store_true", help="Leave the files of an earlier run in the out folder.")

    def handle(self, *args: Any, **options: Any) -> None:
        files = _bundles(options["data"])
        require_tables()
        out = _folder(options["out"], keep=options["keep"])
        try:
            day = play(files, out, source=options["source"], on=options["day"], say=self.stderr.write)
        except DomainError as error:
            raise CommandError(error.message) from error
        self._tell(day, out)
        if day.different:
            raise CommandError(f"{len(day.different)} claims read back other than the record says; see above.")
        if not day.imported.patients:
            raise CommandError(f"There is no patient to see in {options['data']}; see the import's report above.")

    def _tell(self, day: Day, out: Path) -> None:
        self.stdout.write("\n".join(day.imported.lines()))
        self.stdout.write(f"\nThe day, {day.on:%d-%b-%Y}:")
        self.stdout.write("\n".join(summary.lines(day.rows)))
        for number, found in day.different.items():
            self.stdout.write(f"claim {number}: {'; '.join(found)}")
        self.stdout.write(f"\n{day.equal} of {day.printed} claims read back equal. Files in {out}.")


def _day(text: str) -> date:
    """An argument type."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no date. Give it like 2026-11-18.") from error


def _bundles(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder. Give the folder of the bundles by --data.")
    try:
        files = bundle_files(folder)
    except OSError as error:
        raise CommandError(f"{folder} can't be read: {error.strerror}.") from error
    if not files:
        raise CommandError(f"There is no bundle (.json or .json.gz) in {folder}.")
    return files


def _folder(out: Path, *, keep: bool) -> Path:
    """The out folder, made if it isn't there, without the files of an earlier run unless they are to stay."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not keep:
            for path in (*out.glob("claim-*.pdf"), *out.glob("summary.csv")):
                path.unlink()
    except OSError as error:
        raise CommandError(f"{out} can't be written: {error.strerror}.") from error
    return out
