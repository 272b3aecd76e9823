"""A vaccine is given, and billed in one step (carlos#855)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from billing.actions.charges import correct_charge, void_charge
from billing.actions.claims import create_claim
from billing.actions.csv_files import FileError
from billing.actions.vaccine_charges import charge_vaccines
from billing.actions.vaccine_services import import_vaccine_services, set_vaccine_service
from billing.models import ChargeItem, FeeSchedule, VaccineService
from billing.queries.forms1500 import live_form
from billing.queries.leftovers import leftovers
from billing.queries.scrubbing import scrubbed_one
from billing.queries.vaccine_charges import vaccine_proposals
from clinic.actions.errors import enter_in_error
from clinic.models import Encounter, Immunization
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.codes.actions.releases import load_release
from emr.codes.coding import Coding
from emr.codes.systems import CPT, CVX, HCPCS
from emr.codes.systems.registry import BY_URL
from emr.shared.errors import DomainError
from tests.emr.codes.samples import loader
from tests.factories.accounts import PractitionerFactory
from tests.factories.billing import (
    SEEN_ON,
    FeeFactory,
    FeeScheduleFactory,
    SignedNoteFactory,
    VaccineServiceFactory,
    visit,
)
from tests.factories.chart import ImmunizationFactory
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H02")]


def shot(encounter: Encounter, code: str = "141", **more: Any) -> Immunization:
    """A vaccine of a visit, half a millilitre of it."""
    said = {"ndc": "49281-0421-50", "lot_number": "UT1", "dose_quantity": Decimal("0.5"), "dose_unit": "mL", **more}
    made: Immunization = ImmunizationFactory.create(
        patient=encounter.patient, encounter=encounter, code=code, occurrence_date=SEEN_ON, **said
    )
    return made


def fees(*codes: str, schedule: FeeSchedule | None = None) -> None:
    """Fees of 20, 21, 22 …"""
    schedule = schedule or FeeScheduleFactory()
    for n, code in enumerate(codes):
        system = HCPCS if code[0].isalpha() else CPT
        FeeFactory(fee_schedule=schedule, system=system, code=code, display=f"Service {code}", amount=Decimal(20 + n))


def vaccinated(*codes: str, medicare: bool = False, diagnoses: list[str] | None = None, **more: Any) -> Encounter:
    """A signed visit with vaccines."""
    patient = PatientFactory()
    if medicare:
        CoverageFactory(patient=patient, payer=PayerFactory(type="medicare"))
    encounter = visit(patient=patient, signed=False, codes=diagnoses or ["I10", "Z23"])
    for code in codes or ("141",):
        shot(encounter, code, **more)
    SignedNoteFactory(encounter=encounter)
    return encounter


def lines(encounter: Encounter) -> list[tuple[Any, ...]]:
    """What is charged, as code, amount, NDC and the diagnosis' place."""
    places = {str(row.pk): row.rank for row in encounter.diagnoses.all()}
    return [
        (row.code, row.amount, row.ndc, row.ndc_quantity, row.ndc_unit, [places[key] for key in row.diagnosis_ids])
        for row in encounter.charge_items.filter(entered_in_error_at=None).order_by("rank")
    ]


def test_a_vaccine_is_charged_with_its_administration_its_ndc_and_its_reason(biller: User) -> None:
    fees("Q2035", "90471")
    VaccineServiceFactory(administration_code="90471")
    encounter = vaccinated()
    charge_vaccines(by=biller, encounter=encounter)
    half = Decimal("0.500")
    assert lines(encounter) == [
        ("Q2035", Decimal(20), "49281042150", half, "ML", [2]),
        ("90471", Decimal(21), "", None, "", [2]),
    ]
    assert vaccine_proposals(encounter) == []


def test_asked_twice_it_is_charged_once_and_the_database_says_so_too(biller: User) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = vaccinated()
    for _ in range(2):
        charge_vaccines(by=biller, encounter=encounter)
    first = encounter.charge_items.order_by("rank").first()
    assert encounter.charge_items.count() == 2
    assert first is not None
    first.pk, first.request_token = None, None
    first._state.adding = True
    with pytest.raises(IntegrityError, match="billing_charge_vaccine_once"), transaction.atomic(), acting(biller):
        first.save(force_insert=True)


def test_what_is_taken_back_is_proposed_again_and_what_is_corrected_is_not(biller: User) -> None:
    fees("Q2035", "G0008", "Q2036")
    VaccineServiceFactory()
    encounter = vaccinated()
    product, giving = charge_vaccines(by=biller, encounter=encounter)
    void_charge(by=biller, charge=giving, reason="Wrong")
    (proposal,) = vaccine_proposals(encounter)
    assert [line.service.coding.code for line in proposal.lines] == ["G0008"]
    charge_vaccines(by=biller, encounter=encounter)
    row = ChargeItem.objects.get(pk=product.pk)
    from_form = {"ndc": row.ndc, "ndc_quantity": row.ndc_quantity, "ndc_unit": row.ndc_unit}
    correct_charge(by=biller, charge=row, coding=Coding(HCPCS, "Q2036", "Other"), diagnosis_ranks=[2], **from_form)
    assert vaccine_proposals(encounter) == []
    assert {code for code, *_ in lines(encounter)} == {"Q2036", "G0008"}


def test_a_second_vaccine_is_given_after_another(biller: User) -> None:
    fees("Q2035", "90471", "90472", "90715")
    VaccineServiceFactory(administration_code="90471", further_code="90472")
    VaccineServiceFactory(cvx="115", product_code="90715", administration_code="90471", further_code="90472")
    encounter = vaccinated("141", "115")
    charge_vaccines(by=biller, encounter=encounter)
    assert [code for code, *_ in lines(encounter)] == ["Q2035", "90471", "90715", "90472"]


def units(encounter: Encounter) -> list[tuple[str, int]]:
    """What is charged for giving vaccines, with units."""
    rows = encounter.charge_items.filter(entered_in_error_at=None, code__startswith="904").order_by("rank")
    return [(row.code, int(row.quantity)) for row in rows]


def test_one_is_given_first_and_each_other_is_a_unit_after_it(biller: User) -> None:
    fees("90471", "90472", "90473", "90474")
    for cvx in ("141", "115", "08"):
        VaccineServiceFactory(cvx=cvx, product_code="", administration_code="90471")
    VaccineServiceFactory(cvx="119", product_code="", administration_code="90473")
    encounter = vaccinated("141", "115", "08", "119")
    assert [line.service.coding.code for one in vaccine_proposals(encounter) for line in one.lines] == [
        *("90471", "90472", "90472", "90474")
    ]
    for _ in range(2):
        charge_vaccines(by=biller, encounter=encounter)
        assert units(encounter) == [("90471", 1), ("90472", 2), ("90474", 1)]
    late: Immunization = ImmunizationFactory.create(
        patient=encounter.patient, encounter=None, code="08", occurrence_date=SEEN_ON
    )
    (proposal,) = vaccine_proposals(encounter)
    assert proposal.immunization == late
    charge_vaccines(by=biller, encounter=encounter)
    assert (units(encounter), vaccine_proposals(encounter)) == ([("90471", 1), ("90472", 3), ("90474", 1)], [])

    made = create_claim(by=biller, encounter=encounter)
    assert "vaccine-given" not in {edit.rule for edit in scrubbed_one(made).edits}
    enter_in_error(by=biller, row=late, reason="Another child's")
    assert [edit.box for edit in scrubbed_one(made).holds if edit.rule == "vaccine-given"] == ["24D.2"]


def test_one_more_unit_leaves_what_the_biller_said_of_the_line(biller: User) -> None:
    fees("90471", "90472")
    for cvx in ("141", "115", "08"):
        VaccineServiceFactory(cvx=cvx, product_code="", administration_code="90471")
    encounter = vaccinated("141", "115")
    further = charge_vaccines(by=biller, encounter=encounter)[1]
    said: dict[str, Any] = {"unit_price": Decimal(33), "place_of_service": "12", "modifiers": ["59"], "epsdt": "Y"}
    said |= {"service_date_end": SEEN_ON, "emergency": True, "performer": PractitionerFactory()}
    coding = Coding(CPT, further.code, further.display)
    correct_charge(by=biller, charge=further, coding=coding, diagnosis_ranks=[1, 2], **said)
    ImmunizationFactory(patient=encounter.patient, encounter=None, code="08", occurrence_date=SEEN_ON)
    charge_vaccines(by=biller, encounter=encounter)
    line = encounter.charge_items.get(entered_in_error_at=None, code="90472")
    assert line.quantity == 2
    assert {name: getattr(line, name) for name in said} == said
    assert lines(encounter)[1][-1] == [1, 2]


@pytest.mark.parametrize(
    ("born", "route", "charged"),
    [
        (date(2010, 3, 10), "", [("90460", 1), ("90461", 4), ("90460", 1)]),
        (date(2007, 3, 9), "Intramuscular", [("90471", 1), ("90472", 1)]),
        (date(2007, 3, 9), "Oral", [("90473", 1), ("90474", 1)]),
    ],
)
def test_counselling_counts_the_parts_of_a_childs_vaccine(
    born: date, route: str, charged: list[tuple[str, int]], biller: User
) -> None:
    fees("90460", "90461", "90471", "90472", "90473", "90474")
    for cvx in ("110", "141"):
        VaccineServiceFactory(cvx=cvx, product_code="", administration_code="90460")
    encounter = visit(patient=PatientFactory(birth_date=born), signed=False, codes=["Z23"])
    for cvx in ("110", "141"):
        shot(encounter, cvx, route=route)
    charge_vaccines(by=biller, encounter=encounter)
    assert (units(encounter), vaccine_proposals(encounter)) == (charged, [])


def test_medicare_has_its_own_codes_for_giving_some_vaccines(biller: User) -> None:
    fees("Q2035", "G0008", "G0009", "G0010", "90471")
    VaccineServiceFactory(administration_code="90471")
    encounter = vaccinated("141", "133", "08", medicare=True)
    charge_vaccines(by=biller, encounter=encounter)
    assert [code for code, *_ in lines(encounter)] == ["Q2035", "G0008", "G0009", "G0010"]
    assert [proposal.problems for proposal in vaccine_proposals(encounter)] == [
        ["The clinic has no service for vaccine 133."],
        ["The clinic has no service for vaccine 08."],
    ]


def test_of_a_funded_vaccine_only_giving_it_is_charged(biller: User) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = vaccinated(funding="V02")
    (proposal,) = vaccine_proposals(encounter)
    assert proposal.remark.startswith("The vaccine is publicly funded")
    charge_vaccines(by=biller, encounter=encounter)
    assert [code for code, *_ in lines(encounter)] == ["G0008"]


@pytest.mark.parametrize(
    "told",
    [{"status": "not-done"}, {"primary_source": False}, {"occurrence_date": date(2026, 3, 8), "encounter": None}],
)
def test_what_was_not_given_here_at_the_visit_is_not_proposed(told: dict[str, Any]) -> None:
    encounter = visit(signed=False)
    said = {"encounter": encounter, "occurrence_date": SEEN_ON, **told}
    ImmunizationFactory(patient=encounter.patient, code="141", **said)
    assert vaccine_proposals(encounter) == []


def test_what_stands_in_the_way_is_told_and_the_rest_is_charged(biller: User) -> None:
    VaccineServiceFactory()
    encounter = vaccinated()
    with pytest.raises(DomainError, match="Q2035 is neither in the loaded codes nor in the fees"):
        charge_vaccines(by=biller, encounter=encounter)
    fees("G0008")
    charge_vaccines(by=biller, encounter=encounter)
    assert [code for code, *_ in lines(encounter)] == ["G0008"]
    (left,) = leftovers(encounter, vaccine_proposals(encounter))
    assert (left.kind, left.reason) == ("Vaccine", "Q2035 is neither in the loaded codes nor in the fees.")


def test_a_vaccine_entered_in_error_is_named_beside_its_charge(biller: User) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = visit(signed=False)
    given = shot(encounter)
    charge_vaccines(by=biller, encounter=encounter)
    with transaction.atomic(), acting(biller):
        given.status, given.entered_in_error_at, given.entered_in_error_by = (
            "entered-in-error",
            given.created_at,
            biller,
        )
        given.entered_in_error_reason = "Other arm, other patient"
        given.save()
    SignedNoteFactory(encounter=encounter)
    held = create_claim(by=biller, encounter=encounter)
    assert (held.state, held.state_where) == ("held", "charges")
    assert held.state_reason == (
        "Box 24D, line 1, has Q2035 for a vaccine that was entered in error since. "
        "Take the charge back in the visit's charges."
    )
    left = leftovers(encounter, vaccine_proposals(encounter))
    assert [(row.text, row.wrong) for row in left] == [("Q2035 Service Q2035", True), ("G0008 Service G0008", True)]


def test_many_vaccines_take_as_many_statements_as_one(django_assert_max_num_queries: Any) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = vaccinated(*(str(number) for number in (141, 150, 158, 161, 166, 168)))
    with django_assert_max_num_queries(9):
        assert len(vaccine_proposals(Encounter.objects.select_related("patient").get(pk=encounter.pk))) == 6


def test_one_click_on_the_page_charges_them(biller: User, as_role: Callable[..., Any]) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = vaccinated()
    client = as_role("biller")
    args = [encounter.patient_id, encounter.pk]
    html = client.get(reverse("billing:charges_edit", args=args)).content.decode()
    assert "Charge 2 services" in html
    assert "UT1" in html
    for _ in range(2):
        assert client.post(reverse("billing:charges_vaccines", args=args)).status_code == 303
    assert encounter.charge_items.count() == 2
    html = client.get(reverse("billing:charges_edit", args=args)).content.decode()
    assert "Vaccines given, not charged" not in html
    assert "vaccine lot UT1" in html
    assert "NDC 49281-0421-50, 0.5 millilitres" in html


@pytest.fixture
def cvx(db: None) -> None:
    """The shipped vaccines."""
    system = BY_URL[CVX]
    assert system.shipped is not None
    load_release(system=system, source=system.shipped(), by=loader())


@pytest.mark.usefixtures("cvx")
class TestServices:
    """The clinic's own codes for each vaccine."""

    def test_a_file_is_taken_whole_or_not_at_all(self, biller: User) -> None:
        VaccineServiceFactory(cvx="141")
        count = import_vaccine_services(
            by=biller, content=b"cvx;product;administration;further\n141;q2036;90471;90472\n8;90744;90471;\n"
        )
        rows = VaccineService.objects.values_list("cvx", "product_code", "administration_code", "further_code")
        assert count == 2
        assert set(rows) == {("141", "Q2036", "90471", "90472"), ("08", "90744", "90471", "")}
        with pytest.raises(FileError) as refused:
            import_vaccine_services(
                by=biller, content=b"cvx,product,administration\n987,Q2036,90471\n150,,\n150,XX,90471\n21,90716,90471\n"
            )
        assert refused.value.complaints == [
            "Line 2: 987 is no vaccine of the CVX list.",
            "Line 3: Give the product, the administration, or both.",
            "Line 4: The product 'XX' has not five letters and digits.",
        ]
        assert VaccineService.objects.count() == 2

    def test_a_further_administration_needs_the_first(self, biller: User) -> None:
        with pytest.raises(DomainError) as refused:
            set_vaccine_service(by=biller, cvx="141", product_code="Q2035", further_code="90472")
        assert refused.value.field == "administration_code"

    def test_the_page_sets_shows_and_removes(self, as_role: Callable[..., Any]) -> None:
        fees("Q2035")
        client, url = as_role("biller"), reverse("billing:vaccines_list")
        sent = {"cvx": "141", "product_code": "q2035", "administration_code": "G0008"}
        assert client.post(url, sent).status_code == 303
        html = client.get(url).content.decode()
        assert "Q2035" in html
        assert "20.00" in html
        assert "not known" in html
        refused = client.post(url, {**sent, "product_code": "Q20"})
        assert refused.status_code == 422
        assert "has not five letters and digits" in refused.content.decode()
        assert 'value="Q20"' in refused.content.decode()
        service = VaccineService.objects.get()
        assert client.post(reverse("billing:vaccines_remove"), {"service": service.pk}).status_code == 303
        assert not VaccineService.objects.exists()


def test_the_vaccine_is_on_the_form(biller: User) -> None:
    fees("Q2035", "G0008")
    VaccineServiceFactory()
    encounter = vaccinated()
    charge_vaccines(by=biller, encounter=encounter)
    first, second = live_form(create_claim(by=biller, encounter=encounter)).service_lines
    assert (first.supplemental, first.pointers, second.supplemental) == ("N449281042150   ML0.5", "B", "")
