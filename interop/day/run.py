"""The day from the first bundle to the last page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from billing.choices import ClaimState
from billing.cms1500.grid import LINES_PER_PAGE
from clinic.models import Patient
from emr.accounts.clinic import in_clinic_zone
from emr.audit.actor import service_user
from emr.codes.actions.releases import load_release
from emr.codes.models import Release
from emr.codes.models.systems import ReleaseState
from emr.codes.systems.registry import SYSTEMS
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from interop.day import paper, summary
from interop.day.setup import OPENED, Staff, prepare
from interop.day.visit import Visited, age_on, see
from interop.fhir.importer import import_files
from interop.fhir.report import ImportReport
from scheduling.openings import Openings

Say = Callable[[str], None]

#: What the day can't do without: diagnoses in their official words.
_NEEDED_CODES = ("icd-10-cm",)


@dataclass
class Day:
    """What came of the day: the table, the import's report, and of each printed claim where it differs."""

    on: date
    imported: ImportReport
    rows: list[summary.Row] = field(default_factory=list)
    printed: int = 0
    different: dict[str, list[str]] = field(default_factory=dict)

    @property
    def equal(self) -> int:
        """How many printed claims say what the record says."""
        return self.printed - len(self.different)


def play(files: list[Path], out: Path, *, source: str, on: date | None, say: Say) -> Day:
    """Play the day into the database and the folder. Raises DomainError, a sentence, for what can't be played."""
    by = service_user("clinic-day")
    _load_codes(say)
    staff, kind = prepare(by)
    with in_clinic_zone():
        on = on or clinic_today()
        _check_day(on, staff)
        say(f"Importing {len(files)} bundles …")
        imported = import_files(
            files,
            by=service_user("import"),
            source=source,
            on_progress=lambda done, total: say(f"  {done} of {total} bundles"),
        )
        day = Day(on, imported)
        patients = {row.pk: row for row in Patient.objects.filter(pk__in=imported.patients)}
        # One patient may stand in several bundles.
        for number, key in enumerate(dict.fromkeys(imported.patients), 1):
            visited = see(patients[key], staff=staff, kind=kind, day=on)
            pages = _print(day, visited, out)
            day.rows.append(summary.row_of(patients[key], str(age_on(patients[key], on)), visited, pages))
            say(f"Patient {number} of {len(patients)}: {day.rows[-1].state}")
        summary.write(day.rows, out / "summary.csv")
    return day


def _print(day: Day, visited: Visited, out: Path) -> int:
    """Print a submitted claim, read it back and compare; gives its pages, none where nothing is submitted."""
    claim = visited.claim
    if claim is None or claim.state != ClaimState.SUBMITTED:
        return 0
    path = paper.write(claim, out)
    found = paper.differences_from_snapshot(claim, path) if visited.again else paper.differences(claim, path)
    day.printed += 1
    if found:
        day.different[claim.number] = found
    return -(-claim.items.count() // LINES_PER_PAGE)


def _check_day(on: date, staff: Staff) -> None:
    if on > clinic_today():
        raise DomainError("The day lies in the future: what isn't done yet can't be charged.")
    if on < OPENED:
        raise DomainError(f"The example clinic is open since {OPENED:%d-%b-%Y}; choose a later day.")
    openings = Openings.read(staff.clinicians, on, on)
    if not any(openings.open_time(one.pk, on) for one in staff.clinicians):
        raise DomainError(f"No clinician has hours on {on:%A, %d-%b-%Y}. Choose another day by --day.")


def _load_codes(say: Say) -> None:
    for name in _NEEDED_CODES:
        system = SYSTEMS[name]
        there = Release.objects.filter(code_system__url=system.url, state=ReleaseState.ACTIVE).exists()
        if there or system.shipped is None:
            continue
        say(f"Loading {system.title} (once) …")
        load_release(
            system=system,
            source=system.shipped(),
            by=service_user("codes"),
            progress=lambda done, total: say(f"  {done} of {total or '?'} codes"),
        )
