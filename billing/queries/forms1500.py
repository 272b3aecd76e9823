"""A claim as the content of the paper form: from live rows while it is a draft, from its snapshot ever after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from billing.cms1500.content import ndc_supplement
from billing.cms1500.edits import Edit, missing
from billing.cms1500.form import (
    Address,
    CoverageKind,
    Form1500,
    Gender,
    OtherInsured,
    Payer,
    Person,
    PersonName,
    Provider,
    Relationship,
    ServiceLine,
    Signature,
    TaxIdKind,
)
from billing.models import Claim, ClaimItem
from clinic.choices import AddressUse, ContactSystem, CoverageStatus, PayerType
from clinic.models import (
    ContactPoint,
    Coverage,
    Encounter,
    EncounterDiagnosis,
    Note,
    Patient,
    PatientAddress,
)
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, Practitioner
from emr.shared.dates import clinic_zone

ON_FILE = "SIGNATURE ON FILE"
_LETTERS = "ABCDEFGHIJKL"

_NOT_WRONG = {"entered_in_error_at": None}


def with_form_rows(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Claims with all that their forms are made of: a fixed number of queries, however many claims."""
    return claims.select_related("patient", "encounter__practitioner", "coverage__payer", "payer").prefetch_related(
        Prefetch("items", ClaimItem.objects.select_related("charge_item__performer").order_by("sequence")),
        Prefetch("encounter__diagnoses", EncounterDiagnosis.objects.filter(**_NOT_WRONG).order_by("rank")),
        Prefetch("encounter__notes", Note.objects.billable().order_by("signed_at")),
        Prefetch(
            "patient__addresses",
            PatientAddress.objects.filter(period_end=None, **_NOT_WRONG).order_by("created_at"),
        ),
        Prefetch(
            "patient__telecom",
            ContactPoint.objects.filter(system=ContactSystem.PHONE, period_end=None, **_NOT_WRONG).order_by(
                "created_at"
            ),
        ),
        Prefetch("patient__coverages", Coverage.objects.select_related("payer").order_by("order", "created_at")),
    )


def form_of(claim: Claim) -> Form1500:
    """The content of the claim's form. A submitted claim gives what was submitted, whatever has changed since."""
    return Form1500.from_data(claim.snapshot) if claim.snapshot is not None else live_form(claim)


def live_form(claim: Claim) -> Form1500:
    """The form as the rows stand now. What is missing stays empty; billing.cms1500.edits names it."""
    return live_forms([claim.pk])[claim.pk]


def live_forms(claim_ids: Iterable[UUID]) -> dict[UUID, Form1500]:
    """The forms of many claims as the rows stand now, by the claims' keys; a fixed number of queries."""
    clinic = current_clinic()
    rows = with_form_rows(Claim.objects.filter(pk__in=list(claim_ids)))
    return {row.pk: _form(row, clinic) for row in rows}


def edits_of(claim: Claim, form: Form1500 | None = None) -> list[Edit]:
    """What the claim's form lacks. A claim that the patient pays has no form, so it lacks nothing."""
    return missing(form or live_form(claim)) if claim.coverage_id is not None else []


def pointers(diagnosis_ids: Sequence[str], diagnoses: Sequence[EncounterDiagnosis]) -> str:
    """Letters of box 21 for the diagnoses that a charge names. A letter is the place in the list as it stands now;
    a diagnosis that was taken off has none, and one after the twelfth doesn't either."""
    letters = {str(diagnosis.pk): letter for letter, diagnosis in zip(_LETTERS, diagnoses, strict=False)}
    return "".join(letters[key] for key in diagnosis_ids if key in letters)


def national_digits(number: str) -> str:
    """The ten digits of a number in the United States, without the country code."""
    digits = "".join(character for character in number if character.isdigit())
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _form(claim: Claim, clinic: Clinic | None) -> Form1500:
    visit, coverage = claim.encounter, claim.coverage
    items, diagnoses = list(claim.items.all()), list(visit.diagnoses.all())
    form = Form1500(
        patient=_patient(claim.patient),
        diagnoses=tuple(diagnosis.code for diagnosis in diagnoses),
        service_lines=tuple(_line(item, diagnoses, visit.practitioner) for item in items),
        account_number=claim.number,
        accept_assignment=True,
        outside_lab=False,
        total_charge=sum((item.net for item in items), Decimal(0)),
        amount_paid=claim.amount_paid or None,
        provider_signature=_signature(visit),
    )
    if coverage is not None:
        form = _covered(form, claim.patient, coverage)
        form = _with_other_plan(form, claim.patient, coverage, claim.service_date)
    return _billed(form, clinic) if clinic is not None else form


def _covered(form: Form1500, patient: Patient, coverage: Coverage) -> Form1500:
    """Boxes 1, 1a, 4, 6, 7, 11, 12, 13 and the carrier's address."""
    payer = coverage.payer
    medicare = payer.type == PayerType.MEDICARE
    is_self = coverage.relationship == Relationship.SELF
    return replace(
        form,
        payer=Payer(
            name=payer.name,
            address=Address(
                line=payer.address_line1, city=payer.city, state=payer.state, postal_code=payer.postal_code
            ),
        ),
        coverage_kind=CoverageKind(payer.type),
        insured_id=coverage.subscriber_id,
        relationship=Relationship(coverage.relationship),
        insured=None if is_self else _subscriber(patient, coverage),
        # Medicare as the primary payer wants the word NONE in box 11.
        policy_group=coverage.group_number or ("NONE" if medicare else ""),
        plan_name=coverage.plan_name,
        patient_signature=Signature(text=ON_FILE) if coverage.signature_on_file else None,
        insured_signature=Signature(text=ON_FILE) if coverage.assignment_of_benefits else None,
    )


def _with_other_plan(form: Form1500, patient: Patient, primary: Coverage, day: date) -> Form1500:
    """Boxes 9, 9a, 9d and 11d, from the policy that comes next on the day of service; Medicare wants them empty."""
    if form.coverage_kind is CoverageKind.MEDICARE:
        return form
    other = next((c for c in patient.coverages.all() if c.order > primary.order and covers(c, day)), None)
    if other is None:
        return replace(form, another_plan=False)
    is_self = other.relationship == Relationship.SELF
    return replace(
        form,
        another_plan=True,
        other_insured=OtherInsured(
            name=form.patient.name if is_self else _subscriber_name(other),
            policy=other.group_number or other.subscriber_id,
            plan_name=other.plan_name or other.payer.name,
        ),
    )


def covers(coverage: Coverage, day: date) -> bool:
    """Whether a policy is in force on a day (as clinic.queries.coverages.in_force asks the database)."""
    return (
        coverage.status == CoverageStatus.ACTIVE
        and (coverage.period_start is None or coverage.period_start <= day)
        and (coverage.period_end is None or coverage.period_end >= day)
    )


def _subscriber(patient: Patient, coverage: Coverage) -> Person:
    """The insured. One without an address of their own lives with the patient."""
    own = bool(coverage.subscriber_line1)
    address = Address(
        line=coverage.subscriber_line1,
        city=coverage.subscriber_city,
        state=coverage.subscriber_state,
        postal_code=coverage.subscriber_postal_code,
    )
    return Person(
        name=_subscriber_name(coverage),
        birth_date=coverage.subscriber_birth_date,
        gender=Gender(coverage.subscriber_gender or Gender.UNKNOWN),
        address=address if own else _patient(patient).address,
    )


def _subscriber_name(coverage: Coverage) -> PersonName:
    return PersonName(
        family=coverage.subscriber_family_name,
        given=coverage.subscriber_given_name,
        middle=coverage.subscriber_middle_name,
    )


def _patient(patient: Patient) -> Person:
    # The home address goes before others, and the one that was entered first before later ones.
    homes = sorted(patient.addresses.all(), key=lambda address: address.use != AddressUse.HOME)
    home, phone = next(iter(homes), None), next(iter(patient.telecom.all()), None)
    return Person(
        name=PersonName(
            family=patient.family_name, given=patient.given_name, middle=patient.middle_name, suffix=patient.suffix
        ),
        birth_date=patient.birth_date,
        gender=Gender(patient.gender),
        address=Address(
            line=" ".join(filter(None, (home.line1, home.line2))),
            city=home.city,
            state=home.state,
            postal_code=home.postal_code,
        )
        if home
        else Address(),
        phone=national_digits(phone.value) if phone else "",
    )


def _line(item: ClaimItem, diagnoses: Sequence[EncounterDiagnosis], seen_by: Practitioner | None) -> ServiceLine:
    charge = item.charge_item
    performer = charge.performer or seen_by
    drug = bool(charge.ndc and charge.ndc_unit and charge.ndc_quantity)
    return ServiceLine(
        service_from=item.serviced_start,
        service_to=item.serviced_end,
        place_of_service=item.place_of_service,
        code=item.product_or_service,
        modifiers=tuple(item.modifiers),
        pointers=pointers(charge.diagnosis_ids, diagnoses),
        charge=item.net,
        units=item.quantity,
        rendering_npi=performer.npi if performer else "",
        supplemental=ndc_supplement(charge.ndc, charge.ndc_unit, charge.ndc_quantity or Decimal(0)) if drug else "",
    )


def _signature(visit: Encounter) -> Signature | None:
    """Box 31: the practitioner's name, and the day on which the visit's note was signed."""
    practitioner, signed = visit.practitioner, next(iter(visit.notes.all()), None)
    if practitioner is None:
        return None
    on = signed.signed_at.astimezone(clinic_zone()).date() if signed and signed.signed_at else None
    name = f"{practitioner.given_name} {practitioner.family_name} {practitioner.credentials}".strip()
    return Signature(text=name, signed_on=on)


def _billed(form: Form1500, clinic: Clinic) -> Form1500:
    """Boxes 25, 32 and 33: the clinic bills and is where the service was given."""
    address = Address(
        line=" ".join(filter(None, (clinic.line1, clinic.line2))),
        city=clinic.city,
        state=clinic.state,
        postal_code=clinic.postal_code,
    )
    provider = Provider(name=clinic.name, address=address, phone=national_digits(clinic.phone), npi=clinic.npi)
    return replace(
        form,
        tax_id=clinic.tax_id,
        tax_id_kind=TaxIdKind(clinic.tax_id_type.lower()),
        service_facility=Provider(name=clinic.name, address=address, npi=clinic.npi),
        billing_provider=provider,
    )
