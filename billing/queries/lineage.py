"""From which rows a claim's boxes were read: kept beside the snapshot, so that each box can be traced for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from billing.models import Claim, ClaimItem, Payment
from billing.queries.form_lines import diagnoses_of_claim
from billing.queries.form_parties import home_of
from billing.queries.form_visit import authorization_of, particulars_of
from billing.queries.other_payers import claims_before, other_coverages
from billing.queries.prior_decisions import deciding
from clinic.choices import PayerType
from clinic.models import Coverage, Encounter, Patient
from emr.accounts.models import Clinic, Practitioner

#: Box to the rows that it was read from: each with its model, its key and the names of the columns. What no row said
#: has the rule that said it instead.
Lineage = dict[str, list[dict[str, Any]]]
Source = tuple[str, Model | None, str]

#: What these boxes say where no row says otherwise.
_RULES = {
    "10": "Nothing was entered of an accident or of work, so No.",
    "11": "Medicare pays first, and the policy names no group, so NONE.",
    "11d": "No other policy was in force on the day of service, so No.",
    "20": "No outside laboratory was entered, so No.",
}
_NAME = "family_name given_name middle_name suffix"
_SUBSCRIBER = "subscriber_family_name subscriber_given_name subscriber_middle_name"
_SUBSCRIBER_HOME = "subscriber_line1 subscriber_city subscriber_state subscriber_postal_code"
_FACILITY = "facility_name facility_line facility_city facility_state facility_postal_code facility_npi"
_CLINIC_HOME = "name line1 line2 city state postal_code"


def lineage_of(claim: Claim, clinic: Clinic | None) -> Lineage:
    """The rows behind each box of a live claim that comes with its form's rows. No queries."""
    found: Lineage = {}
    for box, row, fields in (*_covered(claim), *_visit(claim), *_lines(claim), *_clinic(claim, clinic)):
        if row is not None:
            found.setdefault(box, []).append(source_of(row, fields))
    empty = "11d" if _is_medicare(claim.coverage) else "11"
    for box, rule in _RULES.items():
        if box not in found and box != empty:
            found[box] = [{"rule": rule}]
    return found


def source_of(row: Model, fields: str) -> dict[str, Any]:
    """A row and the columns of it that a box was read from."""
    return {"model": row._meta.label_lower, "id": str(row.pk), "fields": fields.split()}


def _covered(claim: Claim) -> Iterator[Source]:
    patient, coverage = claim.patient, claim.coverage
    yield "2", patient, _NAME
    yield "3", patient, "birth_date gender"
    yield "5", home_of(patient), "line1 line2 city state postal_code"
    yield "5", next(iter(patient.telecom.all()), None), "value"
    if coverage is None:
        return
    payer = "name type payer_id claim_filing_code address_line1 city state postal_code"
    yield "1", coverage.payer, payer
    yield "27", coverage.payer, "accepts_assignment"
    yield "1a", coverage, "subscriber_id"
    yield "6", coverage, "relationship"
    yield "11c", coverage, "plan_name"
    yield "12", coverage, "signature_on_file"
    yield "13", coverage, "assignment_of_benefits"
    yield from _insured(patient, coverage)
    yield from _others(claim, coverage)


def _is_medicare(coverage: Coverage | None) -> bool:
    return coverage is not None and coverage.payer.type == PayerType.MEDICARE


def _others(claim: Claim, coverage: Coverage) -> Iterator[Source]:
    """The other policies, and what their payers decided. Medicare is told of none but by box 11."""
    others = other_coverages(claim)
    if _is_medicare(coverage):
        first = next((other for other in others if other.order < claim.order), None)
        named = coverage if coverage.group_number else None
        yield ("11", first, "group_number subscriber_id") if first else ("11", named, "group_number")
        return
    yield "11", coverage, "group_number"
    for other in others:
        yield ("9", claim.patient, _NAME) if other.relationship == "self" else ("9", other, _SUBSCRIBER)
        yield "9a", other, "group_number subscriber_id"
        yield "9d", other, "plan_name"
        yield "11d", other, "order"
        yield "9d", other.payer, "name payer_id claim_filing_code"
    for before in claims_before(claim):
        yield "9", deciding(before), "payer_control_number content"
        yield "29", deciding(before), "paid"


def _insured(patient: Patient, coverage: Coverage) -> Iterator[Source]:
    if coverage.relationship == "self":
        return
    yield "4", coverage, _SUBSCRIBER
    yield "11a", coverage, "subscriber_birth_date subscriber_gender"
    if coverage.subscriber_line1:
        yield "7", coverage, _SUBSCRIBER_HOME
    else:
        yield "7", home_of(patient), "line1 line2 city state postal_code"


def _visit(claim: Claim) -> Iterator[Source]:
    visit, told = claim.encounter, particulars_of(claim.encounter)
    for box, fields in (
        ("10", "employment auto_accident auto_accident_state other_accident"),
        ("10d", "claim_codes"),
        ("14", "illness_date illness_qualifier"),
        ("15", "other_date other_date_qualifier"),
        ("16", "unable_to_work_start unable_to_work_end"),
        ("17", "referring_role referring_given_name referring_family_name referring_credentials referring_npi"),
        ("18", "hospitalization_start hospitalization_end"),
        ("19", "additional_information"),
        ("20", "outside_lab outside_lab_charge"),
    ):
        yield box, told, fields
    if claim.goes_on:
        yield "21", claim.follows, "snapshot"
    else:
        for diagnosis in diagnoses_of_claim(visit.diagnoses.all()):
            yield "21", diagnosis, "code rank"
    yield "22", claim.replaces, "payer_control_number"
    yield "23", authorization_of(claim), "number kind"
    yield "26", claim, "number"
    for payment in _payments(visit):
        yield "29", payment, "amount"
    yield "31", visit.practitioner, "given_name family_name credentials"
    yield "31", next(iter(visit.notes.all()), None), "signed_at"


def _payments(visit: Encounter) -> list[Payment]:
    """What was paid for the visit, also before it had begun."""
    booked = getattr(visit, "appointment", None)
    rows = [*visit.payments.all(), *(booked.payments.all() if booked else ())]
    return list(dict.fromkeys(rows))


def _lines(claim: Claim) -> Iterator[Source]:
    for n, item in enumerate(claim.items.all(), start=1):
        yield from _line(item, n, claim.encounter.practitioner)
        box = f"24E.{n}"
        yield (box, claim.follows, "snapshot") if claim.goes_on else (box, item.charge_item, "diagnosis_ids")


def _line(item: ClaimItem, n: int, seen_by: Practitioner | None) -> Iterator[Source]:
    charge = item.charge_item
    for box, fields in (
        ("24A", "service_date service_date_end"),
        ("24B", "place_of_service"),
        ("24C", "emergency"),
        ("24D", "code modifiers"),
        ("24F", "amount"),
        ("24G", "quantity"),
        ("24H", "epsdt"),
    ):
        yield f"{box}.{n}", charge, fields
    yield f"24.{n}", charge if charge.ndc else None, "ndc ndc_quantity ndc_unit"
    yield f"24.{n}", charge.immunization, "ndc dose_quantity dose_unit lot_number"
    yield f"24J.{n}", charge.performer or seen_by, "npi family_name given_name taxonomy_code"
    yield "28", charge, "amount"


def _clinic(claim: Claim, clinic: Clinic | None) -> Iterator[Source]:
    told = particulars_of(claim.encounter)
    yield "25", clinic, "tax_id tax_id_type"
    if told is not None and told.facility_name:
        yield "32", told, _FACILITY
    else:
        yield "32", clinic, f"{_CLINIC_HOME} npi"
    yield "33", clinic, f"{_CLINIC_HOME} phone npi taxonomy_code"


@dataclass(frozen=True)
class Trace:
    """A box and what it was read from, in words."""

    box: str
    record: str
    fields: str


def traces(lineage: Lineage | None) -> list[Trace]:
    """The lineage of a frozen claim for people, in the order of the form."""
    rows = (lineage or {}).items()
    return [
        Trace(box, *_words(source))
        for box, sources in sorted(rows, key=lambda row: _place(row[0]))
        for source in _merged(sources)
    ]


def _merged(sources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Several rows of one kind are told once."""
    told: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for source in sources:
        told.setdefault((source.get("model", ""), tuple(source.get("fields", ()))), source)
    return list(told.values())


def _words(source: dict[str, Any]) -> tuple[str, str]:
    if "rule" in source:
        return "Rule", source["rule"]
    model = apps.get_model(source["model"])
    fields = [str(model._meta.get_field(name).verbose_name) for name in source["fields"]]
    return str(model._meta.verbose_name).capitalize(), ", ".join(fields)


def _place(box: str) -> tuple[int, int, str]:
    """1, 1a, 2 … 24A of line 1, 24B of line 1 … 33."""
    head, _, line = box.partition(".")
    digits = "".join(character for character in head if character.isdigit())
    return int(digits), int(line or 0), head
