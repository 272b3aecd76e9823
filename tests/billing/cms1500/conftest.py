"""A claim with something in every box, and ways to print and read one."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from billing.cms1500 import form as f
from billing.cms1500.draw import Margins, Style, render
from billing.cms1500.readback import ReadPage, read

NPI = "1234567893"
Print = Callable[..., list[ReadPage]]


def whole_line(n: int = 1) -> f.ServiceLine:
    """A service line with every cell used; ``n`` makes it tell itself from the others."""
    return f.ServiceLine(
        service_from=date(2026, 3, n),
        service_to=date(2026, 3, n + 1),
        place_of_service="11",
        emergency=True,
        code=f"J010{n % 10}",
        modifiers=("25", "59", "GT", "95"),
        pointers="ABCD",
        charge=Decimal("100.50") + n,
        units=Decimal(n),
        epsdt="03",
        rendering_id=f.Identifier(qualifier="ZZ", value="207Q00000X"),
        rendering_npi=NPI,
        supplemental="N412345678901   UN1.5",
    )


def whole_form() -> f.Form1500:
    """A claim of six lines with a value in every box, and without edits."""
    address = f.Address(line="12 Elm St. #4", city="Albany", state="NY", postal_code="122051234")
    insured_address = f.Address(line="9 Oak Ave", city="Troy", state="NY", postal_code="12180")
    taxonomy = f.Identifier(qualifier="ZZ", value="207Q00000X")
    lines = tuple(whole_line(n) for n in range(1, 7))
    return f.Form1500(
        payer=f.Payer(name="Northern Mutual, Inc.", attention="Claims Dept.", address=insured_address),
        coverage_kind=f.CoverageKind.GROUP,
        insured_id="AB-123 456",
        patient=f.Person(
            name=f.PersonName(family="Núñez", given="Zoë", middle="Marie", suffix="Jr."),
            birth_date=date(1980, 2, 29),
            gender=f.Gender.FEMALE,
            address=address,
            phone="+1 (518) 555-0143",
        ),
        insured=f.Person(
            name=f.PersonName(family="Smith-Jones", given="Ada"),
            birth_date=date(1955, 12, 1),
            gender=f.Gender.MALE,
            address=insured_address,
            phone="518.555.0199",
        ),
        relationship=f.Relationship.CHILD,
        other_insured=f.OtherInsured(
            name=f.PersonName(family="Doe", given="John"), policy="P-99", plan_name="Second Plan"
        ),
        auto_accident=True,
        auto_accident_state="NY",
        claim_codes=("AV", "W2"),
        policy_group="GRP-77",
        other_claim_id=f.Identifier(qualifier="Y4", value="CASE12"),
        plan_name="Gold P.P.O.",
        another_plan=True,
        patient_signature=f.Signature(text="Signature on file", signed_on=date(2026, 1, 5)),
        insured_signature=f.Signature(text="Signature on file"),
        illness=f.QualifiedDate(qualifier="431", on=date(2026, 2, 20)),
        other_date=f.QualifiedDate(qualifier="454", on=date(2026, 2, 21)),
        unable_to_work=f.Period(start=date(2026, 2, 22), end=date(2026, 2, 23)),
        hospitalization=f.Period(start=date(2026, 2, 24), end=date(2026, 2, 25)),
        referring_provider=f.ReferringProvider(
            role=f.ReferringRole.ORDERING,
            name=f.PersonName(family="Okafor", given="Ann", middle="Bee", credentials="M.D."),
            other_id=f.Identifier(qualifier="0B", value="NY4711"),
            npi=NPI,
        ),
        additional_information="See note",
        outside_lab=True,
        outside_lab_charge=Decimal("12.3"),
        diagnoses=(
            "J02.0",
            "Z11.59",
            "E11.9",
            "I10",
            "M54.5",
            "R51.9",
            "N39.0",
            "J45.909",
            "K21.9",
            "F32.9",
            "L30.9",
            "H66.90",
        ),
        resubmission=f.Resubmission(frequency=f.Frequency.REPLACEMENT, original_reference="ICN-000 42"),
        prior_authorization="PA-12345",
        service_lines=lines,
        tax_id="58-7654321",
        tax_id_kind=f.TaxIdKind.EIN,
        account_number="PT100",
        accept_assignment=True,
        total_charge=sum((line.charge for line in lines), Decimal(0)),
        amount_paid=Decimal(20),
        provider_signature=f.Signature(text="Lee Park, MD", signed_on=date(2026, 3, 8)),
        service_facility=f.Provider(name="Annex", address=insured_address, npi=NPI, other_id=taxonomy),
        billing_provider=f.Provider(name="Elm Clinic", address=address, phone="5185550100", npi=NPI, other_id=taxonomy),
    )


@pytest.fixture(scope="session")
def form() -> f.Form1500:
    return whole_form()


@pytest.fixture(scope="session")
def line_of() -> Callable[[int], f.ServiceLine]:
    return whole_line


@pytest.fixture(scope="session")
def printed() -> Print:
    """Print claims and read the paper back."""

    def print_and_read(
        *forms: f.Form1500, style: Style = Style.DATA_ONLY, margins: Margins | None = None
    ) -> list[ReadPage]:
        out = io.BytesIO()
        render(forms, out=out, style=style, margins=margins)
        return list(read(out.getvalue(), margins=margins))

    return print_and_read
