"""Reports of the logs as files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import IO, Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest

from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.actions import JOB
from emr.audit.models import AccessAction, SecurityKind
from emr.audit.queries.reports import CHANGES, EVENTS, LOGS, Asked, Log, rows_of
from emr.audit.queries.tables import COLUMNS, told
from emr.audit.reads import record_access
from emr.audit.security import record_security_event
from emr.jobs import JobRun, job
from emr.jobs.models import Job
from emr.shared.csv_files import csv_chunks

_BATCH = 500


def _record_download(row: Job, request: HttpRequest) -> None:
    """Who takes a report away is on record, and so are the charts whose values it holds."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm(Permission.EXPORT_AUDIT):
        raise Http404
    log, asked = LOGS[row.payload["log"]], _asked(row.payload)
    record_security_event(SecurityKind.EXPORT, request=request, detail=f"Log: {log.title.lower()}")
    record_access(request, _patients(log, asked), section="audit", action=AccessAction.EXPORT)


@job(JOB, permission=Permission.EXPORT_AUDIT, title="Report of a log", on_download=_record_download)
def export_log_job(run: JobRun) -> dict[str, Any]:
    """Write the rows that fit as CSV; gives how many there are."""
    log, asked = LOGS[run.payload["log"]], _asked(run.payload)
    found = rows_of(log, asked)
    total = found.count()
    run.progress(0, total)
    with tempfile.TemporaryFile() as out:
        out.writelines(csv_chunks(_columns(log), _cells(run, log, found.iterator(_BATCH), total), byte_order_mark=True))
        run.attach(f"audit-{log.name}.csv", "text/csv; charset=utf-8", cast(IO[bytes], out))  # type: ignore[arg-type]
    return {"rows": total}


def _columns(log: Log) -> list[str]:
    titles = [title for title, _ in COLUMNS[log.name]]
    patient = [] if log is EVENTS else ["MRN", "Patient"]
    return ["When", "Who", *patient, *titles, *(["Changes"] if log is CHANGES else []), "From"]


def _cells(run: JobRun, log: Log, rows: Iterator[Any], total: int) -> Iterator[list[str]]:
    done = 0
    while batch := list(islice(rows, _BATCH)):
        for row in told(log, batch, run.by):
            patient = [] if log is EVENTS else [row.patient.mrn, row.patient.name] if row.patient else ["", ""]
            changes = ["\n".join(row.lines)] if log is CHANGES else []
            yield [row.when, row.user, *patient, *row.cells, *changes, row.place]
        done += len(batch)
        run.progress(done, max(total, done))


def _patients(log: Log, asked: Asked) -> list[UUID]:
    """The patients whose values a report holds; of reads only the one for whom it was made."""
    if asked.patient_id:
        return [asked.patient_id]
    if log is not CHANGES:
        return []
    return list(rows_of(log, asked).exclude(patient_id=None).order_by().values_list("patient_id", flat=True).distinct())


def _asked(payload: dict[str, str]) -> Asked:
    given: dict[str, Any] = {name: value for name, value in payload.items() if name != "log"}
    for name in ("user_id", "patient_id"):
        given |= {name: UUID(given[name])} if name in given else {}
    for name in ("since", "until"):
        given |= {name: date.fromisoformat(given[name])} if name in given else {}
    return Asked(**given)
