"""The day sheet as a PDF: one practitioner after the other, each on a new page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from django.template.loader import render_to_string
from django.utils import timezone

from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.pdf import pdf_of_parts, render_pdf
from emr.ui.formats import day_long, instant
from scheduling.queries.day_sheet import Sheet

_TEMPLATE = "scheduling/appointments/day_sheet.html"


def day_sheet_pdf(sheets: Sequence[Sheet], day: date, *, by: User) -> bytes:
    """The sheets of a day; every page says which day, whose clinic, who printed it and when."""
    return render_pdf(_TEMPLATE, _context(sheets, day, by))


def day_sheets_pdf(sheets: Sequence[Sheet], day: date, *, by: User, on_sheet: Callable[[int], None]) -> bytes:
    """The same with each sheet laid out by itself, its pages counted apart, so that each may be handed to its reader.

    ``on_sheet`` is told how many are done.
    """

    def parts() -> Iterator[str]:
        for number in range(max(len(sheets), 1)):
            on_sheet(number)
            yield render_to_string(_TEMPLATE, _context(sheets[number : number + 1], day, by))

    return pdf_of_parts(parts())


def _context(sheets: Sequence[Sheet], day: date, by: User) -> dict[str, object]:
    return {
        "sheets": sheets,
        "day": day_long(day),
        "clinic": str(current_clinic() or ""),
        "printed_at": instant(timezone.now()),
        "printed_by": by.get_full_name() or by.email,
    }
