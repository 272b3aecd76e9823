"""The schedule of a day: grid, list, and paper."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.access import visible_to
from emr.access.decorators import staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today
from scheduling.forms.day import GROUPS, DayForm
from scheduling.queries.day import Day, day_page, next_open_day

_TEMPLATES = {
    "grid": "scheduling/appointments/day.html",
    "list": "scheduling/appointments/day_list.html",
    "print": "scheduling/appointments/day_print.html",
}


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_day(request: HttpRequest, day: date | None = None) -> HttpResponse:
    """One day, today unless the address says otherwise; each patient whose name it shows gets an access row."""
    chosen = DayForm(request.GET).chosen()
    if chosen["day"]:
        return redirect(_url(chosen["day"], chosen))
    day = day or clinic_today()
    page = day_page(day, visible_to(request.user), only=chosen["practitioner"])  # type: ignore[arg-type]  # the door
    printed = chosen["view"] == "print"
    record_access(
        request, page.known_patients, section="schedule", action=AccessAction.PRINT if printed else AccessAction.VIEW
    )
    return render(request, _TEMPLATES[chosen["view"]], _context(page, chosen))


def _context(page: Day, chosen: dict[str, Any]) -> dict[str, Any]:
    statuses = GROUPS[chosen["status"]][1] if chosen["status"] else None
    return {
        "page": page,
        "view": chosen["view"],
        "unread": chosen["unread"],
        "visits": [visit for visit in page.visits if statuses is None or visit.status in statuses],
        "next_open": next_open_day(page.practitioners, page.day) if page.empty else None,
        "previous_url": _url(page.day - timedelta(days=1), chosen),
        "today_url": _url(page.today, chosen),
        "next_url": _url(page.day + timedelta(days=1), chosen),
        "view_urls": {view: _url(page.day, chosen | {"view": view, "status": ""}) for view in _TEMPLATES},
        "chips": _practitioner_chips(page, chosen),
        "status_chips": _status_chips(page, chosen),
        "day_action": reverse("scheduling:schedule_day"),
    }


def _practitioner_chips(page: Day, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """A chip for everybody and one for each practitioner; no count, so that each narrowed page stays cheap."""
    only = chosen["practitioner"]
    chips = [{"label": "Everybody", "url": _url(page.day, chosen | {"practitioner": None}), "current": only is None}]
    return chips + [
        {
            "label": one.short_name,
            "url": _url(page.day, chosen | {"practitioner": None if one.pk == only else one.pk}),
            "current": one.pk == only,
        }
        for one in page.practitioners
    ]


def _status_chips(page: Day, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    chips: list[dict[str, Any]] = [
        {
            "label": "All",
            "url": _url(page.day, chosen | {"status": ""}),
            "current": not chosen["status"],
            "count": len(page.visits),
        }
    ]
    for word, (label, statuses) in GROUPS.items():
        current = word == chosen["status"]
        url = _url(page.day, chosen | {"status": "" if current else word})
        count = sum(visit.status in statuses for visit in page.visits)
        chips.append({"label": label, "url": url, "current": current, "count": count})
    return chips


def _url(day: date, chosen: dict[str, Any]) -> str:
    """The page of a day with these filters; today has the short address."""
    wanted = {
        "practitioner": chosen["practitioner"],
        "view": "" if chosen["view"] == "grid" else chosen["view"],
        "status": chosen["status"],
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    path = reverse("scheduling:schedule_day", args=[] if day == clinic_today() else [day])
    return path + (f"?{query}" if query else "")
