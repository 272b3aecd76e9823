"""The aging report: what payers and patients owe by age, by whom, down to the claims, with its tie to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from billing.queries.aging import BUCKETS, Clock, Item, aged, items, on_ledger
from billing.queries.report_tables import (
    RESTRICTED,
    Chip,
    Report,
    Row,
    Table,
    known_patients,
    numbers,
    payer_names,
    practitioner_names,
    words,
)
from emr.accounts.models import User
from emr.ui import formats

#: What the second table shows: whose part, by what.
SHOWS = {
    "payers": "Insurance by payer",
    "insurance-practitioners": "Insurance by practitioner",
    "claims": "Insurance by claim",
    "patients": "Patients by patient",
    "patient-practitioners": "Patients by practitioner",
    "visits": "Patients by visit",
}
_PATIENTS = ("patients", "patient-practitioners", "visits")
_CLOCKS = {
    Clock.SUBMITTED: "the day on which its payer was asked for the visit first",
    Clock.SERVICE: "the day of service",
}
NOTE = (
    "Days that an amount is old. What a payer owes counts from {clock}; what a patient owes from the day on which "
    "it became theirs to pay. Credit is money that was paid and isn't used yet: it has no age."
)


@dataclass(frozen=True)
class Asked:
    """What a reader chose."""

    day: date
    clock: Clock = Clock.SUBMITTED
    show: str = "payers"
    payer: UUID | None = None
    practitioner: UUID | None = None
    patient: UUID | None = None

    def fits(self, item: Item) -> bool:
        """Whether an item is among those that the reader narrowed the table to. What a patient owes has no payer."""
        payer = self.payer if item.side == "insurance" else None
        wanted = ((payer, item.payer), (self.practitioner, item.practitioner), (self.patient, item.patient))
        return all(one is None or one == has for one, has in wanted)

    def link(self, show: str, **to: UUID | None) -> str:
        """The address of another table of the same day."""
        asked = {"day": self.day.isoformat(), "clock": self.clock.value, "show": show, **to}
        given = urlencode({key: str(value) for key, value in asked.items() if value})
        return f"{reverse('billing:reports_aging')}?{given}"


def aging_report(user: User, asked: Asked) -> Report:
    """The summary with its tie, then the table that was asked for. Nine queries at most."""
    found = items(asked.day)
    return Report(
        tables=(_summary(found, asked), _detail(user, found, asked)),
        filters=_narrowed(asked),
    )


def _narrowed(asked: Asked) -> tuple[Chip, ...]:
    """What the table is narrowed to, each with the way back. A patient is named by the lines alone."""
    if asked.show not in ("claims", "visits"):
        return ()
    payers = payer_names([asked.payer]) if asked.payer else {}
    names = practitioner_names([asked.practitioner]) if asked.practitioner else {}
    parts: dict[str, tuple[UUID | None, str]] = {
        "payer": (asked.payer, f"Payer: {payers.get(asked.payer, 'not known')}"),
        "practitioner": (asked.practitioner, f"Practitioner: {names.get(asked.practitioner, 'not known')}"),
        "patient": (asked.patient, "One patient"),
    }
    keys = {name: key for name, (key, _) in parts.items()}
    return tuple(
        {"label": label, "url": asked.link(asked.show, **{**keys, name: None}), "current": True}
        for name, (key, label) in parts.items()
        if key
    )


def _summary(found: list[Item], asked: Asked) -> Table:
    sides: dict[str, list[Item]] = {}
    for item in found:
        sides.setdefault(item.side, []).append(item)
    rows = [
        _row(label, sides.get(side, []), asked, {0: asked.link(show)})
        for label, side, show in (("Insurance", "insurance", "payers"), ("Patients", "patient", "patients"))
    ]
    blank = ("",) * len(BUCKETS)
    paid_ahead = (("Unapplied credit of patients", "patient-credit"), ("Unapplied money of payers", "payer-credit"))
    rows += [Row((label, *blank, _sum(sides.get(side, [])))) for label, side in paid_ahead]
    total, ledger = sum((_money(row.cells[-1]) for row in rows), Decimal(0)), on_ledger(asked.day)
    ties = (("Total", total), ("On the ledger", ledger), ("Difference", total - ledger))
    return Table(
        slug="summary",
        title=f"What is owed on {formats.day(asked.day)}",
        columns=(*words("Who owes"), *numbers(*BUCKETS, "Total")),
        rows=rows,
        totals=[Row((label, *blank, amount)) for label, amount in ties],
        note=NOTE.format(clock=_CLOCKS[asked.clock]),
    )


def _detail(user: User, found: list[Item], asked: Asked) -> Table:
    makers: dict[str, Callable[[], tuple[tuple[str, ...], list[Row]]]] = {
        "payers": lambda: _by_payer(found, asked),
        "insurance-practitioners": lambda: _by_practitioner(found, asked, "insurance", "claims"),
        "claims": lambda: _by_claim(user, found, asked, "insurance"),
        "patients": lambda: _by_patient(user, found, asked),
        "patient-practitioners": lambda: _by_practitioner(found, asked, "patient", "visits"),
        "visits": lambda: _by_claim(user, found, asked, "patient"),
    }
    heads, rows = makers[asked.show]()
    first = len(heads)
    with_credit = asked.show in ("payers", "patients")
    columns = (*words(*heads), *numbers(*BUCKETS, "Owed", *(("Credit",) if with_credit else ())))
    sums = [sum((_money(row.cells[place]) for row in rows), Decimal(0)) for place in range(first, len(columns))]
    totals = [Row(("Total", *[""] * (first - 1), *sums))] if rows else []
    return Table(asked.show, SHOWS[asked.show], columns, rows, totals)


def _by_payer(found: list[Item], asked: Asked) -> tuple[tuple[str, ...], list[Row]]:
    groups = _grouped((item for item in found if item.side in ("insurance", "payer-credit")), lambda item: item.payer)
    names = payer_names(groups)
    rows = [
        _with_credit((names.get(key, "Payer not known"),), group, asked, {0: asked.link("claims", payer=key)})
        for key, group in groups.items()
    ]
    return ("Payer",), sorted(rows, key=lambda row: str(row.cells[0]))


def _by_practitioner(found: list[Item], asked: Asked, side: str, down: str) -> tuple[tuple[str, ...], list[Row]]:
    groups = _grouped((item for item in found if item.side == side), lambda item: item.practitioner)
    names = practitioner_names(groups)
    rows = [
        _row(names[key], group, asked, {0: asked.link(down, practitioner=key)} if key else {})
        for key, group in groups.items()
    ]
    return ("Practitioner",), sorted(rows, key=lambda row: str(row.cells[0]))


def _by_patient(user: User, found: list[Item], asked: Asked) -> tuple[tuple[str, ...], list[Row]]:
    groups = _grouped((item for item in found if item.side in ("patient", "patient-credit")), lambda item: item.patient)
    known = known_patients(user, groups)
    rows = []
    for key, group in groups.items():
        if patient := known.get(key) if key else None:
            heads = (patient.sort_name, formats.mrn(patient.mrn))
            links = {
                0: reverse("billing:account_detail", args=[key]),
                2 + len(BUCKETS): asked.link("visits", patient=key),
            }
            rows.append(_with_credit(heads, group, asked, links, key))
    hidden = [item for key, group in groups.items() if key not in known for item in group]
    rows.sort(key=lambda row: row.cells[:2])
    return ("Patient", "MRN"), rows + ([_with_credit((RESTRICTED, ""), hidden, asked, {})] if hidden else [])


def _by_claim(user: User, found: list[Item], asked: Asked, side: str) -> tuple[tuple[str, ...], list[Row]]:
    mine = [item for item in found if item.side == side and asked.fits(item)]
    known = known_patients(user, (item.patient for item in mine))
    payers = payer_names(item.payer for item in mine)
    rows = []
    for item in mine:
        if patient := known.get(item.patient) if item.patient else None:
            whose = (patient.sort_name, formats.mrn(patient.mrn))
            days = (formats.day(item.serviced_on), formats.day(item.since(asked.clock)))
            payer = (payers.get(item.payer, ""),) if side == "insurance" else ()
            heads = (item.words, *whose, *payer, *days)
            links = {0: reverse("billing:claims_detail", args=[item.patient, item.claim])} if item.claim else {}
            rows.append(Row((*heads, *_cells([item], asked)), links, item.patient))
    heads = ("Claim", "Patient", "MRN", *(("Payer",) if side == "insurance" else ()), "Service", "Counts from")
    hidden = [item for item in mine if item.patient not in known]
    if hidden:
        rows.append(Row((RESTRICTED, *[""] * (len(heads) - 1), *_cells(hidden, asked))))
    return heads, rows


def _grouped(found: Iterable[Item], key: Callable[[Item], UUID | None]) -> dict[UUID | None, list[Item]]:
    groups: dict[UUID | None, list[Item]] = {}
    for item in found:
        groups.setdefault(key(item), []).append(item)
    return groups


def _row(label: str, group: list[Item], asked: Asked, links: dict[int, str]) -> Row:
    return Row((label, *_cells(group, asked)), links)


def _with_credit(
    heads: tuple[str, ...], group: list[Item], asked: Asked, links: dict[int, str], patient: UUID | None = None
) -> Row:
    owed = [item for item in group if not item.side.endswith("credit")]
    credit = _sum(item for item in group if item.side.endswith("credit"))
    return Row((*heads, *_cells(owed, asked), credit), links, patient)


def _cells(group: list[Item], asked: Asked) -> tuple[Decimal, ...]:
    sums = aged(group, asked.day, asked.clock)
    return (*sums, sum(sums, Decimal(0)))


def _sum(group: Iterable[Item]) -> Decimal:
    return sum((item.amount for item in group), Decimal(0))


def _money(cell: object) -> Decimal:
    return cell if isinstance(cell, Decimal) else Decimal(0)
