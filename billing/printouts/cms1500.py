"""A claim as the paper form: from live rows while it is a draft, from its snapshot ever after."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from billing.cms1500.form import (
    Address,
    CoverageKind,
    Form1500,
    Gender,
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
from clinic.choices import ContactSystem, PayerType
from clinic.models import Coverage, Patient
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, Practitioner
from emr.shared.dates import clinic_zone

ON_FILE = "SIGNATURE ON FILE"
_LETTERS = "ABCDEFGHIJKL"


def form_of(claim: Claim) -> Form1500:
    """The content of the claim's form. A submitted claim gives what was submitted, whatever has changed since."""
    if claim.snapshot is not None:
        return Form1500.from_data(claim.snapshot)
    return live_form(claim)


def live_form(claim: Claim) -> Form1500:
    """The form as the rows stand now. What is missing stays empty; billing.cms1500.edits names it."""
    clinic = current_clinic()
    coverage = claim.coverage
    visit = claim.encounter
    items = list(claim.items.select_related("charge_item__performer"))
    diagnoses = visit.diagnoses.filter(entered_in_error_at=None).order_by("rank")
    form = Form1500(
        patient=_patient(claim.patient),
        diagnoses=tuple(diagnosis.code for diagnosis in diagnoses),
        service_lines=tuple(_line(item) for item in items),
        account_number=claim.number,
        accept_assignment=True,
        outside_lab=False,
        total_charge=sum((item.net for item in items), Decimal(0)),
        amount_paid=claim.amount_paid or None,
        provider_signature=_signature(claim, visit.practitioner),
    )
    if coverage is not None:
        form = _covered(form, claim.patient, coverage)
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
        # Medicare as the primary payer wants the word NONE in box 11 and box 11d left empty.
        policy_group=coverage.group_number or ("NONE" if medicare else ""),
        plan_name=coverage.plan_name,
        another_plan=None if medicare else False,
        patient_signature=Signature(text=ON_FILE) if coverage.signature_on_file else None,
        insured_signature=Signature(text=ON_FILE) if coverage.assignment_of_benefits else None,
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
        name=PersonName(
            family=coverage.subscriber_family_name,
            given=coverage.subscriber_given_name,
            middle=coverage.subscriber_middle_name,
        ),
        birth_date=coverage.subscriber_birth_date,
        gender=Gender(coverage.subscriber_gender or Gender.UNKNOWN),
        address=address if own else _patient(patient).address,
    )


def _patient(patient: Patient) -> Person:
    home = patient.addresses.filter(period_end=None, entered_in_error_at=None).order_by("use", "created_at").first()
    phone = patient.telecom.filter(system=ContactSystem.PHONE, period_end=None, entered_in_error_at=None).first()
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


def national_digits(number: str) -> str:
    """The ten digits of a number in the United States, without the country code."""
    digits = "".join(character for character in number if character.isdigit())
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _line(item: ClaimItem) -> ServiceLine:
    charge = item.charge_item
    return ServiceLine(
        service_from=item.serviced_start,
        service_to=item.serviced_end,
        place_of_service=item.place_of_service,
        code=item.product_or_service,
        modifiers=tuple(item.modifiers),
        pointers=item.diagnosis_pointers,
        charge=item.net,
        units=item.quantity,
        rendering_npi=charge.performer.npi if charge.performer else "",
        supplemental=_drug(charge.ndc, charge.ndc_unit, charge.ndc_quantity),
    )


def _drug(ndc: str, unit: str, quantity: Decimal | None) -> str:
    """The shaded line of a drug: N4, the eleven digits, the unit and quantity (NUCC, box 24 supplemental)."""
    if not ndc:
        return ""
    amount = f"   {unit}{quantity.normalize():f}" if unit and quantity else ""
    return f"N4{ndc}{amount}"


def _signature(claim: Claim, practitioner: Practitioner | None) -> Signature | None:
    if practitioner is None:
        return None
    signed = claim.encounter.notes.filter(signed_at__isnull=False).order_by("signed_at").first()
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


def pointers(ranks: list[int]) -> str:
    """Letters of box 21 for the ranks of diagnoses: 1 is A."""
    return "".join(_LETTERS[rank - 1] for rank in ranks if 1 <= rank <= len(_LETTERS))
