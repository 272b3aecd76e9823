"""Entries of the log of changes, one by one, as those may read them who work with the log and not with the chart."""

from __future__ import annotations

from emr.audit.models import LogEntry
from emr.audit.queries.reports import PAGE_SIZE
from emr.audit.values import changes_of

__all__ = ["PAGE_SIZE", "plain_changes"]


def plain_changes(entry: LogEntry) -> list[str]:
    """The changes of one entry, a sentence fragment a field: ``last name: Smith → Jones``; own words are hidden."""
    return [str(change) for change in changes_of([entry], words=False)[0]]
