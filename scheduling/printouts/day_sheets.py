"""The day sheet as a PDF: one practitioner after the other, each on a new page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.pdf import render_pdf
from emr.ui.formats import day_long, instant
from scheduling.queries.day_sheet import Sheet


def day_sheet_pdf(sheets: Sequence[Sheet], day: date, *, by: User) -> bytes:
    """The sheets of a day; every page says which day, whose clinic, who printed it and when."""
    context = {
        "sheets": sheets,
        "day": day_long(day),
        "clinic": str(current_clinic() or ""),
        "printed_at": instant(timezone.now()),
        "printed_by": by.get_full_name() or by.email,
    }
    return render_pdf("scheduling/appointments/day_sheet.html", context)
