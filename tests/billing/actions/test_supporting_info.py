"""A visit's particulars: each reaches its box on paper and its place in the 837P; what has no box stays beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from billing.actions.charges import keep_off_claim
from billing.actions.claims import create_claim, submit_claims
from billing.actions.supporting_info import save_supporting_info
from billing.cms1500.draw import Style
from billing.cms1500.edits import missing
from billing.cms1500.readback import read
from billing.models import Claim, ClaimSupportingInfo
from billing.printouts.cms1500 import claim_pdf
from billing.queries.forms1500 import form_of, live_form
from billing.queries.leftovers import leftovers
from billing.queries.vaccine_charges import vaccine_proposals
from billing.x12.professional import interchange
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from tests.billing.x12.professional.reading import accepted, claims
from tests.billing.x12.professional.samples import ENVELOPE, REFERRER_NPI
from tests.factories.billing import TWELVE, DiagnosisFactory, SignedNoteFactory, charged, claim, submitted, visit
from tests.factories.care import OrderFactory
from tests.factories.chart import ImmunizationFactory, ProcedureFactory
from tests.factories.claims import SupportingInfoFactory, TradingPartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H21")]

#: Each particular, the cells in which the paper has it, and the segment (loop, name, first element) of the 837P.
BOXES: list[tuple[dict[str, Any], dict[str, str], tuple[str, ...]]] = [
    ({"employment": True}, {"10a.yes": "X"}, ("2300", "CLM", "EM")),
    (
        {
            "auto_accident": True,
            "auto_accident_state": "NY",
            "other_date": date(2026, 3, 2),
            "other_date_qualifier": "439",
        },
        {"10b.yes": "X", "10b.state": "NY", "15.qualifier": "439", "15.day": "02"},
        ("2300", "DTP", "439"),
    ),
    ({"claim_codes": "AB W2"}, {"10d": "AB   W2"}, ("2300", "HI", "BG:AB")),
    (
        {"illness_date": date(2026, 3, 1), "illness_qualifier": "431"},
        {"14.month": "03", "14.qualifier": "431"},
        ("2300", "DTP", "431"),
    ),
    (
        {"other_date": date(2026, 2, 1), "other_date_qualifier": "454"},
        {"15.month": "02", "15.qualifier": "454"},
        ("2300", "DTP", "454"),
    ),
    (
        {"unable_to_work_start": date(2026, 3, 3), "unable_to_work_end": date(2026, 3, 5)},
        {"16.from.day": "03", "16.to.day": "05"},
        ("2300", "DTP", "314"),
    ),
    (
        {
            "referring_role": "DN",
            "referring_given_name": "Ann",
            "referring_family_name": "Lee",
            "referring_credentials": "MD",
            "referring_npi": REFERRER_NPI,
        },
        {"17.qualifier": "DN", "17": "ANN LEE MD", "17b": REFERRER_NPI},
        ("2310A", "NM1", "DN"),
    ),
    (
        {"hospitalization_start": date(2026, 3, 4), "hospitalization_end": date(2026, 3, 6)},
        {"18.from.day": "04", "18.to.day": "06"},
        ("2300", "DTP", "435"),
    ),
    ({"additional_information": "See the letter"}, {"19": "SEE THE LETTER"}, ("2300", "NTE", "ADD")),
    (
        {
            "facility_name": "Valley Hospital",
            "facility_line": "9 High St",
            "facility_city": "Albany",
            "facility_state": "NY",
            "facility_postal_code": "12207-1234",
            "facility_npi": REFERRER_NPI,
        },
        {"32.name": "VALLEY HOSPITAL", "32a": REFERRER_NPI},
        ("2310C", "NM1", "77"),
    ),
]


def ready(biller: User) -> tuple[Encounter, Claim]:
    """A visit and its claim, which nothing stands in the way of."""
    encounter = charged(biller, visit())
    return encounter, create_claim(by=biller, encounter=encounter)


@pytest.mark.parametrize(("said", "paper", "x12"), BOXES, ids=lambda part: next(iter(part)) if part else "")
def test_each_particular_reaches_paper_and_837p(
    biller: User, said: dict[str, Any], paper: dict[str, str], x12: tuple[str, ...]
) -> None:
    encounter, made = ready(biller)
    save_supporting_info(by=biller, encounter=encounter, **said)
    made.refresh_from_db()
    assert made.state_reason == ""
    sent = submit_claims(by=biller, claims=[made])[0]
    boxes = next(iter(read(claim_pdf(sent, Style.DATA_ONLY)))).boxes
    assert {box: boxes.get(box) for box in paper} == paper
    text = "".join(interchange(ENVELOPE, [form_of(sent)]))
    assert accepted(text)
    loop, name, first = x12
    segments = claims(text)[0].all(loop, name)
    assert any(part.startswith(first) for segment in segments for part in segment[1:])


def test_an_outside_laboratory_goes_out_on_paper_with_its_name(biller: User) -> None:
    encounter, made = ready(biller)
    lab = {"facility_name": "Acme Laboratory", "facility_line": "1 Lab Way", "facility_city": "Albany"}
    lab |= {"facility_state": "NY", "facility_postal_code": "12207-1234"}
    save_supporting_info(by=biller, encounter=encounter, outside_lab=True, outside_lab_charge=Decimal(25), **lab)
    made.refresh_from_db()
    form = live_form(made)
    assert (form.outside_lab, form.outside_lab_charge) == (True, Decimal(25))
    assert form.service_facility is not None
    assert form.service_facility.name == "Acme Laboratory"
    assert missing(form) == []
    (refused,) = missing(form, electronic=True)
    assert (refused.box, refused.holds) == ("20", False)
    TradingPartnerFactory()  # also where the payer gets electronic claims
    sent = submit_claims(by=biller, claims=[made])[0]
    boxes = next(iter(read(claim_pdf(sent, Style.DATA_ONLY)))).boxes
    assert (boxes["20.yes"], boxes["32.name"]) == ("X", "ACME LABORATORY")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"auto_accident": True}, "auto_accident_state"),
        ({"auto_accident_state": "NY"}, "auto_accident"),
        ({"illness_date": date(2026, 3, 1)}, "illness_qualifier"),
        ({"illness_qualifier": "431"}, "illness_date"),
        ({"other_date": date(2999, 1, 1), "other_date_qualifier": "454"}, "other_date"),
        ({"unable_to_work_end": date(2026, 3, 1)}, "unable_to_work_start"),
        (
            {"hospitalization_start": date(2026, 3, 2), "hospitalization_end": date(2026, 3, 1)},
            "hospitalization_end",
        ),
        ({"referring_role": "DN"}, "referring_family_name"),
        ({"referring_family_name": "Lee"}, "referring_role"),
        ({"outside_lab": True, "facility_name": "Lab"}, "outside_lab_charge"),
        ({"outside_lab": True, "outside_lab_charge": Decimal(1)}, "facility_name"),
        ({"outside_lab_charge": Decimal(1)}, "outside_lab"),
        ({"facility_city": "Albany"}, "facility_name"),
    ],
)
def test_what_a_claim_can_t_say_is_refused_by_field(biller: User, said: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        save_supporting_info(by=biller, encounter=visit(), **said)
    assert refused.value.field == field
    assert not ClaimSupportingInfo.objects.exists()


def test_once_the_claim_went_out_only_what_has_no_box_is_written(biller: User) -> None:
    sent = submitted(biller)
    with pytest.raises(DomainError, match="submitted"):
        save_supporting_info(by=biller, encounter=sent.encounter, employment=True)
    save_supporting_info(by=biller, encounter=sent.encounter, biller_note="Called the payer")
    assert ClaimSupportingInfo.objects.get().biller_note == "Called the payer"


def test_the_page_keeps_what_was_typed_and_fills_a_known_referrer(biller: User, as_role: Callable[..., Any]) -> None:
    SupportingInfoFactory(
        encounter=visit(),
        referring_role="DN",
        referring_given_name="Ann",
        referring_family_name="Lee",
        referring_credentials="MD",
        referring_npi=REFERRER_NPI,
    )
    made, client = claim(biller), as_role("biller")
    url = reverse("billing:particulars_edit", args=[made.patient_id, made.encounter_id])
    refused = client.post(url, {"auto_accident": "on", "additional_information": "Kept words", "facility_npi": "123"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Kept words" in html
    assert client.post(url, {"auto_accident": "on"}).status_code == 422
    assert "Ann Lee MD · NPI" in client.get(url).content.decode()
    sent = {"referring_role": "DN", "known": REFERRER_NPI, "illness_qualifier": "431", "illness_date": "01-Mar-2026"}
    assert client.post(url, sent).status_code == 303
    form = live_form(made)
    assert form.referring_provider is not None
    assert (form.referring_provider.name.family, form.referring_provider.npi) == ("Lee", REFERRER_NPI)
    page = client.get(reverse("billing:claims_detail", args=[made.patient_id, made.pk])).content.decode()
    assert "01-Mar-2026, onset of symptoms or illness" in page
    assert "Referring practitioner" in page


def test_nothing_of_a_visit_is_lost(biller: User, as_role: Callable[..., Any]) -> None:
    """ottehr#9562: what a visit had and the claim had no box for was gone."""
    encounter = visit(codes=[*TWELVE, "R05.9"], signed=False)
    DiagnosisFactory(encounter=encounter, rank=14, system="", code="", display="Odd feeling in the knee")
    patient = encounter.patient
    ImmunizationFactory(
        patient=patient, encounter=encounter, code="150", display="Influenza", occurrence_date=date(2026, 3, 9)
    )
    ProcedureFactory(patient=patient, encounter=encounter, display="Ear washed")
    signed = {"signed_at": encounter.finished_at, "signed_by": biller, "status": "active"}
    OrderFactory(patient=patient, encounter=encounter, display="Blood count", **signed)
    OrderFactory(patient=patient, encounter=encounter, category="referral", display="Cardiology", **signed)
    SignedNoteFactory(encounter=encounter)
    charged(biller, encounter, lines=2, diagnosis_ranks=[12])
    second = encounter.charge_items.order_by("rank").last()
    assert second is not None
    keep_off_claim(by=biller, charge=second, off=True)
    save_supporting_info(
        by=biller, encounter=encounter, other_referrer="Dr. Noor, NPI unknown", biller_note="Ask about the accident"
    )
    made = create_claim(by=biller, encounter=encounter)
    assert (made.state, made.state_reason) == ("ready", "")
    form = live_form(made)
    assert form.diagnoses == tuple(TWELVE)
    assert [line.pointers for line in form.service_lines] == ["L"]
    found = leftovers(encounter, vaccine_proposals(encounter))
    assert [(row.kind, row.text) for row in found] == [
        ("Diagnosis", "R05.9 Diagnosis R05.9"),
        ("Diagnosis", "Odd feeling in the knee"),
        ("Service", "G1001 Clinic visit"),
        ("Vaccine", "Influenza"),
        ("Procedure", "Ear washed"),
        ("Order", "Blood count"),
        ("Order", "Cardiology"),
        ("Referring practitioner", "Dr. Noor, NPI unknown"),
        ("Note to the biller", "Ask about the accident"),
    ]
    assert all(row.reason.endswith(".") for row in found)
    client = as_role("biller")
    for name, key in (("charges_edit", encounter.pk), ("claims_detail", made.pk)):
        html = client.get(reverse(f"billing:{name}", args=[patient.pk, key])).content.decode()
        assert "Of this visit, not on the claim" in html
        assert [row.text for row in found if row.text not in html] == []


@pytest.mark.feature("X8")
def test_what_was_submitted_is_drawn_the_same_whatever_changes_after(biller: User) -> None:
    encounter, made = ready(biller)
    save_supporting_info(by=biller, encounter=encounter, illness_date=date(2026, 3, 1), illness_qualifier="431")
    sent = submit_claims(by=biller, claims=[Claim.objects.get(pk=made.pk)])[0]

    def drawn() -> tuple[bytes, str]:
        fresh = Claim.objects.get(pk=sent.pk)
        return claim_pdf(fresh, Style.DATA_ONLY), "".join(interchange(ENVELOPE, [form_of(fresh)]))

    before = drawn()
    with transaction.atomic(), acting(biller):
        ClaimSupportingInfo.objects.update_or_create(encounter=encounter, defaults={"illness_date": date(2026, 3, 2)})
        encounter.patient.family_name = "Changed"
        encounter.patient.save()
        coverage = encounter.patient.coverages.get()
        coverage.subscriber_id = "OTHER1"
        coverage.save()
    assert drawn() == before
