"""Who stands on a claim: payer, patient, insured, and the clinic that bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
    Responsibility,
    Signature,
    TaxIdKind,
)
from billing.models import Claim
from clinic.choices import CoverageStatus, PayerType
from clinic.models import Coverage, Patient, PatientAddress
from clinic.models import Payer as PayerRow
from clinic.queries.addresses import permanent
from emr.accounts.models import Clinic

ON_FILE = "SIGNATURE ON FILE"
RESPONSIBILITIES = {1: Responsibility.PRIMARY, 2: Responsibility.SECONDARY, 3: Responsibility.TERTIARY}
#: Kinds of coverage that have one claim filing code; other payers' codes are entered with them.
_FILING_CODES = {
    PayerType.MEDICARE: "MB",
    PayerType.MEDICAID: "MC",
    PayerType.TRICARE: "CH",
    PayerType.CHAMPVA: "CH",
}


def covered(form: Form1500, claim: Claim, coverage: Coverage) -> Form1500:
    """Boxes 1, 1a, 4, 6, 7, 11, 12, 13 and the carrier's address."""
    payer = coverage.payer
    is_self = coverage.relationship == Relationship.SELF
    return replace(
        form,
        payer=Payer(
            name=payer.name,
            address=Address(
                line=payer.address_line1, city=payer.city, state=payer.state, postal_code=payer.postal_code
            ),
            payer_id=payer.payer_id,
            filing_code=filing_code(payer),
        ),
        coverage_kind=CoverageKind(payer.type),
        insured_id=coverage.subscriber_id,
        relationship=Relationship(coverage.relationship),
        insured=None if is_self else subscriber(claim.patient, coverage),
        policy_group=coverage.group_number,
        plan_name=coverage.plan_name,
        patient_signature=Signature(text=ON_FILE) if coverage.signature_on_file else None,
        insured_signature=Signature(text=ON_FILE) if coverage.assignment_of_benefits else None,
        information_release=coverage.signature_on_file,
        responsibility=RESPONSIBILITIES[claim.order],
    )


def filing_code(payer: PayerRow) -> str:
    """SBR09 of a payer."""
    return payer.claim_filing_code or _FILING_CODES.get(PayerType(payer.type), "")


def covers(coverage: Coverage, day: date) -> bool:
    """Whether a policy is in force on a day (as clinic.queries.coverages.in_force asks the database)."""
    return (
        coverage.status == CoverageStatus.ACTIVE
        and (coverage.period_start is None or coverage.period_start <= day)
        and (coverage.period_end is None or coverage.period_end >= day)
    )


def subscriber(patient: Patient, coverage: Coverage) -> Person:
    """The insured. One without an address of their own lives with the patient."""
    own = bool(coverage.subscriber_line1)
    address = Address(
        line=coverage.subscriber_line1,
        city=coverage.subscriber_city,
        state=coverage.subscriber_state,
        postal_code=coverage.subscriber_postal_code,
    )
    return Person(
        name=subscriber_name(coverage),
        birth_date=coverage.subscriber_birth_date,
        gender=Gender(coverage.subscriber_gender or Gender.UNKNOWN),
        address=address if own else person_of(patient).address,
    )


def subscriber_name(coverage: Coverage) -> PersonName:
    """The insured's name, where the patient isn't the insured."""
    return PersonName(
        family=coverage.subscriber_family_name,
        given=coverage.subscriber_given_name,
        middle=coverage.subscriber_middle_name,
    )


def home_of(patient: Patient) -> PatientAddress | None:
    """Where the claim says that the patient lives, of the addresses that :func:`with_form_rows` brought."""
    return permanent(patient.addresses.all())


def person_of(patient: Patient) -> Person:
    """Boxes 2, 3 and 5."""
    home, phone = home_of(patient), next(iter(patient.telecom.all()), None)
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


def billed(form: Form1500, clinic: Clinic) -> Form1500:
    """Boxes 25, 32 and 33: the clinic bills and is where the service was given."""
    address = Address(
        line=" ".join(filter(None, (clinic.line1, clinic.line2))),
        city=clinic.city,
        state=clinic.state,
        postal_code=clinic.postal_code,
    )
    return replace(
        form,
        tax_id=clinic.tax_id,
        tax_id_kind=TaxIdKind(clinic.tax_id_type.lower()),
        service_facility=Provider(name=clinic.name, address=address, npi=clinic.npi),
        billing_provider=Provider(
            name=clinic.name,
            address=address,
            phone=national_digits(clinic.phone),
            npi=clinic.npi,
            taxonomy=clinic.taxonomy_code,
        ),
    )
