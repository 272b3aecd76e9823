"""The schedule of a day and of a week: calendar, list, and paper."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe
from markupsafe import Markup

from clinic.access import visible_to
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today, on_calendar
from emr.ui import htmx
from emr.ui.formats import day as day_text
from emr.ui.formats import day_long
from scheduling.chosen import GROUPS, ZOOMS, Chosen, day_url, week_url
from scheduling.forms.day import DayForm
from scheduling.queries.availability import bookable_practitioners
from scheduling.queries.columns import Layout
from scheduling.queries.day import Day, day_page, next_open_day
from scheduling.queries.day_grid import day_grid
from scheduling.queries.grid import Choice, Grid
from scheduling.queries.week_grid import week_grid
from scheduling.views.month import month_beside

_GRID, _CALENDAR = "scheduling/appointments/day.html", "scheduling/appointments/_calendar.html"
_COLUMN = "scheduling/appointments/_column.html"
_TEMPLATES = {"list": "scheduling/appointments/day_list.html", "print": "scheduling/appointments/day_print.html"}


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_day(request: StaffRequest, day: date | None = None) -> HttpResponse:
    """One day, today unless the address says otherwise; each patient whose name it shows gets an access row."""
    chosen = DayForm(request.GET).chosen()
    if chosen.day:
        return redirect(day_url(chosen.day, chosen))
    day = day or clinic_today()
    if chosen.view == "grid":
        grid = day_grid(day, request.user, _choice(chosen))
        record_access(request, grid.patients, section="schedule")
        drawn = _drawn_day(grid, day, chosen, clinic_today(), grid.now_row(), _rights(request))
        return render(request, _GRID, {"calendar": drawn, "title": day_long(day), "month": month_beside(day, chosen)})
    page = day_page(day, visible_to(request.user), only=chosen.practitioners)
    head = _day_head(day, chosen, page, clinic_today()) | dict(_rights(request))
    head["month"] = month_beside(day, chosen) if chosen.view == "list" else ""
    action = AccessAction.PRINT if chosen.view == "print" else AccessAction.VIEW
    record_access(request, page.known_patients, section="schedule", action=action)
    return render(request, _TEMPLATES[chosen.view], _listed(page, chosen) | head)


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_week(request: StaffRequest, day: date, practitioner_id: UUID) -> HttpResponse:
    """The week of a day, of one practitioner; each patient whose name it shows gets an access row."""
    chosen = DayForm(request.GET).chosen()._replace(practitioners=(), columns="", view="grid")
    practitioner = Practitioner.objects.filter(pk=practitioner_id).first()
    if practitioner is None:
        raise Http404
    if chosen.day:
        return redirect(week_url(chosen.day, practitioner_id, chosen))
    first = day - timedelta(days=day.weekday())
    if not (on_calendar(first) and on_calendar(first + timedelta(days=7))):
        raise Http404
    grid = week_grid(first, practitioner, request.user, _choice(chosen))
    record_access(request, grid.patients, section="schedule")
    drawn = _drawn_week(grid, first, practitioner, chosen, clinic_today(), grid.now_row(), _rights(request))
    title = f"{practitioner.short_name}, week of {day_text(first)}"
    month = month_beside(day, chosen, week_of=practitioner_id)
    return render(request, _GRID, {"calendar": drawn, "title": title, "month": month})


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_next_open(request: StaffRequest, day: date) -> HttpResponse:
    """Where the next free time after a day without any is: asked for by itself, because it looks months ahead."""
    found = next_open_day(list(bookable_practitioners()), day)
    if htmx.is_htmx(request):
        return render(request, "scheduling/appointments/_next_open.html", {"next_open": found})
    return redirect(reverse("scheduling:schedule_day", args=[found or day]))


def _rights(request: StaffRequest) -> tuple[tuple[str, bool], ...]:
    """What the buttons over the calendar ask of its reader."""
    may = request.user.has_perm
    return ("may_book", may(Permission.BOOK_APPOINTMENTS)), ("may_manage", may(Permission.MANAGE_SCHEDULES))


@lru_cache(maxsize=64)
def _drawn_day(
    grid: Grid, day: date, chosen: Chosen, today: date, now_row: int | None, rights: tuple[tuple[str, bool], ...]
) -> Markup:
    """The calendar as HTML. The grid is the same object for as long as nothing in it changes, so this one is kept."""
    return _drawn(_CALENDAR, **_day_head(day, chosen, grid, today), grid=grid, now_row=now_row, **dict(rights))


@lru_cache(maxsize=64)
def _drawn_week(
    grid: Grid,
    first: date,
    practitioner: Practitioner,
    chosen: Chosen,
    today: date,
    now_row: int | None,
    rights: tuple[tuple[str, bool], ...],
) -> Markup:
    head = _week_head(first, practitioner, chosen, grid, today)
    return _drawn(_CALENDAR, **head, grid=grid, now_row=now_row, **dict(rights))


@lru_cache(maxsize=1024)
def _drawn_column(layout: Layout) -> Markup:
    """One column as HTML. Of a calendar in which one visit changed, only that visit's column is drawn again."""
    return _drawn(_COLUMN, column=layout)


def _drawn(template: str, **context: Any) -> Markup:
    return Markup(render_to_string(template, {"drawn": _drawn_column, **context}))  # noqa: S704  escaped by the template


def _choice(chosen: Chosen) -> Choice:
    return Choice(tuple(str(one) for one in chosen.practitioners), chosen.columns == "rooms", chosen.statuses)


def _day_head(day: date, chosen: Chosen, page: Grid | Day, today: date) -> dict[str, Any]:
    """What stands over the calendar of a day: where one may go from here, and what is narrowed how."""

    def to(**changed: Any) -> str:
        return day_url(day, chosen._replace(**changed))

    return {
        **_head(chosen, page, today),
        "day": day,
        "title": None,
        "is_today": day == today,
        "is_week": False,
        "practitioner_id": None,
        "previous_url": day_url(day - timedelta(days=1), chosen),
        "today_url": day_url(today, chosen),
        "next_url": day_url(day + timedelta(days=1), chosen),
        "day_action": reverse("scheduling:schedule_day"),
        "sheet_url": reverse("scheduling:schedule_sheet", args=[day]) + Chosen(chosen.practitioners).query(),
        "sheets_url": reverse("scheduling:schedule_sheets", args=[day]),
        "view_urls": {view: to(view=view, status="") for view in ("grid", "list", "print")},
        "rooms_url": to(view="grid", columns="rooms", practitioners=()),
        "people_url": to(view="grid", columns=""),
        "week_url": _week_of(day, chosen, page.practitioners),
        "chips": [] if chosen.columns else _practitioner_chips(day, page.practitioners, chosen),
        "zooms": [(zoom, to(zoom=zoom), zoom == chosen.zoom) for zoom in ZOOMS],
        "grid_status_chips": _status_chips(_statuses(page), lambda word: to(status=word), chosen.status),
    }


def _week_head(first: date, practitioner: Practitioner, chosen: Chosen, grid: Grid, today: date) -> dict[str, Any]:

    def to(day: date = first, who: UUID = practitioner.pk, **changed: Any) -> str:
        return week_url(day, who, chosen._replace(**changed))

    day = today if first <= today < first + timedelta(days=7) else first
    return {
        **_head(chosen, grid, today),
        "day": day,
        "title": practitioner.short_name,
        "first": first,
        "last": first + timedelta(days=6),
        "is_today": day == today,
        "is_week": True,
        "practitioner_id": practitioner.pk,
        "previous_url": to(first - timedelta(days=7)),
        "today_url": to(today),
        "next_url": to(first + timedelta(days=7)),
        "day_action": to(),
        "sheet_url": reverse("scheduling:schedule_sheet", args=[day]) + Chosen((practitioner.pk,)).query(),
        "sheets_url": reverse("scheduling:schedule_sheets", args=[day]),
        "view_urls": {
            view: day_url(day, chosen._replace(view=view, status="", practitioners=(practitioner.pk,)))
            for view in ("grid", "list", "print")
        },
        "rooms_url": day_url(day, Chosen(columns="rooms", zoom=chosen.zoom)),
        "people_url": day_url(day, chosen),
        "week_url": to(),
        "chips": [
            {"label": one.short_name, "url": to(who=one.pk), "current": one.pk == practitioner.pk}
            for one in grid.practitioners
        ],
        "zooms": [(zoom, to(zoom=zoom), zoom == chosen.zoom) for zoom in ZOOMS],
        "grid_status_chips": _status_chips(_statuses(grid), lambda word: to(status=word), chosen.status),
    }


def _head(chosen: Chosen, page: Grid | Day, today: date) -> dict[str, Any]:
    return {
        "today": today,
        "view": chosen.view,
        "columns": chosen.columns,
        "zoom": chosen.zoom,
        "unread": chosen.unread,
        "totals": page.totals,
        "next_opening": page.next_opening,
    }


def _listed(page: Day, chosen: Chosen) -> dict[str, Any]:
    wanted = chosen.statuses
    return {
        "page": page,
        "visits": [visit for visit in page.visits if wanted is None or visit.status in wanted],
        "status_chips": _status_chips(
            _statuses(page), lambda word: day_url(page.day, chosen._replace(status=word)), chosen.status
        ),
    }


def _statuses(page: Grid | Day) -> list[str]:
    return [one.status for one in (page.bookings if isinstance(page, Grid) else page.visits)]


def _practitioner_chips(day: date, practitioners: list[Practitioner], chosen: Chosen) -> list[dict[str, Any]]:
    """A chip for everybody and one for each practitioner, which puts that column beside those that are chosen."""
    everybody = {
        "label": "Everybody",
        "url": day_url(day, chosen._replace(practitioners=())),
        "current": not chosen.practitioners,
    }
    return [everybody] + [
        {
            "label": one.short_name,
            "url": day_url(day, chosen.with_practitioner(one.pk)),
            "current": one.pk in chosen.practitioners,
        }
        for one in practitioners
    ]


def _status_chips(statuses: list[str], to: Any, current: str) -> list[dict[str, Any]]:
    chips: list[dict[str, Any]] = [{"label": "All", "url": to(""), "current": not current, "count": len(statuses)}]
    for word, (label, group) in GROUPS.items():
        count = sum(status in group for status in statuses)
        chips.append(
            {"label": label, "url": to("" if word == current else word), "current": word == current, "count": count}
        )
    return chips


def _week_of(day: date, chosen: Chosen, practitioners: list[Practitioner]) -> str:
    """The week of the first practitioner who is shown; empty where there is nobody."""
    who = next(iter(chosen.practitioners), None) or next((one.pk for one in practitioners), None)
    plain = chosen._replace(practitioners=(), columns="", view="grid")
    return week_url(day, who, plain) if who else ""
