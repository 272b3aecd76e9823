"""What was before the first visit: problems, drugs, allergies and vaccines, told by the patient and entered once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from clinic.actions.allergies import add_allergy, record_none_known
from clinic.actions.conditions import add_problem, resolve_problem
from clinic.actions.immunizations import record_immunization
from clinic.actions.medications import add_medication
from clinic.actions.safety import Reasons
from clinic.choices import ImmunizationStatus
from clinic.models import MedicationStatement
from clinic.models.safety import AlertKind, OverrideReason
from clinic.queries.safety import check_new_drug
from demo.data import rows, tables
from demo.story.cast import Cast
from demo.story.people import Person
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import CVX, ICD10CM, RXNORM
from emr.shared.dates import add_months, clinic_today

_ALLERGIES = {row["key"]: row for row in rows("allergies")}
_MEDICATIONS = {row["key"]: row for row in rows("medications")}
#: What is given in place of a drug that somebody is allergic to, or to a relative of it.
_INSTEAD = {
    ("lisinopril", "lisinopril"): "losartan",
    ("amoxicillin", "amoxicillin"): "azithromycin",
    ("amoxicillin", "penicillin"): "azithromycin",
    ("naproxen", "ibuprofen"): "acetaminophen",
    ("naproxen", "aspirin"): "acetaminophen",
}
_REMEMBERED = timedelta(days=12 * 365)
_BRONCHITIS = Coding(ICD10CM, "J20.9", "Acute bronchitis, unspecified")
#: Why the doctors of the story go on past a warning.
_WHY = {
    AlertKind.ALLERGY: OverrideReason.TOLERATED,
    AlertKind.DUPLICATE: OverrideReason.INTENDED,
    AlertKind.INTERACTION: OverrideReason.MONITORED,
}


def take_history(cast: Cast, person: Person) -> None:
    """The clinician enters what the patient brings along."""
    by, chance = cast.users[person.doctor], Random(f"history {person.key}")  # noqa: S311  invented
    for problem in person.problems:
        _have(by, person, problem, chance)
    if person.problems and chance.random() < 0.3:
        over = add_problem(
            by=by, patient=person.chart, coding=_BRONCHITIS, onset_date=clinic_today() - timedelta(days=40)
        )
        resolve_problem(by=by, condition=over, abatement_date=clinic_today() - timedelta(days=22))
    _tell_allergies(cast.users["nurse"], person)
    tell_vaccines(cast.users["nurse"], person)


def prescribe(by: User, person: Person, key: str, start: date, **fields: Any) -> MedicationStatement:
    """Put a drug of the data on the list."""
    row = _MEDICATIONS[tolerated(key, person)]
    coding = Coding(RXNORM if row["code"] else "", row["code"], row["display"])
    warned = check_new_drug(person.chart, coding).stops
    return add_medication(
        by=by,
        patient=person.chart,
        coding=coding,
        reasons=Reasons({alert.key: _WHY[alert.kind] for alert in warned}),
        form=row["form"],
        dose_quantity=Decimal(row["dose"]),
        dose_unit=row["unit"],
        route=row["route"],
        frequency=row["frequency"],
        as_needed=row["as_needed"] == "yes",
        quantity=Decimal(row["quantity"]),
        refills=int(row["refills"]),
        reason=row["reason"],
        effective_start=start,
        **fields,
    )


def tolerated(key: str, person: Person) -> str:
    """The drug, or what is given in its place to somebody who is allergic to it."""
    return next(
        (other for (drug, allergy), other in _INSTEAD.items() if drug == key and allergy in person.row["allergies"]),
        key,
    )


def medication_name(key: str, person: Person) -> str:
    """What the drug that this person gets is called on the list."""
    return _MEDICATIONS[tolerated(key, person)]["display"]


def _have(by: User, person: Person, problem: str, chance: Random) -> None:
    table = tables("problems")[problem]
    oldest = max(1, min(9, person.age(clinic_today()) - 1))
    onset = max(person.birth_date, clinic_today() - timedelta(days=chance.randint(120, oldest * 365 + 120)))
    coding = Coding(ICD10CM, table["code"], table["display"])
    add_problem(by=by, patient=person.chart, coding=coding, onset_date=onset)
    taken = set(person.chart.medications.values_list("display", flat=True))
    for key in table["medications"]:
        if medication_name(key, person) not in taken:
            prescribe(by, person, key, onset + timedelta(days=7))


def _tell_allergies(by: User, person: Person) -> None:
    """In all their states: known, none known, and, where the data say nothing, never asked."""
    for key in person.row["allergies"].split(";"):
        if key == "none":
            record_none_known(by=by, patient=person.chart)
        elif key in _ALLERGIES:
            row = _ALLERGIES[key]
            add_allergy(
                by=by,
                patient=person.chart,
                coding=Coding(RXNORM if row["code"] else "", row["code"], row["display"]),
                reactions=row["reactions"].split(";"),
                severity=row["severity"],
                criticality=row["criticality"],
                category=row["category"],
            )


def tell_vaccines(by: User, person: Person) -> None:
    """The doses of the vaccine record, of the last years."""
    today = clinic_today()
    for row, due in due_doses(person):
        if today - _REMEMBERED < due <= today:
            record_immunization(
                by=by,
                patient=person.chart,
                coding=Coding(CVX, row["code"], row["display"]),
                occurrence_date=due,
                primary_source=False,
            )


def due_doses(person: Person) -> list[tuple[dict[str, str], date]]:
    """Every dose that belongs to an age, with the day on which it falls due."""
    doses = [
        (row, add_months(person.birth_date, int(months)) + timedelta(days=4))
        for row in rows("vaccines")
        for months in row["ages_months"].split(";")
        if months
    ]
    return sorted(doses, key=lambda dose: dose[1])


def vaccinate(by: User, person: Person, row: dict[str, str], chance: Random, **fields: Any) -> None:
    """Give a dose here, from a lot that is good for some months; one in twenty is declined."""
    today = clinic_today()
    coding = Coding(CVX, row["code"], row["display"])
    if chance.random() < 0.05:
        record_immunization(
            by=by,
            patient=person.chart,
            coding=coding,
            occurrence_date=today,
            status=ImmunizationStatus.NOT_DONE,
            status_reason="Declined by the patient today; asked to be asked again.",
            **fields,
        )
        return
    record_immunization(
        by=by,
        patient=person.chart,
        coding=coding,
        occurrence_date=today,
        lot_number=f"{chance.choice('ABDEGHKU')}{chance.randint(1000, 9999)}{chance.choice('ACFLX')}",
        expiration_date=today + timedelta(days=chance.randint(60, 400)),
        manufacturer_code=row["manufacturer"],
        dose_quantity=Decimal(row["dose"]),
        dose_unit=row["unit"],
        site=row["site"],
        route=row["route"],
        **fields,
    )
