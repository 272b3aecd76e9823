"""Claims as the clinic keeps them, from visit to file: paper and 837P read back, against each other and the rows."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from billing.actions.batches import create_batch
from billing.actions.charges import add_charge
from billing.actions.claim_life import know_payers_number
from billing.actions.claims import create_claim, submit_claims
from billing.actions.payments import take_payment
from billing.actions.posting import post_remittance
from billing.actions.remittances import take_in_remittances
from billing.actions.resubmitting import replace_claim, void_claim
from billing.actions.supporting_info import save_supporting_info
from billing.choices import AuthorizationKind, BatchStyle
from billing.cms1500.readback import read
from billing.models import Claim, ClaimSupportingInfo, TradingPartner
from billing.printouts.batches import write_batch
from billing.queries.batches import forms_of
from billing.queries.form_lines import pointers
from billing.queries.forms1500 import form_of
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.billing.x12 import builder
from tests.billing.x12.professional.crosswalk import Facts, of_837p, of_paper, source_of
from tests.billing.x12.professional.reading import ReadClaim, accepted, claims
from tests.billing.x12.professional.samples import REFERRER_NPI
from tests.factories.accounts import NPIS, PractitionerFactory
from tests.factories.billing import TWELVE, charged, service, visit
from tests.factories.claims import AuthorizationFactory, TradingPartnerFactory
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PayerFactory,
)
from tests.factories.remittances import ReceivedFileFactory

pytestmark = pytest.mark.django_db


def whole(by: User, **more: Any) -> Encounter:
    """A visit with all that a claim can say of one: two practitioners, a drug, an accident, leave, and a payment."""
    encounter = visit(codes=["J45.909", "E11.9", "I10"], **more)
    nurse = PractitionerFactory(npi=NPIS[2], given_name="Mia", family_name="Silva", taxonomy_code="363LF0000X")
    common: dict[str, Any] = {"by": by, "encounter": encounter}
    add_charge(
        **common,
        coding=service("G0463"),
        unit_price=Decimal("120.10"),
        modifiers=["25", "59", "GT", "95"],
        diagnosis_ranks=[3, 1],
        emergency=True,
        epsdt="Y",
    )
    add_charge(
        **common,
        coding=service("J0696"),
        unit_price=Decimal("20.05"),
        quantity=Decimal("1.5"),
        diagnosis_ranks=[2],
        service_date_end=date(2026, 3, 11),
        place_of_service="02",
        performer=nurse,
        ndc="0002-7510-01",
        ndc_quantity=Decimal("1.5"),
        ndc_unit="ML",
        epsdt="FP",
    )
    save_supporting_info(
        **common,
        auto_accident=True,
        auto_accident_state="NY",
        claim_codes="AV",
        illness_date=date(2026, 3, 1),
        illness_qualifier="431",
        other_date=date(2026, 3, 2),
        other_date_qualifier="439",
        unable_to_work_start=date(2026, 3, 3),
        unable_to_work_end=date(2026, 3, 4),
        hospitalization_start=date(2026, 3, 4),
        hospitalization_end=date(2026, 3, 5),
        referring_role="DN",
        referring_given_name="Ann",
        referring_family_name="Lee",
        referring_credentials="MD",
        referring_npi=REFERRER_NPI,
        additional_information="See the letter",
        facility_name="Valley Hospital",
        facility_line="9 Hill Rd",
        facility_city="Albany",
        facility_state="NY",
        facility_postal_code="12207-1234",
        facility_npi=REFERRER_NPI,
    )
    leave = AuthorizationFactory(
        coverage=encounter.patient.coverages.get(order=1), number="REF77", kind=AuthorizationKind.REFERRAL
    )
    with transaction.atomic(), acting(by):
        told = ClaimSupportingInfo.objects.get(encounter=encounter)
        told.authorization = leave
        told.save()
    paid: dict[str, Any] = {"amount": Decimal(25), "kind": "copay", "method": "cash"}
    take_payment(by=by, patient=encounter.patient, encounter=encounter, **paid)
    return encounter


def sent(by: User, encounter: Encounter) -> Claim:
    return submit_claims(by=by, claims=[create_claim(by=by, encounter=encounter)])[0]


def own(by: User) -> Claim:
    return sent(by, whole(by))


def child(by: User) -> Claim:
    encounter = whole(by)
    policy = encounter.patient.coverages.get()
    with transaction.atomic(), acting(by):
        policy.relationship, policy.group_number, policy.plan_name = "child", "GRP-7", "Gold P.P.O."
        policy.subscriber_family_name, policy.subscriber_given_name = "Doe-Núñez", "Jo"
        policy.subscriber_birth_date, policy.assignment_of_benefits = date(1940, 1, 2), False
        policy.save()
        policy.payer.accepts_assignment = False
        policy.payer.save()
    return sent(by, encounter)


def left_over(by: User) -> Claim:
    """The draft of what the first payer left of two lines, paid and adjusted line by line."""
    patient = PatientFactory(family_name="Doe")  # as the remittance names them
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient)
    encounter = charged(by, visit(patient=patient), lines=2)
    CoverageFactory(
        patient=encounter.patient,
        order=2,
        payer=PayerFactory(name="Second Health", payer_id="2ND01"),
        relationship="spouse",
        subscriber_family_name="Second",
        subscriber_given_name="Sam",
        subscriber_birth_date=date(1960, 1, 2),
    )
    first = sent(by, encounter)
    lines = [
        builder.Line(
            int(item.net * 100),
            [("CO", "45", 1000), ("PR", "1", 500 * item.sequence)],
            code=item.product_or_service,
            control_number=item.control_number,
        )
        for item in first.items.all()
    ]
    file = io.BytesIO(builder.remittance(builder.Payment([builder.Claim(first.number, lines)], [])))
    (row,) = take_in_remittances(by=by, file=ReceivedFileFactory(), content=file)
    with transaction.atomic(), acting(by):
        row.payer = first.payer
        row.save(update_fields=["payer", "updated_at"])
    post_remittance(by=by, reconciliation=row)
    return Claim.objects.get(follows=first)


def secondary(by: User) -> Claim:
    return submit_claims(by=by, claims=[left_over(by)])[0]


def replacement(by: User) -> Claim:
    first = know_payers_number(by=by, claim=own(by), number="ICN-000 42")
    made = replace_claim(by=by, claim=first)
    add_charge(by=by, encounter=first.encounter, coding=service("G1000"), unit_price=Decimal(7))
    return submit_claims(by=by, claims=[Claim.objects.get(pk=made.pk)])[0]


def void(by: User) -> Claim:
    first = know_payers_number(by=by, claim=own(by), number="ICN00043")
    void_claim(by=by, claim=first, reason="Never happened")
    return Claim.objects.get(replaces=first)


def long(by: User) -> Claim:
    """Fifteen lines on three sheets, and twelve diagnoses of which each is pointed at."""
    encounter = visit(codes=TWELVE)
    for n in range(15):
        ranks = [n % 12 + 1, (n + 5) % 12 + 1]
        charged(by, encounter, diagnosis_ranks=ranks, quantity=n + 1)
    return sent(by, encounter)


KINDS = {
    "self": own,
    "child": child,
    "secondary": secondary,
    "replacement": replacement,
    "void": void,
    "fifteen lines, twelve diagnoses": long,
}


def drawn(by: User, claim: Claim, style: BatchStyle, partner: TradingPartner | None = None) -> bytes:
    """The claim's file, as the job draws it from the rows; drawn a second time, it is the same."""
    batch = create_batch(by=by, claims=[claim], style=style, partner=partner, again=True)
    files = [io.BytesIO(), io.BytesIO()]
    for out in files:
        write_batch(batch, forms_of(batch), out=out, on_progress=lambda done: None)
    assert files[0].getvalue() == files[1].getvalue()
    return files[0].getvalue()


def electronic(claim: ReadClaim) -> Facts:
    """What the file says; without a place of its own the services were given where the biller is (2310C)."""
    facts = of_837p(claim)
    if not claim.one("2310C", "NM1"):
        facts |= {box.replace("33", "32"): facts[box] for box in ("33.name", "33.street", "33.city", "33a")}
    return facts


def by_rows(claim: Claim) -> Facts:
    """What the rows say, of boxes that differ from claim to claim."""
    visit_, coverage = claim.encounter, claim.coverage
    assert coverage is not None
    diagnoses = list(visit_.diagnoses.order_by("rank"))
    said = {
        "1a": coverage.subscriber_id,
        "2": f"{claim.patient.family_name}, {claim.patient.given_name}".upper(),
        f"6.{coverage.relationship}": "X",
        "26": claim.number,
        "27.yes" if coverage.payer.accepts_assignment else "27.no": "X",
        "28": f"{claim.total:.2f}".replace(".", " "),
        **{f"21.{letter}": row.code.replace(".", "") for letter, row in zip("ABCDEFGHIJKL", diagnoses, strict=False)},
    }
    if claim.replaces is not None:
        number = claim.replaces.payer_control_number.replace("-", "").replace(" ", "")
        said |= {"22": claim.frequency, "22.reference": number}
    for n, item in enumerate(claim.items.all(), 1):
        charge = item.charge_item
        said |= {
            f"24D.{n}": charge.code,
            f"24E.{n}": pointers(charge.diagnosis_ids, diagnoses),
            f"24F.{n}": f"{charge.amount:.2f}".replace(".", " "),
            f"24G.{n}": f"{charge.quantity.normalize():f}",
            f"24A.{n}.to.day": f"{charge.service_date_end or charge.service_date:%d}",
            f"24B.{n}": charge.place_of_service,
            **{f"24D.{n}.modifier{slot}": text for slot, text in enumerate(charge.modifiers, 1)},
        }
    return said


@pytest.mark.feature("H04", "H05", "H06", "H17", "X9")
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_both_files_of_a_kept_claim_say_what_its_rows_say(biller: User, make: Callable[[User], Claim]) -> None:
    partner = TradingPartnerFactory.create()
    made = Claim.objects.get(pk=make(biller).pk)
    assert hashlib.sha256(form_of(made).to_json().encode()).hexdigest() == made.snapshot_hash
    pages = list(read(drawn(biller, made, BatchStyle.DATA_ONLY)))
    text = drawn(biller, made, BatchStyle.X12, partner).decode()
    assert accepted(text)
    (claim,) = claims(text)
    paper = of_paper(pages)
    assert electronic(claim) == paper
    said = by_rows(made)
    assert {box: paper.get(box) for box in said} == said
    assert len(pages) == -(-made.items.count() // 6)
    numbers = [claim.of_line(n, "2400", "REF", "6R")[2] for n in range(1, len(claim.lines) + 1)]
    assert numbers == [f"{made.number}L{n}" for n in range(1, made.items.count() + 1)]
    assert claim.one("2000B", "SBR")[1] == "PST"[made.order - 1]
    assert paper.get("29") == {long: None, secondary: "66 00"}.get(make, "25 00")
    assert made.lineage is not None
    assert {source_of(box) for box in paper} <= made.lineage.keys()
    assert made.lineage["26"] == [{"model": "billing.claim", "id": str(made.pk), "fields": ["number"]}]
    if made.replaces is not None:
        told = {"model": "billing.claim", "id": str(made.replaces_id), "fields": ["payer_control_number"]}
        assert made.lineage["22"] == [told]
    if made.follows is not None:
        told = {"model": "billing.claimresponse", "id": str(made.follows.responses.get().pk), "fields": ["paid"]}
        assert made.lineage["29"] == [told]


@pytest.mark.feature("H17", "X9")
def test_a_second_payer_is_told_each_line_of_the_first_s_decision(biller: User) -> None:
    """Also where that policy was found to have ended before the visit, after it had paid."""
    draft = left_over(biller)
    assert draft.follows is not None
    first = draft.follows.coverage
    assert first is not None
    with transaction.atomic(), acting(biller):
        first.period_end = date(2026, 3, 8)
        first.save()
    made = submit_claims(by=biller, claims=[draft])[0]
    text = drawn(biller, made, BatchStyle.X12, TradingPartnerFactory.create()).decode()
    (claim,) = claims(text)
    assert claim.one("2320", "SBR")[1] == "P"
    assert claim.one("2320", "AMT", "D")[2] == "66"
    for n, paid in ((1, "35"), (2, "31")):
        assert claim.of_line(n, "2430", "SVD")[1:3] == ["PRA01", paid]
        assert claim.all_of_line(n, "2430", "CAS") == [["CAS", "CO", "45", "10"], ["CAS", "PR", "1", str(5 * n)]]
