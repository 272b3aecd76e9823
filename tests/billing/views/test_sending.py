"""Claims that are sent as files: 837P, zip, the page that finds a printer's shifts, and whom files go to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions.batches import create_batch, draw_again
from billing.actions.claim_life import know_payers_number
from billing.actions.partners import save_partner
from billing.actions.resubmitting import void_claim
from billing.choices import BatchStyle
from billing.cms1500.readback import read
from billing.models import Claim, ClaimBatch, TradingPartner
from billing.printouts.batches import write_batch
from billing.printouts.cms1500 import claim_pdf
from billing.queries.batches import forms_of, last_print, sent_before
from billing.queries.claims import MAX_BATCH
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.jobs.choices import JobStatus
from emr.shared.errors import DomainError
from tests.billing.x12.professional.reading import accepted, claims
from tests.factories.billing import submitted, visit
from tests.factories.claims import TradingPartnerFactory

pytestmark = pytest.mark.django_db

LogIn = Callable[..., Any]
ENVELOPE = {
    "name": "Example Clearinghouse",
    "sender_qualifier": "ZZ",
    "sender_id": "clinic01",
    "receiver_qualifier": "30",
    "receiver_id": "CLEARING01",
    "usage": "T",
    "contact_name": "Billing office",
    "contact_phone": "(217) 555-0110",
    "active": True,
}


def drawn(batch: ClaimBatch) -> tuple[str, bytes]:
    out, seen = io.BytesIO(), list[int]()
    name = write_batch(batch, forms_of(batch), out=out, on_progress=seen.append).name
    if batch.style in (BatchStyle.X12, BatchStyle.ZIP):
        assert seen == list(range(1, batch.items.count() + 1))
    return name, out.getvalue()


def post(client: Client, door: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"billing:{door}", args=args), data)


@pytest.mark.feature("H05", "H09", "X8")
def test_an_837p_is_the_same_to_the_byte_whatever_changes_after(biller: User) -> None:
    sent = [submitted(biller) for _ in range(3)]
    partner = save_partner(by=biller, **ENVELOPE)
    batch = create_batch(by=biller, claims=sent, style=BatchStyle.X12, partner=partner)
    name, first = drawn(batch)
    assert name == f"claims-{batch.control_number:09}.837"
    text = first.decode()
    assert accepted(text)
    assert [claim.one("2300", "CLM")[1] for claim in claims(text)] == [row.number for row in sent]
    with transaction.atomic(), acting(biller):
        sent[0].patient.family_name = "Changed"
        sent[0].patient.save()
    partner = save_partner(by=biller, partner=partner, usage="P", sender_id="OTHER99")
    again = draw_again(by=biller, batch=ClaimBatch.objects.get(pk=batch.pk))
    assert drawn(again) == (name, first)
    next_one = create_batch(by=biller, claims=sent, style=BatchStyle.X12, partner=partner, again=True)
    assert next_one.control_number == (batch.control_number or 0) + 1
    assert b"*P*:~GS*HC*OTHER99*" in drawn(next_one)[1]


@pytest.mark.feature("H09")
def test_a_batch_is_drawn_again_by_one_job_at_a_time(biller: User) -> None:
    batch = create_batch(by=biller, claims=[submitted(biller)])
    assert draw_again(by=biller, batch=batch).job == batch.job
    assert batch.job is not None
    batch.job.status, batch.job.error, batch.job.finished_at = JobStatus.FAILED, "The disk is full.", timezone.now()
    batch.job.save(update_fields=["status", "error", "finished_at"])
    assert draw_again(by=biller, batch=batch).job != batch.job


@pytest.mark.feature("H04", "H09")
def test_a_zip_has_each_claim_by_its_number(biller: User) -> None:
    sent = [submitted(biller) for _ in range(2)]
    batch = create_batch(by=biller, claims=sent, style=BatchStyle.ZIP)
    name, content = drawn(batch)
    assert (name, drawn(batch)[1]) == ("claims.zip", content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"claim-{row.number}.pdf" for row in sent]
        assert archive.read(archive.namelist()[0]) == claim_pdf(sent[0])


@pytest.mark.feature("H05", "H09")
def test_who_what_and_twice_are_asked(biller: User) -> None:
    made = submitted(biller)
    partner = TradingPartnerFactory.create()

    def send(**more: Any) -> ClaimBatch:
        return create_batch(by=biller, claims=[made], **{"style": BatchStyle.X12, "partner": partner, **more})

    with pytest.raises(DomainError, match="Choose whom"):
        send(partner=None)
    batch = send()
    with pytest.raises(DomainError, match=r"One of these went out before: sent as an 837P on .* by "):
        send()
    assert send(again=True).control_number != batch.control_number
    create_batch(by=biller, claims=[made], style=BatchStyle.REVIEW)  # a copy for people asks nothing


@pytest.mark.feature("H05")
def test_a_claim_for_paper_is_named_and_nothing_goes_out(biller: User) -> None:
    encounter = visit()
    payer = encounter.patient.coverages.get().payer
    with transaction.atomic(), acting(biller):
        payer.payer_id = ""
        payer.save()
    paper = submitted(biller, patient=encounter.patient)
    partner = TradingPartnerFactory.create()
    words = f"Claim {paper.number}: box 1 has no electronic payer id"
    with pytest.raises(DomainError, match=words):
        create_batch(by=biller, claims=[submitted(biller), paper], style=BatchStyle.X12, partner=partner)
    assert not ClaimBatch.objects.exists()


@pytest.mark.feature("H04", "H09")
def test_a_claim_that_the_paper_has_no_room_for_is_named_and_nothing_is_printed(biller: User) -> None:
    """A void goes out as soon as it is made, with the payer's number, however long that is."""
    first = know_payers_number(by=biller, claim=submitted(biller), number="ICN00000000000000001")
    void_claim(by=biller, claim=first, reason="Never happened")
    void = Claim.objects.get(replaces=first)
    for style in (BatchStyle.DATA_ONLY, BatchStyle.ZIP):
        with pytest.raises(DomainError, match=f"Claim {void.number}: .*22.*Send these as an 837P"):
            create_batch(by=biller, claims=[submitted(biller), void], style=style)
    partner = TradingPartnerFactory.create()
    assert create_batch(by=biller, claims=[void], style=BatchStyle.X12, partner=partner).control_number


@pytest.mark.feature("H09")
def test_a_biller_sends_a_file_from_the_page(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    partner = TradingPartnerFactory.create()
    sent: dict[str, Any] = {"claim": made.pk, "style": "x12", "margin_left": 0, "margin_top": 0}
    refused = post(client, "batches_new", **sent, request_token=uuid4())
    assert "Choose whom the file is sent to." in refused.content.decode()
    done = post(client, "batches_new", **sent, partner=partner.pk, request_token=uuid4())
    batch = ClaimBatch.objects.get()
    assert done.headers["Location"] == reverse("billing:batches_detail", args=[batch.pk])
    html = client.get(done.headers["Location"]).content.decode()
    assert f"837P for a clearinghouse {batch.control_number} to Example Clearinghouse" in html
    assert post(client, "batches_redraw", batch.pk).status_code == 303
    assert post(as_role("front_desk"), "batches_redraw", batch.pk).status_code == 403


@pytest.mark.feature("H04")
def test_the_calibration_page_shows_the_shifts(biller: User, as_role: LogIn) -> None:
    client = as_role("biller")
    create_batch(by=client.user, claims=[submitted(biller)], margin_left=Decimal("3.5"), margin_top=-2)
    address = reverse("billing:batches_calibration")
    asked = client.get(address).content.decode()
    assert 'value="3.5"' in asked
    shown = client.get(address, {"margin_left": "3.5", "margin_top": "-2"})
    assert shown.headers["Content-Type"] == "application/pdf"
    assert shown.content == client.get(address, {"margin_left": "3.5", "margin_top": "-2"}).content
    (page,) = read(shown.content)
    assert page.boxes == {}  # marks and words, no data
    assert client.get(address, {"margin_left": "99", "margin_top": "0"}).status_code == 422


def test_partners_are_added_and_changed(biller: User, as_role: LogIn) -> None:
    client = as_role("biller")
    assert "No trading partners yet" in client.get(reverse("billing:partners_list")).content.decode()
    assert post(client, "partners_list", **ENVELOPE).status_code == 303
    partner = TradingPartner.objects.get()
    assert (partner.sender_id, partner.active) == ("CLINIC01", True)
    wrong = post(client, "partners_edit", partner.pk, **{**ENVELOPE, "contact_phone": "12"})
    assert "which is not 10 digits" in wrong.content.decode()
    wrong = post(client, "partners_edit", partner.pk, **{**ENVELOPE, "sender_id": "A*B"})
    assert "2 to 15 letters and digits" in wrong.content.decode()
    changed = {**ENVELOPE, "usage": "P", "active": ""}
    assert post(client, "partners_edit", partner.pk, **changed).status_code == 303
    partner.refresh_from_db()
    assert (partner.usage, partner.active) == ("P", False)
    assert client.get(reverse("billing:partners_edit", args=[uuid4()])).status_code == 404


@pytest.mark.feature("H09")
def test_a_batch_is_sent_again_whole(biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.views.batches._SHOWN", 1)
    sent, client = [submitted(biller) for _ in range(3)], as_role("biller")
    batch = create_batch(by=biller, claims=sent)
    html = client.get(reverse("billing:batches_detail", args=[batch.pk])).content.decode()
    assert f'name="batch" value="{batch.pk}"' in html
    asked = post(client, "batches_new", batch=batch.pk).content.decode()
    assert "Send 3 claims" in asked
    assert "3 of these went out before" in asked


@pytest.mark.feature("H09")
def test_more_than_a_batch_takes_is_told(biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("queries.claims", "views.batches"):
        monkeypatch.setattr(f"billing.{name}.MAX_BATCH", 2)
    client = as_role("biller")
    for words, told in (("Send 2 claims", False), ("Send 2 claims", True)):
        while Claim.objects.count() < 2 + told:
            submitted(biller)
        asked = post(client, "batches_new", all="1").content.decode()
        assert (words in asked, "The others wait for the next one" in asked) == (True, told)


@pytest.mark.feature("H09")
def test_those_that_haven_t_gone_out_are_sent_alone(biller: User, as_role: LogIn) -> None:
    """All submitted claims are chosen every day; some of them wait for the payer's answer since yesterday."""
    first, second, client = submitted(biller), submitted(biller), as_role("biller")
    create_batch(by=biller, claims=[first])
    asked = post(client, "batches_new", all="1").content.decode()
    assert "Only the 1 that hasn&#39;t gone out" in asked
    typed = {"style": "zip", "margin_left": "2.5", "margin_top": "0", "request_token": uuid4()}
    left = post(client, "batches_new", claim=[first.pk, second.pk], fresh="1", **typed).content.decode()
    assert "Send 1 claim<" in left
    assert [f'name="claim" value="{row.pk}"' in left for row in (first, second)] == [False, True]
    assert ("went out before" in left, 'value="2.5"' in left) == (False, True)
    assert not ClaimBatch.objects.filter(style=BatchStyle.ZIP).exists()
    again = post(client, "batches_new", claim=first.pk).content.decode()
    assert ("went out before" in again, "gone out" in again) == (True, False)


@pytest.mark.feature("H09")
@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
def test_what_never_became_a_file_hasn_t_gone_out(status: JobStatus, biller: User) -> None:
    made = submitted(biller)
    batch = create_batch(by=biller, claims=[made])
    assert (sent_before([made.pk]), last_print(made)) != (None, None)
    _end(batch, status)
    assert (sent_before([made.pk]), last_print(made)) == (None, None)
    _end(draw_again(by=biller, batch=batch), JobStatus.SUCCEEDED)
    _end(draw_again(by=biller, batch=batch), status)
    told = sent_before([made.pk])
    assert told is not None
    assert (told.claims, last_print(made)) == ({made.pk}, batch)


def _end(batch: ClaimBatch, status: JobStatus) -> None:
    job = batch.job
    assert job is not None
    job.status, job.finished_at = status, timezone.now()
    job.error = "The disk is full." if status == JobStatus.FAILED else ""
    job.save(update_fields=["status", "error", "finished_at"])


@pytest.mark.feature("H04", "H09")
def test_one_claim_is_printed_again_as_it_was_printed(biller: User, as_role: LogIn) -> None:
    """With the shifts of that print; and it went out in a batch, so that a second batch says so."""
    made, client = submitted(biller), as_role("biller")
    address = reverse("billing:claims_print", args=[made.patient_id, made.pk])
    shown = client.get(reverse("billing:claims_detail", args=[made.patient_id, made.pk])).content.decode()
    assert ("Print or send" in shown, "Print again" in shown) == (True, False)
    assert client.get(address, {"style": "data-only"}).status_code == 303
    batch = create_batch(by=biller, claims=[made], margin_left=Decimal("4.5"), margin_top=-3)
    again = client.get(address, {"style": "data-only"})
    assert again.content == drawn(batch)[1] != claim_pdf(made)
    shown = client.get(reverse("billing:claims_detail", args=[made.patient_id, made.pk])).content.decode()
    assert "Print again" in shown
    assert "went out before" in post(client, "batches_new", claim=made.pk).content.decode()
    void_claim(by=biller, claim=made, reason="Never happened")
    assert client.get(address, {"style": "data-only"}).status_code == 303


def test_the_largest_batch_fits_the_page_that_asks_for_it(settings: Any) -> None:
    assert settings.DATA_UPLOAD_MAX_NUMBER_FIELDS >= MAX_BATCH + 20
