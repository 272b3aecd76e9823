"""The month beside the schedule, from which one goes to a day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe
from markupsafe import Markup

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.ui import htmx
from scheduling.chosen import Chosen, day_url, week_url
from scheduling.forms.day import MonthForm
from scheduling.queries.month import Month, month_of

_MONTH = "scheduling/appointments/_month.html"


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_month(request: StaffRequest, day: date) -> HttpResponse:
    """The month of a day, while the page beside it stays; without a script, the schedule of that day."""
    form = MonthForm(request.GET)
    chosen, (shown, week_of) = form.chosen(), form.place()
    if not htmx.is_htmx(request):
        return redirect(week_url(day, week_of, chosen) if week_of else day_url(day, chosen))
    return render(request, _MONTH, _context(month_of(day), shown or day, chosen, week_of, clinic_today()))


def month_beside(day: date, chosen: Chosen, *, week_of: UUID | None = None) -> Markup:
    """The month of the day on the page as HTML. One query."""
    plain = chosen._replace(day=None, unread="")
    return _drawn(month_of(day), day, plain, week_of, clinic_today())


@lru_cache(maxsize=64)
def _drawn(month: Month, shown: date, chosen: Chosen, week_of: UUID | None, today: date) -> Markup:
    return Markup(render_to_string(_MONTH, _context(month, shown, chosen, week_of, today)))  # noqa: S704  # our template


def _context(month: Month, shown: date, chosen: Chosen, week_of: UUID | None, today: date) -> dict[str, object]:
    def to(day: date) -> str:
        return week_url(day, week_of, chosen) if week_of else day_url(day, chosen)

    def turned(first: date | None) -> str:
        if first is None:
            return ""
        asked = f"shown={shown.isoformat()}" + (f"&week_of={week_of}" if week_of else "")
        query = chosen.query()
        return reverse("scheduling:schedule_month", args=[first]) + (f"{query}&{asked}" if query else f"?{asked}")

    inside = [one.day for week in month.weeks for one in week if one.inside]
    return {
        **{"month": month, "shown": shown, "today": today, "to": to},
        **{"before_url": turned(month.before), "after_url": turned(month.after)},
        # Where the keyboard comes in.
        "entry": next((day for day in (shown, today) if day in inside), inside[0]),
    }
