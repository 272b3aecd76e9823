"""A visit on paper: what the patient takes home, and what the record says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from clinic.models import Encounter, Note
from clinic.printouts.notes import addenda_of, cosignature_of, readable
from clinic.queries.charts import printed_visit
from clinic.queries.notes import named
from clinic.queries.visit_summaries import visit_summary
from clinic.snapshots import Snapshot, snapshot_of
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats
from emr.ui.markdown import to_html


def summary_pdf(encounter: Encounter, *, by: User, printed: datetime) -> bytes:
    """The visit summary for the patient. Name, date of birth, MRN and page x of y stand on every page."""
    summary = visit_summary(encounter)
    context = {
        **_paper(encounter, by, printed),
        "summary": summary,
        "instructions": [to_html(text) for text in summary.instructions],
        "plan": [(told.label, to_html(told.text)) for told in summary.plan],
    }
    return render_pdf("clinic/encounters/summary_print.html", context)


def visit_pdf(encounter: Encounter, *, by: User, printed: datetime) -> bytes:
    """All that the record says of a visit, with each note that ``by`` may read."""
    visit, vitals, done = printed_visit(encounter, by)
    context = {
        **_paper(encounter, by, printed),
        "visit": visit,
        "vitals": vitals,
        "done": done,
        "notes": [note_on_paper(note, by=by, at=printed) for note in visit.notes],
    }
    return render_pdf("clinic/encounters/print.html", context)


def note_on_paper(note: Note, *, by: User, at: datetime) -> dict[str, Any]:
    """A note within a longer paper: as it was signed, else as it stands, which the paper says."""
    snapshot: Snapshot = note.snapshot or snapshot_of(note, by=by, at=at)
    return {
        "note": note,
        "content": readable(snapshot),
        "addenda": addenda_of(note),
        "cosign": cosignature_of(note),
        "error": f"{named(note.entered_in_error_by)}, {formats.instant(note.entered_in_error_at)}"
        if note.entered_in_error_by
        else "",
    }


def _paper(encounter: Encounter, by: User, printed: datetime) -> dict[str, Any]:
    return {
        "patient": encounter.patient,
        "printed_by": named(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
