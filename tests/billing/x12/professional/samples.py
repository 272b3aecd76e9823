"""Claims of every kind that goes out: whole in all that paper and 837P both say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from billing.cms1500 import form as f
from billing.cms1500.electronic import Adjustment, Drug, LineAdjudication, OtherPayer, Rendering
from billing.x12.professional import Envelope

CLINIC_NPI, DOCTOR_NPI, NURSE_NPI, REFERRER_NPI = "1234567893", "1245319599", "1679576722", "1992705966"
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="CLINIC01",
    receiver_qualifier="30",
    receiver_id="CLEARING01",
    usage="T",
    control_number=17,
    created=datetime(2026, 3, 9, 16, 30),
    submitter="Elm Clinic",
    contact_name="Billing Office",
    contact_phone="(518) 555-0110",
    receiver="Example Clearinghouse",
)
HOME = f.Address(line="12 Elm St. #4", city="Albany", state="NY", postal_code="122051234")
OTHER_HOME = f.Address(line="9 Oak Ave", city="Troy", state="NY", postal_code="12180")
DOCTOR = Rendering(
    name=f.PersonName(family="Park", given="Lee", middle="Q", credentials="MD"), npi=DOCTOR_NPI, taxonomy="207Q00000X"
)
NURSE = Rendering(
    name=f.PersonName(family="Silva", given="Mia", credentials="NP"), npi=NURSE_NPI, taxonomy="363LF0000X"
)
TWELVE = (
    *("J02.0", "Z11.59", "E11.9", "I10", "M54.5", "R51.9"),
    *("N39.0", "J45.909", "K21.9", "F32.9", "L30.9", "H66.90"),
)


def line(n: int = 1, by: Rendering = DOCTOR, **more: object) -> f.ServiceLine:
    """A service line that tells itself from the others by ``n``."""
    given = f.ServiceLine(
        service_from=date(2026, 3, n),
        service_to=date(2026, 3, n),
        place_of_service="11",
        code=f"99{n:03}",
        modifiers=("25", "59")[: n % 3],
        pointers="ABCD"[: n % 4 + 1],
        charge=Decimal("100.50") + n,
        units=Decimal(n),
        rendering_npi=by.npi,
        rendering=by,
        control_number=f"PT100L{n}",
    )
    return replace(given, **more)  # type: ignore[arg-type]


def with_lines(form: f.Form1500, *lines: f.ServiceLine) -> f.Form1500:
    """The claim with these lines, which it adds up to."""
    return replace(form, service_lines=lines, total_charge=sum((item.charge for item in lines), Decimal(0)))


def own() -> f.Form1500:
    """The patient's own policy, one payer, two practitioners, a drug, a remark on a line and a place elsewhere."""
    drug = Drug(ndc="12345678901", quantity=Decimal("1.5"), unit="ML")
    given = f.Form1500(
        payer=f.Payer(
            name="Northern Mutual, Inc.",
            attention="Claims Dept.",
            address=OTHER_HOME,
            payer_id="60054",
            filing_code="CI",
        ),
        coverage_kind=f.CoverageKind.GROUP,
        insured_id="AB-123 456",
        patient=f.Person(
            name=f.PersonName(family="Núñez", given="Zoë", middle="Marie", suffix="Jr."),
            birth_date=date(1980, 2, 29),
            gender=f.Gender.FEMALE,
            address=HOME,
            phone="+1 (518) 555-0143",
        ),
        relationship=f.Relationship.SELF,
        policy_group="GRP-77",
        plan_name="Gold P.P.O.",
        another_plan=False,
        claim_codes=("AV", "W2"),
        patient_signature=f.Signature(text="Signature on file", signed_on=date(2026, 1, 5)),
        insured_signature=f.Signature(text="Signature on file"),
        illness=f.QualifiedDate(qualifier="431", on=date(2026, 2, 20)),
        other_date=f.QualifiedDate(qualifier="454", on=date(2026, 2, 21)),
        unable_to_work=f.Period(start=date(2026, 2, 22), end=date(2026, 2, 23)),
        hospitalization=f.Period(start=date(2026, 2, 24), end=date(2026, 2, 25)),
        referring_provider=f.ReferringProvider(
            role=f.ReferringRole.REFERRING,
            name=f.PersonName(family="Okafor", given="Ann", middle="Bee", credentials="M.D."),
            other_id=f.Identifier(qualifier="0B", value="NY4711"),
            npi=REFERRER_NPI,
        ),
        additional_information="See note",
        outside_lab=False,
        diagnoses=TWELVE,
        prior_authorization="PA-12345",
        tax_id="58-7654321",
        tax_id_kind=f.TaxIdKind.EIN,
        account_number="PT100",
        accept_assignment=True,
        amount_paid=Decimal(20),
        patient_paid=Decimal(20),
        provider_signature=f.Signature(text="Lee Park, MD", signed_on=date(2026, 3, 8)),
        service_facility=f.Provider(name="Annex", address=OTHER_HOME),
        billing_provider=f.Provider(
            name="Elm Clinic", address=HOME, phone="5185550100", npi=CLINIC_NPI, taxonomy="261QP2300X"
        ),
        rendering=DOCTOR,
    )
    return with_lines(
        given,
        line(1, emergency=True, epsdt="Y"),
        line(2, by=NURSE, place_of_service="10", epsdt="FP", rendering_id=f.Identifier(qualifier="G2", value="N77")),
        line(3, drug=drug, supplemental="N412345678901   ML1.5", service_to=date(2026, 3, 4)),
        line(4, supplemental="ZZ two  visits"),
    )


def child() -> f.Form1500:
    """A child under a parent's policy, after an accident."""
    return replace(
        own(),
        relationship=f.Relationship.CHILD,
        insured=f.Person(
            name=f.PersonName(family="Smith-Jones", given="Ada"),
            birth_date=date(1955, 12, 1),
            gender=f.Gender.MALE,
            address=OTHER_HOME,
            phone="518.555.0199",
        ),
        auto_accident=True,
        auto_accident_state="NY",
        employment=True,
        other_date=f.QualifiedDate(qualifier="439", on=date(2026, 2, 19)),
        other_claim_id=f.Identifier(qualifier="Y4", value="CASE12"),
        service_facility=None,
        hospitalization=f.Period(start=date(2026, 2, 24)),
        insured_signature=None,
    )


def secondary() -> f.Form1500:
    """What the first payer left: paid line by line, with its adjustments."""
    lines = (line(1), line(2))
    decided = tuple(
        LineAdjudication(
            line=n,
            paid=item.charge - Decimal("40.5"),
            code=item.code,
            modifiers=item.modifiers,
            units=item.units,
            adjustments=(
                Adjustment(group="PR", reason="1", amount=Decimal("30.25")),
                Adjustment(group="CO", reason="45", amount=Decimal("10.25")),
            ),
            adjudicated_on=date(2026, 3, 20 + n),
        )
        for n, item in enumerate(lines, start=1)
    )
    paid = sum((item.paid for item in decided), Decimal(0))
    first = OtherPayer(
        responsibility=f.Responsibility.PRIMARY,
        name="First Health Plan",
        payer_id="77001",
        filing_code="BL",
        insured=f.Person(name=f.PersonName(family="Doe", given="John"), address=OTHER_HOME),
        relationship=f.Relationship.SPOUSE,
        insured_id="F-900",
        policy_group="P-99",
        plan_name="Second Plan",
        claim_control_number="ICN1",
        paid=paid,
        remarks=("MA01",),
        lines=decided,
    )
    given = replace(
        own(),
        responsibility=f.Responsibility.SECONDARY,
        another_plan=True,
        other_insured=f.OtherInsured(
            name=f.PersonName(family="Doe", given="John"), policy="P-99", plan_name="Second Plan"
        ),
        other_payers=(first,),
        amount_paid=paid + 20,
    )
    return with_lines(given, *lines)


def replacement() -> f.Form1500:
    return replace(
        own(), resubmission=f.Resubmission(frequency=f.Frequency.REPLACEMENT, original_reference="ICN-000 42")
    )


def void() -> f.Form1500:
    return replace(own(), resubmission=f.Resubmission(frequency=f.Frequency.VOID, original_reference="ICN00043"))


def long() -> f.Form1500:
    """Three pages of paper, and no referral."""
    return with_lines(replace(own(), referring_provider=None), *(line(n) for n in range(1, 16)))


def medicare() -> f.Form1500:
    """Medicare as the only payer, ordered by somebody, by a practitioner who bills under an own number."""
    given = own()
    ordering = replace(given.referring_provider, role=f.ReferringRole.ORDERING)  # type: ignore[type-var]
    return replace(
        given,
        payer=replace(given.payer, filing_code="MB", address=f.Address()),
        coverage_kind=f.CoverageKind.MEDICARE,
        another_plan=None,
        policy_group="NONE",
        plan_name="",
        referring_provider=ordering,
        tax_id_kind=f.TaxIdKind.SSN,
        accept_assignment=False,
        illness=f.QualifiedDate(qualifier="484", on=date(2026, 2, 20)),
        other_date=f.QualifiedDate(qualifier="090", on=date(2026, 2, 21)),
        unable_to_work=f.Period(start=date(2026, 2, 22)),
        patient_paid=None,
        amount_paid=None,
    )


def first_of_two() -> f.Form1500:
    """Another payer comes after this one and hasn't decided; supervised; with the biller's number at the payer."""
    given = own()
    supervising = replace(given.referring_provider, role=f.ReferringRole.SUPERVISING)  # type: ignore[type-var]
    other = OtherPayer(
        responsibility=f.Responsibility.SECONDARY,
        name="Second Health",
        payer_id="88002",
        filing_code="CI",
        insured_id="S-1",
        relationship=f.Relationship.SELF,
        policy_group="SG1",
        plan_name="Silver",
    )
    return replace(
        given,
        referring_provider=supervising,
        other_payers=(other,),
        another_plan=True,
        other_insured=f.OtherInsured(name=given.patient.name, policy="SG1", plan_name="Silver"),
        billing_provider=replace(given.billing_provider, other_id=f.Identifier(qualifier="G2", value="B77")),
    )


SAMPLES = {
    "self": own,
    "child": child,
    "secondary": secondary,
    "replacement": replacement,
    "void": void,
    "fifteen lines": long,
    "medicare": medicare,
    "first of two": first_of_two,
}
