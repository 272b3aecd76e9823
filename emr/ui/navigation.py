"""The main navigation as data: who sees it is decided by permissions, where it leads by URL names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from emr.access.permissions import Permission
from emr.ui.htmx import is_htmx


@dataclass(frozen=True)
class Item:
    """One entry. ``shortcut`` is a sequence of keys, ``g s``; ``also`` names pages elsewhere that belong to it."""

    label: str
    url_name: str
    icon: str
    permission: Permission
    shortcut: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Entries under one heading; an empty heading is not printed."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Link:
    """An entry ready to print for one request."""

    label: str
    url: str
    icon: str
    shortcut: str
    current: bool
    count: int | None


@dataclass(frozen=True)
class Tab:
    """One tab of a page with sections, such as the chart."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


SECTIONS: tuple[Section, ...] = (
    Section(
        "",
        (
            Item(
                "Schedule",
                "scheduling:schedule_day",
                "calendar-days",
                Permission.VIEW_SCHEDULE,
                "g s",
            ),
            Item(
                "Waitlist",
                "scheduling:waitlist_list",
                "list-todo",
                Permission.BOOK_APPOINTMENTS,
                "g k",
            ),
            Item(
                *("Recalls", "scheduling:recalls_list", "phone-call", Permission.BOOK_APPOINTMENTS, "g z"),
                also=("clinic:care_due",),
            ),
            Item("Flow board", "scheduling:flow_board", "kanban", Permission.VIEW_SCHEDULE, "g t"),
            Item(
                "Patients",
                "clinic:patients_search",
                "users-round",
                Permission.FIND_PATIENTS,
                "g p",
            ),
            Item(
                "Inbox",
                "clinic:tasks_inbox",
                "inbox",
                Permission.VIEW_TASKS,
                "g i",
                also=("clinic:refills_list",),
            ),
            Item(
                "Results",
                "clinic:results_worklist",
                "flask-conical",
                Permission.VIEW_CHART,
                "g g",
                also=("interop:messages_list", "clinic:orders_worklist"),
            ),
            Item(
                "Intake",
                "clinic:intake_review",
                "clipboard-list",
                Permission.REVIEW_INTAKE,
                "g q",
                also=("clinic:questionnaires_list",),
            ),
            Item(
                "Unfinished notes",
                "clinic:notes_unfinished",
                "file-pen-line",
                Permission.WRITE_NOTES,
                "g n",
            ),
        ),
    ),
    Section(
        "Billing",
        (
            Item(
                "Ready to bill",
                "billing:charges_ready",
                "receipt-text",
                Permission.CREATE_CLAIMS,
                "g r",
                also=("billing:charges_waiting",),
            ),
            Item(
                "Claims",
                "billing:claims_list",
                "file-text",
                Permission.VIEW_BILLING,
                "g c",
                also=(
                    "billing:rules_list",
                    "billing:unbilled_list",
                    "billing:denials_list",
                    "billing:denials_claims",
                    "billing:deadlines_list",
                ),
            ),
            Item(
                "Claim batches",
                "billing:batches_list",
                "layers",
                Permission.VIEW_BILLING,
                "g b",
            ),
            Item(
                "Remittances",
                "billing:remittances_list",
                "file-check",
                Permission.POST_REMITTANCES,
                "g 8",
                also=("billing:responses_list",),
            ),
            Item(
                *("Statements", "billing:statements_list", "mails", Permission.VIEW_BILLING, "g 9"),
                also=("billing:billing_policy",),
            ),
            Item(
                "Payments",
                "billing:payments_day",
                "wallet",
                Permission.TAKE_PAYMENTS,
                "g x",
                also=("billing:plans_list", "billing:credits_list"),
            ),
            Item("Money reports", "billing:reports_aging", "scale", Permission.VIEW_BILLING, "g 7"),
            Item(
                "Fees",
                "billing:fees_list",
                "tags",
                Permission.MANAGE_FEES,
                "g f",
                also=("billing:vaccines_list",),
            ),
        ),
    ),
    Section(
        "Clinic",
        (
            Item(
                "Hours",
                "scheduling:hours_list",
                "clock",
                Permission.MANAGE_SCHEDULES,
                "g h",
                also=(
                    "scheduling:holidays_list",
                    "scheduling:rooms_list",
                    "scheduling:equipment_list",
                    "scheduling:types_list",
                    "scheduling:policies_list",
                    "scheduling:reminders_list",
                    "scheduling:flow_limits",
                    "scheduling:displays_list",
                    "scheduling:exceptions_add",
                ),
            ),
            Item(
                "Reports",
                "scheduling:reports_throughput",
                "chart-line",
                Permission.VIEW_REPORTS,
                "g u",
                also=("scheduling:no_shows_report",),
            ),
            Item(
                "Payers",
                "clinic:payers_list",
                "landmark",
                Permission.EDIT_COVERAGE,
                "g y",
            ),
            Item(
                "Note templates",
                "clinic:note_templates_list",
                "file-cog",
                Permission.WRITE_NOTES,
                "g .",
                also=("clinic:macros_list",),
            ),
            Item(
                "Codes",
                "codes:concepts_search",
                "book-marked",
                Permission.SEARCH_CODES,
                "g o",
            ),
            Item(
                "People",
                "accounts:people_list",
                "id-card",
                Permission.VIEW_PEOPLE,
                "g e",
            ),
            Item(
                "Who may do what",
                "access:matrix",
                "key-round",
                Permission.VIEW_ACCESS,
                "g w",
                also=("clinic:access_explain",),
            ),
            Item("Jobs", "jobs:jobs_list", "activity", Permission.VIEW_JOBS, "g j"),
        ),
    ),
    Section(
        "Privacy",
        (
            Item(
                "Emergency access",
                "clinic:break_glass_report",
                "siren",
                Permission.REVIEW_BREAK_GLASS,
                "g m",
            ),
            Item(
                "Snooping signals",
                "clinic:signals_list",
                "scan-eye",
                Permission.REVIEW_SIGNALS,
                "g v",
            ),
            Item(
                "Restricted charts",
                "clinic:access_charts",
                "lock",
                Permission.RESTRICT_CHARTS,
                "g l",
            ),
            Item("Disclosures", "clinic:disclosures_report", "send", Permission.VIEW_AUDIT, "g d"),
            Item(
                "Audit log",
                "audit:entries_list",
                "shield-check",
                Permission.VIEW_AUDIT,
                "g a",
            ),
        ),
    ),
)


#: What may be begun from every page, over which it stands.
STARTS: tuple[Item, ...] = (
    Item("New patient", "clinic:patients_register", "user-round-plus", Permission.REGISTER_PATIENTS, "n p"),
    Item("Book a visit", "scheduling:appointments_book", "calendar-plus", Permission.BOOK_APPOINTMENTS, "n v"),
)


def all_items() -> Iterator[Item]:
    """Every entry, in order."""
    for section in SECTIONS:
        yield from section.items


def starts(user: Any) -> list[Link]:
    """What the user may begin from every page."""
    allowed = [(item, path_of(item)) for item in STARTS if user.has_perm(item.permission)]
    return [
        Link(item.label, path, item.icon, item.shortcut, current=False, count=None) for item, path in allowed if path
    ]


def links(request: HttpRequest) -> list[tuple[str, list[Link]]]:
    """Return headings with the entries that the request's user may open, the current one marked.

    An entry whose URL does not exist is left out; ``tests/emr/ui/test_navigation.py`` fails for such an entry.
    """
    user: Any = request.user
    allowed = frozenset(item.permission for item in all_items() if user.has_perm(item.permission))
    found, places = _sections(allowed, settings.ROOT_URLCONF)
    current = places.get(_longest_match(request.path, list(places)) or "")
    return [
        (heading, [_link(item, path, path == current, request) for item, path in pairs])
        for heading, pairs in found
        if pairs
    ]


@lru_cache(maxsize=64)
def _sections(
    allowed: frozenset[Permission], urlconf: str
) -> tuple[list[tuple[str, list[tuple[Item, str]]]], dict[str, str]]:
    """The entries for these rights with their paths, and where each path that they lead to belongs.

    There are as many answers as kinds of people; every page asks.
    """
    found = [
        (
            section.heading,
            [(item, path) for item in section.items if item.permission in allowed and (path := path_of(item))],
        )
        for section in SECTIONS
    ]
    places = {path: path for _, pairs in found for _, path in pairs}
    places |= {reverse(name): path for _, pairs in found for item, path in pairs for name in item.also}
    return found, places


#: Where people begin: the first of these that they may open.
HOMES = (
    "scheduling:schedule_day",
    "billing:charges_ready",
    "audit:entries_list",
    "clinic:patients_search",
)


def home(request: HttpRequest) -> str | None:
    """Return the path of the page with which the user's work begins."""
    user: Any = request.user
    allowed = {item.url_name: item for item in all_items() if user.has_perm(item.permission)}
    return next((path_of(allowed[name]) for name in HOMES if name in allowed), None)


def path_of(item: Item) -> str | None:
    """Return the entry's path, or ``None`` when no such URL exists."""
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return None


def _longest_match(path: str, candidates: list[str]) -> str | None:
    matching = [candidate for candidate in candidates if path.startswith(candidate)]
    return max(matching, key=len, default=None)


#: The small number beside an entry, by the entry's URL name: the app that knows it puts it here when it starts.
COUNTS: dict[str, Callable[[HttpRequest], int]] = {}


def _link(item: Item, path: str, current: bool, request: HttpRequest) -> Link:
    counted = COUNTS.get(item.url_name)
    count = counted(request) if counted and not is_htmx(request) else None
    return Link(item.label, path, item.icon, item.shortcut, current, count)
