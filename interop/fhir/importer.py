"""Importing FHIR R4 bundles: each resource once, in the order in which they refer to each other.

A bundle is one transaction. A resource that can't be imported is refused with its reason and the rest goes on, unless
``all_or_nothing`` is asked. Every resource, mapped or not, is kept as it was sent (interop.SourceRecord).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from interop.fhir.bundle import BundleError, checked, read_bundle
from interop.fhir.intake import Intake
from interop.fhir.refusals import rule
from interop.fhir.report import Finding, ImportReport
from interop.models import SourceRecord

#: Called with how many files are done, and of how many.
ProgressCallback = Callable[[int, int], None]

#: The class of the advisory locks of imports; the second key is the source's name.
_LOCK = 0x46484952


class ImportRefused(DomainError):
    """The import was asked for as a whole and something in it can't be imported; ``report`` says what."""

    def __init__(self, report: ImportReport) -> None:
        report.take_back()
        super().__init__(f"Nothing was imported: {len(report.refused)} entries can't be. See the report.")
        self.report = report


def import_bundle(
    bundle: Path | dict[str, Any], *, by: User, source: str, all_or_nothing: bool = False
) -> ImportReport:
    """Import one bundle, given as a file or as parsed JSON.

    ``source`` names the other system, in which ids are unique. Importing the same bundle again changes nothing; two
    imports from one source at the same time follow each other. Whatever the bundle holds, what is wrong with it is in
    the report. Raises ImportRefused with ``all_or_nothing`` when anything was refused; then nothing of it is kept.
    Raises DomainError for a source without a proper name.
    """
    _check_source(source)
    name = bundle.name if isinstance(bundle, Path) else "bundle"
    report = ImportReport(files=1)
    try:
        content = read_bundle(bundle) if isinstance(bundle, Path) else checked(bundle)
        _import(by=by, name=name, content=content, source=source, report=report, all_or_nothing=all_or_nothing)
    except BundleError as error:
        report.refused.append(Finding(name, None, "", str(error)))
    except DatabaseError as error:
        report.take_back()
        report.refused.append(Finding(name, None, "", f"as a whole, {rule(error)}"))
    if all_or_nothing and report.refused:
        raise ImportRefused(report)
    return report


@action
def _import(
    *, by: User, name: str, content: dict[str, Any], source: str, report: ImportReport, all_or_nothing: bool
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, source])
    Intake(by, name, source, report).run(content)
    # What the database would say at commit, it says here, while the report can still tell it.
    connection.check_constraints()
    if all_or_nothing and report.refused:
        raise ImportRefused(report)


def import_files(
    paths: Sequence[Path],
    *,
    by: User,
    source: str,
    all_or_nothing: bool = False,
    on_progress: ProgressCallback | None = None,
) -> ImportReport:
    """Import many files. With ``all_or_nothing`` they are one transaction: one refusal, and none of them is kept."""
    total = ImportReport()

    def run() -> None:
        for done, path in enumerate(paths, 1):
            total.add(import_bundle(path, by=by, source=source))
            if on_progress is not None:
                on_progress(done, len(paths))
        if all_or_nothing and total.refused:
            raise ImportRefused(total)

    if all_or_nothing:
        with transaction.atomic():
            run()
    else:
        run()
    return total


def _check_source(source: str) -> None:
    longest = SourceRecord._meta.get_field("source").max_length or 0
    if not source.strip() or len(source) > longest or not source.isprintable():
        raise DomainError(f"Name the other system, in at most {longest} characters.", field="source")
