"""Broken, hostile and repeated files as a biller would send them: named with the place, and nothing half posted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.actions.remittances import set_aside
from billing.models import (
    Claim,
    ClaimAcknowledgement,
    ClaimResponse,
    LedgerEntry,
    LedgerTransaction,
    PaymentReconciliation,
    ReceivedFile,
)
from billing.queries.ledger_findings import ledger_findings
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import LogEntry
from emr.jobs.actions.jobs import cancel_job
from emr.jobs.execute import execute
from emr.jobs.models import Job
from tests.billing.actions.test_remittances import doe
from tests.billing.x12 import builder

pytestmark = pytest.mark.feature("H11", "X10")
RECEIVE, LIST = reverse("billing:remittances_receive"), reverse("billing:remittances_list")
#: What is on the ledger and on file, to the last row.
KEPT = (LedgerTransaction, LedgerEntry, PaymentReconciliation, ClaimResponse, ClaimAcknowledgement)

Change = Callable[[bytes], bytes]


def instead(old: bytes, new: bytes) -> Change:
    """The file with the first of something changed."""

    def change(whole: bytes) -> bytes:
        assert old in whole
        return whole.replace(old, new, 1)

    return change


def zipped(whole: bytes) -> bytes:
    """Ten megabytes of nothing in a small archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("era.835", whole + b" " * 10_000_000)
    return out.getvalue()


#: Taken by no form: what is wrong is said beside the field, and no file is kept.
TURNED_AWAY: dict[str, Change] = {
    "a zip bomb": zipped,
    "UTF-16": lambda whole: whole.decode().encode("utf-16"),
    "nothing": lambda whole: b"",
    "words": lambda whole: b"Dear clinic, here is your money.",
    "a program": lambda whole: b"\x7fELF" + whole,
}
#: Refused by the job that reads it, with the place.
REFUSED: dict[str, tuple[Change, str]] = {
    "truncated": (lambda whole: whole[:400], "Segment 14 (CLP): The file breaks off here"),
    "without IEA": (lambda whole: whole[: whole.index(b"IEA")], "Segment 26 (GE): The file breaks off here"),
    "ISA too short": (lambda whole: whole[:50] + whole[54:], "Segment 1 (ISA): "),
    "one separator for two": (instead(b":", b"*"), "Segment 1 (ISA): It gives one character two meanings"),
    "another separator within": (instead(b"CLP*78*1*", b"CLP|78|1|"), "Segment 20: A segment can't be called"),
    "NUL": (instead(b"Doe", b"D\0e"), "Segment 15 (NM1), element NM103: The element has a control character."),
    "a huge segment": (instead(b"*Doe", b"*" + b"D" * 5_000_000), "Segment 15: The segment is longer than 4096"),
    "a million elements": (instead(b"LX*1", b"LX*1" + b"*1" * 1_000_000), "Segment 13: The segment is longer"),
    "an exponent": (instead(b"*30.00*30.00", b"*3e1*3e1"), "Segment 20 (CLP), element CLP03: '3e1' is not a number"),
    "thousands": (instead(b"*30.00", b"*1,030.00"), "Segment 20 (CLP), element CLP03: '1,030.00' is not a number"),
    "other digits": (instead(b"*30.00", "*١٢٣".encode()), "element CLP03: '١٢٣' is not a number"),
    "not a number": (instead(b"*30.00", b"*NaN"), "element CLP03: 'NaN' is not a number"),
    "fractions": (instead(b"*30.00", b"*.005"), "element CLP03: 0.005 has fractions of a cent"),
    "a fortune": (instead(b"*30.00", b"*99999999999999"), "element CLP03: 99999999999999 is more than an amount can"),
    "money back": (
        lambda whole: builder.remittance(builder.Payment([builder.Claim("78", [builder.Line(-3000)], status="22")])),
        "Segment 4 (BPR) takes 30.00 from the clinic's account.",
    ),
    "another currency": (
        instead(b"~TRN*", b"~CUR*PR*EUR~TRN*"),
        "Segment 5 (CUR), element CUR02: The amounts are in EUR, not in dollars.",
    ),
    "the end of time": (instead(b"*20260301~TRN", b"*99991231~TRN"), "element BPR16: nothing was paid in 9999."),
    "a word for a reason": (instead(b"CAS*CO*45", b"CAS*CO*FORTYFIVE"), "element CAS02: 'FORTYFIVE' is no reason"),
    "a word beside the claims": (
        instead(b"~SE*", b"~PLB*1234567893*20261231*WRONG:1*0~SE*"),
        "element PLB03: 'WRONG' is no reason of an adjustment",
    ),
    "no remittance": (
        lambda whole: builder.envelope("HC", "005010X222A1", builder.message("837", [("BHT", "0019")])),
        "837 is no acknowledgement",
    ),
}
#: Kept to be looked at, and refused where it is to be posted: the sum, or what is irregular, with the place.
NOT_POSTED: dict[str, tuple[Change, str]] = {
    "a wrong total": (instead(b"BPR*I*70.00", b"BPR*I*71.00"), "Segment 4 (BPR), element BPR02"),
    "minus nothing": (instead(b"*30.00*30.00", b"*-0*-0"), "Segment 4 (BPR), element BPR02"),
    "a wrong count": (instead(b"SE*", b"SE*9"), "Segment 25 (SE), element SE01"),
    "a wrong control number": (instead(b"IEA*1*000000017", b"IEA*1*000000018"), "Segment 27 (IEA), element IEA02"),
    "a lost terminator": (instead(b"~SVC*HC:99213", b"SVC*HC:99213"), "Segment 24 (SE), element SE01"),
    "negative units": (instead(b"*40.00**1~", b"*40.00**-1~"), "Segment 16 (SVC), element SVC05"),
}


@pytest.fixture
def client(settings: Any, tmp_path: Path, committed_db: str, as_role: Callable[..., Client]) -> Client:
    """A biller's browser, and a folder for the files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return as_role("biller")


def whole_file(claim: Claim, trace: bytes = b"CHECK77") -> bytes:
    """A remittance over a claim, and over one that nobody knows."""
    item = claim.items.get()
    line = builder.Line(5000, [("CO", "45", 1000)], code=item.product_or_service, control_number=item.control_number)
    payment = builder.Payment([builder.Claim(claim.number, [line]), builder.Claim("78", [builder.Line(3000)])])
    return builder.remittance(payment).replace(b"CHECK77", trace)


def denied(claim: Claim) -> builder.Claim:
    """Nothing paid."""
    item = claim.items.get()
    line = builder.Line(5000, [("CO", "50", 5000)], code=item.product_or_service, control_number=item.control_number)
    return builder.Claim(claim.number, [line], status="4")


def send(client: Client, content: bytes) -> Any:
    return client.post(RECEIVE, {"file": SimpleUploadedFile("era.835", content, content_type="text/plain")})


def read(client: Client, content: bytes) -> ReceivedFile:
    """Sent, and read by the job."""
    assert send(client, content).status_code == 303
    file = ReceivedFile.objects.latest("created_at")
    assert file.job_id is not None
    execute(file.job_id)
    assert Job.objects.get(pk=file.job_id).status == "succeeded"
    file.refresh_from_db()
    return file


def kept() -> list[object]:
    return [list(model._default_manager.order_by("pk").values()) for model in KEPT]


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("&#39;", "'").replace("&#x27;", "'").split())


def test_what_is_no_x12_is_turned_away(client: Client, biller: User) -> None:
    whole, before = whole_file(doe(biller)), kept()
    for name, change in TURNED_AWAY.items():
        answer = send(client, change(whole))
        assert answer.status_code == 422, name
        assert 'class="error' in answer.content.decode() or "error" in answer.content.decode(), name
    assert (ReceivedFile.objects.count(), kept()) == (0, before)


def test_what_cannot_be_read_is_refused_with_the_place(client: Client, biller: User) -> None:
    whole, before = whole_file(doe(biller)), kept()
    for name, (change, words) in REFUSED.items():
        file = read(client, change(whole))
        assert (file.state, words in file.problem) == ("refused", True), (name, file.problem)
        assert file.problem[:40] in text_of(client.get(LIST)), name
        assert kept() == before, name


def test_what_is_not_right_waits_and_is_not_posted(client: Client, biller: User) -> None:
    claim = doe(biller)
    whole, payer = whole_file(claim), Payer.objects.get()
    for n, (name, (change, words)) in enumerate(NOT_POSTED.items()):
        assert read(client, change(whole).replace(b"CHECK77", b"ODD%d" % n)).state == "read", name
        row = PaymentReconciliation.objects.latest("created_at")
        client.post(reverse("billing:remittances_payer", args=[row.pk]), {"payer": payer.pk})
        before = list(LedgerEntry.objects.order_by("pk").values())
        answer = client.post(reverse("billing:remittances_post", args=[row.pk]))
        assert (answer.status_code, words in text_of(answer)) == (422, True), name
        row.refresh_from_db()
        assert (row.status, list(LedgerEntry.objects.order_by("pk").values())) == ("draft", before), name
    assert ledger_findings() == []


def test_whatever_stands_in_an_element_is_taken_in_or_refused_in_words(client: Client, biller: User) -> None:
    """Each element of the message in turn too long for any column, and full of what means something elsewhere."""
    whole, before = whole_file(doe(biller)).decode(), len(kept()[2])
    segments = whole.split("~")
    places = [
        (at, element)
        for at, segment in enumerate(segments)
        for element in range(1, segment.count("*") + 1)
        if segment[:3] not in ("ISA", "GS*", "ST*", "SE*", "GE*", "IEA")
    ]
    assert len(places) > 80
    for number, (at, element) in enumerate(places):
        told = segments[at].split("*")
        told[element] = "'\";DROP\\ %s{{7}}" * 20 if number % 2 else "9" * 300
        changed = "~".join([*segments[:at], "*".join(told), *segments[at + 1 :]]).replace("CHECK77", f"ODD{number}")
        file = read(client, changed.encode())
        assert file.state == "read" or "egment" in file.problem, (at, element, file.problem)
        detail = PaymentReconciliation.objects.filter(file=file).first()
        if detail is not None:
            assert client.get(reverse("billing:remittances_detail", args=[detail.pk])).status_code == 200
    assert len(kept()[2]) > before
    assert client.get(LIST).status_code == 200
    assert ledger_findings() == []


def test_a_payment_is_posted_once_by_whatever_file_it_comes(client: Client, biller: User) -> None:
    claim = doe(biller)
    whole = whole_file(claim)
    with acting(biller):
        payer = Payer.objects.get()
        payer.payer_id = "12345"
        payer.save()
    assert read(client, whole).state == "read"
    row = PaymentReconciliation.objects.get()
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    assert [one.state for one in row.responses.order_by("sequence")] == ["posted", "unmatched"]
    assert row.responses.get(state="unmatched").why == "No claim that went out has the number 78."
    before = kept()
    # The same file; the same payment in another file; twice in one file.
    assert "was received on" in text_of(send(client, whole))
    other = whole.replace(b"000000017", b"000000018").replace(b"*0930*", b"*1030*")
    twice = _doubled(whole_file(claim, b"TWICE1"))
    for content, words in ((other, "is here already"), (twice, "stands twice in this file")):
        file = read(client, content)
        assert (file.state, words in file.problem) == ("refused", True)
        assert kept() == before
    # Another payment under the same trace number is one of its own.
    assert read(client, builder.remittance(builder.Payment([builder.Claim("79", [builder.Line(1)])]))).state == "read"
    assert PaymentReconciliation.objects.filter(trace_number="CHECK77").count() == 2
    assert ledger_findings() == []


def test_what_was_set_aside_is_read_again_from_the_same_file(client: Client, biller: User) -> None:
    whole = whole_file(doe(biller))
    read(client, whole)
    for before in (1, 2):
        assert "was received on" in text_of(send(client, whole))
        row = PaymentReconciliation.objects.get(status="draft")
        set_aside(by=biller, reconciliation=row, reason="By mistake")
        assert read(client, whole).state == "read"
        assert PaymentReconciliation.objects.filter(status="cancelled").count() == before
    assert PaymentReconciliation.objects.get(status="draft").responses.count() == 2


def test_what_is_new_comes_in_beside_what_is_here_already(client: Client, biller: User) -> None:
    known, second = whole_file(doe(biller)), whole_file(doe(biller), b"NEW1")
    read(client, known)
    there = PaymentReconciliation.objects.get()
    # Two messages in one interchange, and another interchange after it.
    file = read(client, _and(known, second) + whole_file(doe(biller), b"NEW2"))
    taken = file.reconciliations.order_by("created_at")
    assert (file.state, file.known, [row.trace_number for row in taken]) == ("read", [str(there.pk)], ["NEW1", "NEW2"])
    assert [row.responses.count() for row in taken] == [2, 2]
    linked = f'<a href="{reverse("billing:remittances_detail", args=[there.pk])}">CHECK77</a> (to be posted)'
    detail = reverse("billing:remittances_detail", args=[taken[0].pk])
    assert f"was taken in, but for what was here already.</p> <p>Here already: {linked}" in text_of(client.get(LIST))
    assert f"which were here already: {linked}" in text_of(client.get(detail))
    both = read(client, _and(known, second.replace(b"*0930*", b"*1030*")))
    assert (both.state, both.known) == ("refused", [str(there.pk), str(taken[0].pk)])
    assert both.problem == ("Each of its 2 payments is here already: CHECK77, NEW1. Nothing was taken from this file.")
    assert f"{both.problem}</p> <p>Here already: {linked}, <a" in text_of(client.get(LIST))


def test_a_file_of_known_payments_comes_again_when_one_is_set_aside(client: Client, biller: User) -> None:
    """It was refused for that they were here already; sent again exactly as it came first, it brings what isn't."""
    first, second = whole_file(doe(biller)), whole_file(doe(biller), b"NEW1")
    read(client, first)
    read(client, second)
    both = _and(first, second)
    refused = read(client, both)
    assert (refused.state, len(refused.known)) == ("refused", 2)
    assert "was received on" in text_of(send(client, both))
    row = PaymentReconciliation.objects.get(trace_number="CHECK77")
    set_aside(by=biller, reconciliation=row, reason="By mistake")
    again = read(client, both)
    assert (again.pk, again.state, again.problem, again.known) == (
        refused.pk,
        "read",
        "",
        [str(PaymentReconciliation.objects.get(trace_number="NEW1").pk)],
    )
    assert [one.trace_number for one in again.reconciliations.all()] == ["CHECK77"]
    assert "was received on" in text_of(send(client, both))


def test_a_file_whose_job_never_read_it_is_read_when_it_comes_again(client: Client, biller: User) -> None:
    whole = whole_file(doe(biller))
    send(client, whole)
    file = ReceivedFile.objects.get()
    assert "was received on" in text_of(send(client, whole))
    assert file.job is not None
    cancel_job(job_id=file.job.pk, by=file.job.created_by)
    again = read(client, whole)
    assert (again.pk, again.state, again.job_id == file.job_id) == (file.pk, "read", False)


def test_another_payment_under_the_number_of_one_that_is_here_is_not_lost(client: Client, biller: User) -> None:
    """Some payers number all that pays nothing alike."""
    first, second = doe(biller), doe(biller)
    denials = [builder.remittance(builder.Payment([denied(claim)])) for claim in (first, second)]
    assert read(client, denials[0]).state == "read"
    file = read(client, denials[1])
    assert (file.state, "is here already, and this file says otherwise of its claims" in file.problem) == (
        "refused",
        True,
    )
    again = read(client, denials[0].replace(b"*0930*", b"*1030*"))
    assert (again.state, "is here already (to be posted)" in again.problem) == ("refused", True)


@pytest.mark.attack("double-submit")
def test_what_is_told_of_a_file_is_dismissed_once_and_the_file_kept(client: Client, biller: User) -> None:
    file = read(client, whole_file(doe(biller))[:400])
    address = reverse("billing:received_dismiss", args=[file.pk])
    assert address in client.get(LIST).content.decode()
    assert client.get(address).status_code == 405
    assert [client.post(address).status_code for _ in range(2)] == [303, 303]
    dismissed = ReceivedFile.objects.get()
    assert (dismissed.state, dismissed.content.read()[:3]) == ("refused", b"ISA")
    assert file.problem[:40] not in text_of(client.get(LIST))
    log = LogEntry.objects.filter(object_pk=file.pk, changes__has_key="dismissed_at")
    assert [entry.actor_id for entry in log] == [dismissed.dismissed_by_id]
    send(client, whole_file(doe(biller)))
    new = ReceivedFile.objects.get(state="new")
    early = client.post(reverse("billing:received_dismiss", args=[new.pk]), follow=True)
    new.refresh_from_db()
    assert ("This file is being read." in text_of(early), new.dismissed_at) == (True, None)


def _doubled(whole: bytes) -> bytes:
    """The file with its message twice."""
    return _and(whole, whole)


def _and(whole: bytes, other: bytes) -> bytes:
    """The file with another's message after its own."""
    end = whole.index(b"GE*")
    message = other[other.index(b"ST*835") : other.index(b"GE*")]
    return whole[:end] + message.replace(b"*0001", b"*0002") + whole[end:].replace(b"GE*1*", b"GE*2*")
