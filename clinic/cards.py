"""The cards of the chart's summary, in the one order that every chart has: what each shows, and how to record more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.urls import NoReverseMatch, reverse

from clinic.models import Patient
from clinic.queries.summary import Rows, summary_rows
from emr.access.permissions import Permission
from emr.accounts.models import User


@dataclass(frozen=True)
class CardKind:
    """A card: its title, what it says while there are none, and who may record one, where.

    ``room`` begins the names of its URLs. ``key`` is the shortcut that records; ``opens`` the URL name of one row;
    ``panel`` that of a fragment which the page asks for when it is there, because its rows take a while to find.
    """

    room: str
    title: str
    empty: str
    add: str
    key: str = ""
    add_url: str = ""
    opens: str = ""
    panel: str = ""
    view: Permission = Permission.VIEW_CHART
    edit: Permission = Permission.EDIT_CHART


@dataclass(frozen=True)
class Card:
    """A card ready to print. ``add_url`` is empty for who may not record; ``readings`` are rows that have a value."""

    kind: CardKind
    rows: Rows
    list_url: str
    add_url: str
    urls: tuple[str, ...]
    panel_url: str = ""

    @property
    def readings(self) -> bool:
        """Whether its rows are measured values."""
        return any(row.value for row in self.rows.shown)


CARDS: tuple[CardKind, ...] = (
    CardKind("conditions", "Problems", "No active problem is recorded.", "Add a problem", "a p"),
    CardKind("medications", "Medications", "No medication is recorded.", "Add a medication", "a m"),
    CardKind(
        "allergies",
        "Allergies",
        "Allergies are not recorded: ask the patient.",
        "Add an allergy",
        "a a",
    ),
    CardKind(
        "vitals",
        "Vitals",
        "No vital signs are recorded.",
        "Add vital signs",
        "a v",
        edit=Permission.RECORD_VITALS,
    ),
    CardKind("results", "Results", "No results yet. They appear when they arrive.", "Add a result", "a r"),
    CardKind(
        "immunizations",
        "Immunizations",
        "No immunization is recorded.",
        "Add a vaccine",
        "a i",
    ),
    CardKind("care", "Care due", "Nothing is due.", "", panel="clinic:care_panel"),
    CardKind(
        "encounters",
        "Visits",
        "No visit yet. One opens at check-in.",
        "",
        opens="clinic:encounters_detail",
        view=Permission.VIEW_ENCOUNTERS,
    ),
    CardKind(
        "documents",
        "Documents",
        "No document is on file.",
        "Add a document",
        "a d",
        opens="clinic:documents_detail",
        view=Permission.VIEW_DEMOGRAPHICS,
        edit=Permission.EDIT_DEMOGRAPHICS,
    ),
    CardKind("orders", "Orders", "Nothing is on order.", "Add an order", "a t", opens="clinic:orders_detail"),
    CardKind("care_team", "Care team", "Nobody is named yet.", "Add to the team", "a c"),
    CardKind("goals", "Goals", "No goal is set.", "Add a goal", "a g"),
)


def summary_cards(patient: Patient, user: User) -> list[Card]:
    """The cards that the user may see: two queries, however long the history."""
    rows = summary_rows(patient)
    return [_card(kind, rows.get(kind.room, Rows(())), patient, user) for kind in CARDS if user.has_perm(kind.view)]


def _card(kind: CardKind, rows: Rows, patient: Patient, user: User) -> Card:
    path = partial(_path, patient)
    return Card(
        kind,
        rows,
        list_url=path(f"clinic:{kind.room}_list"),
        add_url=path(kind.add_url or f"clinic:{kind.room}_add") if kind.add and user.has_perm(kind.edit) else "",
        urls=tuple(path(kind.opens, row.key) if kind.opens else "" for row in rows.shown),
        panel_url=path(kind.panel) if kind.panel else "",
    )


def _path(patient: Patient, name: str, *more: str) -> str:
    """The address; empty as long as no room answers to the name."""
    try:
        return reverse(name, args=[patient.pk, *more])
    except NoReverseMatch:
        return ""
