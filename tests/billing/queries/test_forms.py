"""What a claim's form says, from the rows of the chart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, refresh_claim, submit_claims
from billing.actions.payments import take_payment
from billing.choices import AuthorizationKind, ClaimState, NdcUnit
from billing.cms1500 import form as f
from billing.cms1500.electronic import Drug
from billing.cms1500.paginate import cells
from billing.models import Claim
from billing.queries.claim_boxes import claim_page
from billing.queries.forms1500 import form_of, live_form, live_forms
from billing.queries.lineage import traces
from billing.x12.professional import interchange
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.billing.x12.professional.crosswalk import source_of
from tests.billing.x12.professional.reading import accepted
from tests.billing.x12.professional.samples import ENVELOPE, REFERRER_NPI
from tests.factories.accounts import NPIS, PractitionerFactory
from tests.factories.billing import SEEN_ON, charged, claim, service, submitted, visit
from tests.factories.claims import AuthorizationFactory, SupportingInfoFactory, TradingPartnerFactory
from tests.factories.clinic import CoverageFactory, PayerFactory

pytestmark = pytest.mark.django_db


def _whole_visit(biller: User) -> Encounter:
    """A visit with all that a claim can say of one, of a child with two policies."""
    encounter = visit(codes=["J45.909", "Z23"])
    first = encounter.patient.coverages.get()
    with transaction.atomic(), acting(biller):
        first.relationship, first.group_number = "child", "GRP7"
        first.subscriber_family_name, first.subscriber_given_name = "Doe", "Jo"
        first.subscriber_birth_date = date(1980, 1, 2)
        first.save()
    CoverageFactory(
        patient=encounter.patient, order=2, payer=PayerFactory(payer_id="SEC01"), subscriber_id="S2", plan_name="Silver"
    )
    nurse = PractitionerFactory(npi=NPIS[2], given_name="Mia", family_name="Silva", taxonomy_code="363LF0000X")
    diagnoses = [str(row.pk) for row in encounter.diagnoses.order_by("rank")]
    charged(biller, encounter, diagnosis_ranks=[1])
    drug = add_charge(by=biller, encounter=encounter, coding=service("J0696"), unit_price=Decimal(20))
    with transaction.atomic(), acting(biller):
        drug.performer, drug.emergency, drug.epsdt = nurse, True, "Y"
        drug.ndc, drug.ndc_quantity, drug.ndc_unit = "12345678901", Decimal("1.5"), NdcUnit.MILLILITRE
        drug.diagnosis_ids = diagnoses[::-1]
        drug.save()
    SupportingInfoFactory(
        encounter=encounter,
        auto_accident=True,
        auto_accident_state="NY",
        illness_date=date(2026, 3, 1),
        illness_qualifier="431",
        other_date=date(2026, 3, 2),
        other_date_qualifier="439",
        unable_to_work_start=date(2026, 3, 3),
        referring_role="DN",
        referring_given_name="Ann",
        referring_family_name="Lee",
        referring_credentials="MD",
        referring_npi=REFERRER_NPI,
        hospitalization_start=date(2026, 3, 4),
        hospitalization_end=date(2026, 3, 5),
        additional_information="See the letter",
        authorization=AuthorizationFactory(coverage=first, number="REF77", kind=AuthorizationKind.REFERRAL),
    )
    return encounter


@pytest.mark.feature("H02", "H03", "H18")
def test_all_that_the_chart_knows_is_on_the_form(biller: User) -> None:
    encounter = _whole_visit(biller)
    take_payment(by=biller, patient=encounter.patient, encounter=encounter, **_payment(Decimal(25)))
    made = create_claim(by=biller, encounter=encounter)
    form = live_form(made)
    assert (form.payer.payer_id, form.payer.filing_code, form.responsibility) == ("PRA01", "CI", "P")
    assert (form.auto_accident, form.auto_accident_state) == (True, "NY")
    assert form.illness == f.QualifiedDate(qualifier="431", on=date(2026, 3, 1))
    assert form.other_date == f.QualifiedDate(qualifier="439", on=date(2026, 3, 2))
    assert form.unable_to_work == f.Period(start=date(2026, 3, 3))
    assert form.hospitalization == f.Period(start=date(2026, 3, 4), end=date(2026, 3, 5))
    assert form.referring_provider == f.ReferringProvider(
        role=f.ReferringRole.REFERRING,
        name=f.PersonName(family="Lee", given="Ann", credentials="MD"),
        npi=REFERRER_NPI,
    )
    assert form.additional_information == "See the letter"
    assert (form.prior_authorization, form.authorization_kind) == ("REF77", "9F")
    assert (form.patient_paid, form.amount_paid) == (Decimal(25), Decimal(25))
    first, second = form.service_lines
    assert (first.control_number, second.control_number) == (f"{made.number}L1", f"{made.number}L2")
    assert first.rendering is not None
    assert second.rendering is not None
    assert (first.rendering.npi, second.rendering.npi) == (NPIS[1], NPIS[2])
    assert (second.rendering.name.family, second.rendering.taxonomy) == ("Silva", "363LF0000X")
    assert (second.emergency, second.epsdt, second.pointers) == (True, "Y", "BA")
    assert second.drug == Drug(ndc="12345678901", quantity=Decimal("1.5"), unit="ML")
    assert second.supplemental == "N412345678901   ML1.5"
    (other,) = form.other_payers
    assert (other.responsibility, other.payer_id, other.insured_id, other.paid) == ("S", "SEC01", "S2", None)
    assert form.other_insured is not None
    assert (form.other_insured.policy, form.other_insured.plan_name) == ("S2", "Silver")
    assert form.billing_provider.taxonomy == "261QP2300X"
    assert (made.state_reason, made.state) == ("", ClaimState.READY)
    assert accepted("".join(interchange(ENVELOPE, [form])))


@pytest.mark.feature("X8")
def test_each_box_of_a_frozen_claim_is_traced_to_its_rows(biller: User) -> None:
    encounter = _whole_visit(biller)
    take_payment(by=biller, patient=encounter.patient, encounter=encounter, **_payment(Decimal(25)))
    made = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=encounter)])[0]
    made.refresh_from_db()
    ordinary = submitted(biller)
    for one in (made, ordinary):
        assert one.lineage is not None
        assert {source_of(box) for page in cells(form_of(one)) for box in page} <= one.lineage.keys()
    assert ordinary.lineage is not None
    assert ordinary.lineage["20"] == [{"rule": "No outside laboratory was entered, so No."}]
    for sources in made.lineage.values():
        for source in sources:
            if "rule" in source:
                continue
            model = apps.get_model(source["model"])
            assert model._base_manager.filter(pk=source["id"]).exists()
            assert all(model._meta.get_field(name) for name in source["fields"])
    boxes = [trace.box for trace in traces(made.lineage)]
    assert boxes.index("1a") < boxes.index("2") < boxes.index("24A.1") < boxes.index("24A.2") < boxes.index("33")


def _payment(amount: Decimal) -> dict[str, object]:
    return {"amount": amount, "kind": "copay", "method": "cash"}


@pytest.mark.feature("H09", "H17")
def test_a_claim_to_the_second_payer_names_the_first(biller: User) -> None:
    encounter = visit()
    second = CoverageFactory.create(patient=encounter.patient, order=2, payer=PayerFactory(payer_id="SEC01"))
    first = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=charged(biller, encounter))])[0]
    with transaction.atomic(), acting(biller):
        first.payer_control_number = "ICN9"
        first.save(update_fields=["payer_control_number"])
        made = Claim.objects.create(
            created_by=biller,
            number="SECOND1",
            patient=first.patient,
            encounter=encounter,
            coverage=second,
            payer=second.payer,
            order=2,
            follows=first,
            service_date=first.service_date,
            total=first.total,
        )
    form = live_form(made)
    assert (form.responsibility, form.payer.payer_id, form.insured_id) == ("S", "SEC01", second.subscriber_id)
    (other,) = form.other_payers
    assert (other.responsibility, other.payer_id, other.claim_control_number) == ("P", "PRA01", "ICN9")
    assert form.other_insured is not None
    assert form.other_insured.policy == first.coverage.subscriber_id  # type: ignore[union-attr]


def test_the_days_of_a_line_stand_in_their_order(biller: User) -> None:
    encounter = visit()
    last = date(2026, 4, 1)
    add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(20), service_date_end=last)
    page = claim_page(create_claim(by=biller, encounter=encounter), biller)
    assert page.lines[0]["days"] == "09-Mar-2026 to 01-Apr-2026"


def test_an_authorization_of_another_policy_stays_off(biller: User) -> None:
    encounter = visit()
    other = CoverageFactory(patient=encounter.patient, order=2)
    SupportingInfoFactory(encounter=encounter, authorization=AuthorizationFactory(coverage=other))
    form = live_form(create_claim(by=biller, encounter=charged(biller, encounter)))
    assert form.prior_authorization == ""


@pytest.mark.feature("H07", "H05")
def test_what_only_the_837p_needs_holds_a_claim_that_is_sent(biller: User) -> None:
    encounter = visit()
    payer = encounter.patient.coverages.get().payer
    with transaction.atomic(), acting(biller):
        payer.claim_filing_code = ""
        payer.save()
    made = create_claim(by=biller, encounter=charged(biller, encounter))
    assert made.state == ClaimState.READY  # it goes out on paper
    TradingPartnerFactory()
    held = refresh_claim(by=biller, claim=made)
    assert (held.state, held.state_where) == (ClaimState.HELD, "payer")
    assert held.state_reason == "Box 1 has no claim filing code of the payer. Mend it on the payer's page."
    with transaction.atomic(), acting(biller):
        payer.payer_id = ""
        payer.save()
    assert refresh_claim(by=biller, claim=made).state == ClaimState.READY


@pytest.mark.feature("X8")
def test_forms_of_many_claims_take_as_many_statements_as_of_one(biller: User) -> None:
    keys = [claim(biller).pk for _ in range(4)]
    with CaptureQueriesContext(
        connection,
    ) as one:
        live_forms(keys[:1])
    with CaptureQueriesContext(connection) as many:
        assert len(live_forms(keys)) == 4
    assert len(one) == len(many)
    frozen = submitted(biller)
    assert form_of(frozen) == f.Form1500.from_data(frozen.snapshot)
    assert frozen.service_date == SEEN_ON
