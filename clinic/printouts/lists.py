"""A list of the chart on paper: what is current, then what is past; what was an error stays in the chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinic.models import Patient
from clinic.queries.lists import ListRow
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def list_pdf(
    patient: Patient,
    title: str,
    columns: Sequence[str],
    rows: Sequence[ListRow],
    empty: str,
    *,
    by: User,
    printed: datetime,
) -> bytes:
    """The list as a PDF. Name, date of birth and MRN stand on every page; a column that no row fills is left out."""
    filled = [at for at in range(1, len(columns)) if any(row.cells[at] for row in rows)]
    context = {
        "patient": patient,
        "title": title,
        "columns": [columns[0], *(columns[at] for at in filled)],
        "filled": filled,
        "groups": [
            ("", [row for row in rows if row.active]),
            ("Past", [row for row in rows if not row.active]),
        ],
        "empty": empty,
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/lists/print.html", context)
