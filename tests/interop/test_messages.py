"""Messages of laboratories: filed once and in the right chart, or kept until a person says whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic.actions.result_review import review_report, stamp
from clinic.models import DiagnosticReport, Observation, Patient, ServiceRequest, Task
from clinic.models.tasks import UNMATCHED_RESULT
from clinic.queries.inbox_items import inbox
from emr.accounts.models import User
from emr.shared.errors import DomainError
from interop.actions.messages import Became, dismiss_message, match_message, receive_message, undo_filing
from interop.models import FiledReport, SourceRecord, WaitingMessage
from tests.clinic.views.test_orders import order
from tests.factories.accounts import make_person
from tests.factories.clinic import PatientFactory, PatientNameFactory
from tests.interop.messages import obx, oru

pytestmark = pytest.mark.django_db

Login = Callable[..., Client]
BORN = date(1962, 3, 14)


@pytest.fixture
def maria() -> Any:
    return PatientFactory(mrn="1004827", family_name="Silva", given_name="Maria", birth_date=BORN)


@pytest.fixture
def nurse(person: Callable[..., User]) -> User:
    return person("nurse")


def state(by: User, text: str) -> tuple[str, str]:
    receipt = receive_message(by=by, text=text)
    return receipt.became, receipt.reason


def values() -> list[tuple[str, str, str]]:
    """The standing values with status and flag."""
    rows = Observation.objects.standing().order_by("created_at")
    return [(f"{row.value_comparator}{row.value_quantity}", row.status, row.interpretation) for row in rows]


@pytest.mark.feature("F10")
def test_the_same_message_twice_is_one(nurse: User, maria: Patient) -> None:
    """Numbers keep their digits, a bound its sign; flags are the laboratory's, or follow from the range."""
    text = oru(
        obx("6.80", flag="HH"),
        obx("<5", code="1^Other^L", flag=""),
        obx("3.0", code="2^Third^L"),
        obx("4.2", code="3^Fourth^L", flag="QX"),
        mrn=maria.mrn,
    )
    assert state(nurse, text) == (Became.FILED, "")
    assert state(nurse, text) == (Became.KNOWN, "")
    # Under another number of the sender it is a message of its own, and says nothing new.
    again = text.replace("|C-", "|D-")
    assert state(nurse, again) == (Became.FILED, "")
    assert values() == [("6.80", "final", "HH"), ("<5", "final", ""), ("3.0", "final", "L"), ("4.2", "final", "")]
    report = DiagnosticReport.objects.get()
    assert (report.patient, report.status, report.needs_review, report.identifier_value) == (
        maria,
        "final",
        True,
        "F-77",
    )
    third = Observation.objects.get(code="2")
    assert (str(third.reference_low), str(third.reference_high), third.reference_text) == ("3.5", "5.1", "3.5-5.1")
    assert third.system == "urn:sender:LAB NORTH"
    assert Observation.objects.get(code="3").note == "Flag of the laboratory: QX"
    assert (SourceRecord.objects.count(), FiledReport.objects.count()) == (2, 2)


@pytest.mark.feature("F10")
def test_partial_final_corrected_and_late(nurse: User, maria: Patient, as_role: Login) -> None:
    """Each later word stands beside the earlier one; what is late or preliminary never replaces what is final."""
    doctor = as_role("clinician")
    sodium = {"code": "2951-2^Sodium^LN"}
    first = oru(obx("4.4", status="P"), obx("140", **sodium), mrn=maria.mrn, status="P", issued="20261101080000")
    receive_message(by=nurse, text=first)
    report = DiagnosticReport.objects.get()
    assert report.status == "partial"
    page = reverse("clinic:results_detail", args=[maria.pk, report.pk])
    html = doctor.get(page).content.decode()
    assert "Partial report" in html
    assert "Preliminary" in html
    review = {"seen": report.updated_at.isoformat(), "comment": ""}
    assert doctor.post(reverse("clinic:results_review", args=[maria.pk, report.pk]), review).status_code == 303
    final = oru(obx("4.4"), obx("140", **sodium), mrn=maria.mrn, issued="20261101090000")
    receive_message(by=nurse, text=final)
    report.refresh_from_db()
    assert (report.status, report.reviewed_at) == ("final", None)
    assert values() == [("4.4", "final", "N"), ("140", "final", "H")]
    corrected = oru(obx("6.9", flag="HH", status="C"), mrn=maria.mrn, status="C", issued="20261101100000")
    receive_message(by=nurse, text=corrected)
    late = oru(obx("4.4", status="P"), mrn=maria.mrn, status="P", issued="20261101080500")
    receive_message(by=nurse, text=late)
    report.refresh_from_db()
    assert report.status == "corrected"
    assert values() == [("140", "final", "H"), ("6.9", "corrected", "HH")]
    old = Observation.objects.get(superseded_by__isnull=False)
    assert (str(old.value_quantity), str(old.superseded_by.value_quantity)) == ("4.4", "6.9")
    html = doctor.get(page).content.decode()
    assert "was <s>4.4 mmol/L</s> (final)" in html
    assert "corrected" in html.lower()
    # The latest of each test is the corrected one; the one before is still in the list by time.
    html = doctor.get(reverse("clinic:results_list", args=[maria.pk])).content.decode()
    assert "Replaced" in html
    taken_back = oru(obx("140", status="W", **sodium), mrn=maria.mrn, issued="20261101110000")
    receive_message(by=nurse, text=taken_back)
    assert [value for value, _, _ in values()] == ["6.9"]


@pytest.mark.feature("F10")
def test_later_words_arrive_first(nurse: User, maria: Patient) -> None:
    """A result that was taken back never rises again by its own older message; a correction beats the first word of
    the same moment; "now final" without a value leaves the value; another comment amends, and is looked at again."""
    sodium, early, late = {"code": "2951-2^Sodium^LN"}, "20261101080000", "20261101090000"
    first = oru(obx("4.4"), obx("140", **sodium), mrn=maria.mrn, issued=early)
    taken_back = oru(obx("140", status="W", **sodium), mrn=maria.mrn, issued=late)
    for sequence, filler in (((first, taken_back, first), "A-1"), ((taken_back, first), "A-2")):
        for number, text in enumerate(sequence):
            text = text.replace("F-77", filler).replace("|C-", f"|{filler}{number}-")
            assert state(nurse, text)[0] == Became.FILED
        rows = DiagnosticReport.objects.get(identifier_value=filler).results
        assert [row.code for row in rows.standing()] == ["2823-3"]
        assert rows.get(code="2951-2").entered_in_error_reason == "The laboratory took it back."
    for text in (
        oru(obx("6.9", status="C"), mrn=maria.mrn, status="C", filler="B"),
        oru(obx("4.4"), mrn=maria.mrn, filler="B"),
    ):
        receive_message(by=nurse, text=text)
    assert [str(row.value_quantity) for row in _of("B").results.standing()] == ["6.9"]
    for text in (
        oru(obx("4.4", status="P"), mrn=maria.mrn, status="P", filler="D", issued=early),
        oru(obx("", status="U"), mrn=maria.mrn, filler="D", issued=late),
    ):
        receive_message(by=nurse, text=text)
    row = _of("D").results.get()
    assert (str(row.value_quantity), row.status, _of("D").status) == ("4.4", "final", "final")
    report = _of("D")
    review_report(by=make_person("clinician"), report=report, seen=stamp(report))
    comment = "Hemolyzed. " * 60
    receive_message(
        by=nurse, text=oru(obx("4.4"), f"NTE|1||{comment}", mrn=maria.mrn, filler="D", issued="20261101100000")
    )
    report.refresh_from_db()
    row = report.results.standing().get()
    assert (str(row.value_quantity), row.status, report.reviewed_at) == ("4.4", "amended", None)
    assert row.note.endswith("(whole under Findings)")
    assert comment.strip() in report.conclusion


def _of(filler: str) -> DiagnosticReport:
    return DiagnosticReport.objects.get(identifier_value=filler)


@pytest.mark.feature("F10")
def test_nothing_of_a_value_is_lost(nurse: User, maria: Patient, as_role: Login) -> None:
    """A unit stays with words; a flag of a later line counts; what is out of range is marked beside a strange flag;
    small numbers keep their digits; two reports of one code under one number are two."""
    rows = (
        "OBX|1|ST|1^White cells^L||5-10|/[HPF]|||||F",
        "OBX|2|TX|2^Culture^L||Growth of|||N|||F",
        "OBX|3|TX|2^Culture^L||Neisseria|||AA|||F",
        obx("6.0", code="3^Third^L", flag="*"),
        obx("0.014", code="4^Troponin^L", unit="ng/mL"),
        "OBR|2||F-77^NORTH|24323-8^Metabolic panel^LN",
        obx("4.1"),
    )
    receive_message(by=nurse, text=oru(*rows, mrn=maria.mrn))
    assert sorted(DiagnosticReport.objects.values_list("identifier_value", flat=True)) == ["F-77", "F-77#2"]
    found = {row.display: row for row in Observation.objects.standing()}
    assert {name: row.interpretation for name, row in found.items()} == {
        **{"White cells": "", "Culture": "AA", "Third": "H", "Troponin": "L", "Potassium": "N"}
    }
    html = as_role("clinician").get(reverse("clinic:results_detail", args=[maria.pk, _of("F-77").pk])).content.decode()
    for text in ("5-10", "[HPF]", "0.014", "Critical"):
        assert text in html, text


@pytest.mark.feature("F11")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mrn": ""}, "It gives no number at all."),
        ({"mrn": " "}, "It gives no number at all."),
        ({"mrn": "", "placer": " "}, "It gives no number at all."),
        ({"mrn": "1004828"}, "None of its numbers is one of ours."),
        ({"placer": "L999", "mrn": ""}, "None of its numbers is one of ours."),
        ({"born": None}, "gives no date of birth"),
        ({"born": date(1962, 3, 15)}, "the date of birth differs"),
        ({"name": "SILVER^Maria"}, "the name differs"),
        ({"name": "^Maria"}, "it gives no name"),
        ({"name": "SILVA^Marta"}, "the first name differs"),
        ({"name": "SILVA"}, "it gives no first name"),
        ({"mrn": "1004827^^^A^MR~1004835"}, "Its numbers belong to different charts."),
    ],
)
def test_what_is_not_clear_waits(nurse: User, maria: Patient, change: dict[str, Any], says: str) -> None:
    """A chart and an order without a number are there, so that an empty one could find them."""
    PatientFactory(mrn="1004835", family_name="Silva", birth_date=BORN)
    became, reason = state(nurse, oru(obx("4.4"), **({"mrn": maria.mrn} | change)))
    assert (became, says in reason) == (Became.WAITING, True), reason
    assert not DiagnosticReport.objects.exists()
    assert WaitingMessage.objects.get().reason == reason


@pytest.mark.feature("F11")
def test_a_former_name_matches_and_a_foreign_report_number_waits(nurse: User, maria: Patient) -> None:
    PatientNameFactory(patient=maria, family_name="Oliveira")
    assert state(nurse, oru(obx("4.4"), mrn="100 482 7", name="OLIVEIRA^Maria"))[0] == Became.FILED
    other = PatientFactory(mrn="1004835", family_name="Kim", given_name="Anna", birth_date=BORN)
    became, reason = state(nurse, oru(obx("4.4"), mrn=other.mrn, name="KIM^A"))
    assert became == Became.WAITING
    assert "on file for another patient" in reason
    assert DiagnosticReport.objects.get().patient == maria


@pytest.mark.feature("F11")
def test_a_person_matches_by_two_identifiers_and_takes_it_back(as_role: Login, maria: Patient) -> None:
    client, outside = as_role("nurse"), as_role("front_desk")
    other = PatientFactory(mrn="1004835", family_name="Kim", birth_date=date(1970, 1, 1))
    hidden = PatientFactory(mrn="1004843", birth_date=BORN, restricted=True)
    receive_message(by=client.user, text=oru(obx("4.4"), name="SYLVA^Maria"))
    waiting = WaitingMessage.objects.get()
    queue, page = reverse("interop:messages_list"), reverse("interop:messages_detail", args=[waiting.pk])
    assert outside.get(queue).status_code == 403
    assert "SYLVA, Maria" in client.get(queue).content.decode()
    html = client.get(page).content.decode()
    assert maria.sort_name in html
    assert hidden.family_name not in html
    for wrong in ({"mrn": maria.mrn, "birth_date": "1962-03-15"}, {"mrn": hidden.mrn, "birth_date": "1962-03-14"}, {}):
        assert client.post(page, wrong).status_code == 422
    answer = client.post(page, {"mrn": other.mrn, "birth_date": "1970-01-01"})
    assert "the date of birth differs and the name differs" in answer.content.decode()
    said = {"mrn": other.mrn, "birth_date": "1970-01-01", "reason": "Told on the telephone"}
    assert client.post(page, said).status_code == 303
    report = DiagnosticReport.objects.get()
    assert (report.patient, WaitingMessage.objects.get().ended_reason) == (other, "Told on the telephone")
    assert client.post(page, said).status_code == 409
    undo = reverse("interop:messages_undo", args=[other.pk, report.pk])
    assert client.post(undo, {"reason": " "}).status_code == 422
    assert client.post(undo, {"reason": "It is Maria Silva's"}).status_code == 303
    report.refresh_from_db()
    assert report.status == "entered-in-error"
    assert not Observation.objects.standing().exists()
    again = WaitingMessage.objects.get(status="waiting")
    match_message(by=client.user, waiting=again, mrn=maria.mrn, birth_date=BORN, reason="A slip in the name")
    assert DiagnosticReport.objects.get(entered_in_error_at=None).patient == maria
    # Whom a person took it from, it doesn't come back to by itself.
    undo_filing(by=client.user, report=DiagnosticReport.objects.get(entered_in_error_at=None), reason="No")
    again = WaitingMessage.objects.get(status="waiting")
    match_message(by=client.user, waiting=again, mrn=other.mrn, birth_date=other.birth_date, reason="After all")
    became, reason = state(client.user, oru(obx("4.5", status="C"), mrn=maria.mrn, status="C"))
    assert (became, "was taken out" in reason) == (Became.WAITING, True)
    html = client.get(
        reverse("interop:messages_detail", args=[WaitingMessage.objects.get(status="waiting").pk])
    ).content
    assert other.sort_name in html.decode()
    dismiss = reverse("interop:messages_dismiss", args=[WaitingMessage.objects.get(status="waiting").pk])
    assert client.post(dismiss, {"reason": "A test"}).status_code == 303
    receive_message(by=client.user, text=oru(obx("4.4"), filler="F-9"))
    dismiss = reverse("interop:messages_dismiss", args=[WaitingMessage.objects.get(status="waiting").pk])
    assert client.post(dismiss, {"reason": ""}).status_code == 422
    assert client.post(dismiss, {"reason": "Another clinic's"}).status_code == 303
    assert "Every result has its patient" in client.get(queue).content.decode()
    assert "Another clinic" in client.get(f"{queue}?show=ended").content.decode()


@pytest.mark.feature("F11", "G01")
def test_what_waits_for_its_patient_stands_in_the_inbox(as_role: Login, person: Callable[..., User]) -> None:
    """Nobody has to look by chance: a nurse is told, of a critical value the clinicians too, once however many wait."""
    doctor, queue = as_role("clinician"), reverse("interop:messages_list")

    def told(user: User) -> list[tuple[str, str, str]]:
        return [(item.title, item.mark, item.url) for item in inbox(user)]

    words = "Results wait: say whose they are"
    receive_message(by=doctor.user, text=oru(obx("4.4")))
    assert told(doctor.user) == [(words, "Urgent", queue)]
    nurse = person("nurse")
    receive_message(by=doctor.user, text=oru(obx("4.5")))
    assert (told(doctor.user), told(nurse)) == ([(words, "Urgent", queue)], [(words, "Urgent", queue)])
    receive_message(by=doctor.user, text=oru(obx("6.9", flag="HH")))
    assert (told(doctor.user), told(nurse)) == ([(words, "At once", queue)], [(words, "At once", queue)])
    task = Task.objects.get(owner_role="clinician")
    refused = doctor.post(reverse("clinic:tasks_act"), {"item": f"tasks:{task.pk}", "act": "done"}, follow=True)
    assert "done by doing what it asks for" in refused.content.decode()
    for number, row in enumerate(WaitingMessage.objects.all()):
        assert len(told(nurse)) == 1, number
        dismiss_message(by=nurse, waiting=row, reason="Another clinic's")
    assert (told(doctor.user), told(nurse)) == ([], [])


@pytest.mark.feature("F11")
def test_the_queue_names_nobody_of_a_restricted_chart(as_role: Login) -> None:
    """By number, by order, by birth date and name; the critical come first."""
    hidden = PatientFactory(mrn="1004843", family_name="Vance", birth_date=BORN, restricted=True)
    client = as_role("nurse")
    for text in (
        oru(obx("4.4"), name="NOBODY^Ann", born=None),
        oru(obx("4.4"), name="VANCE^Zoe"),
        oru(obx("4.4"), mrn=hidden.mrn, name="VANCEY^Zoe", born=date(1970, 1, 1)),
        oru(obx("6.9", flag="HH"), name="OTHER^Ann", born=None, filler="F-9"),
    ):
        receive_message(by=client.user, text=text)
    html = client.get(reverse("interop:messages_list")).content.decode()
    assert html.count("Of a restricted chart") == 2
    assert "VANCE" not in html
    assert html.index("OTHER, Ann") < html.index("NOBODY, Ann")
    answers = [client.get(reverse("interop:messages_detail", args=[row.pk])) for row in WaitingMessage.objects.all()]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 404, 404]


@pytest.mark.feature("F11")
def test_the_wrong_chart_is_undone_with_all_that_came_along(nurse: User, maria: Patient) -> None:
    """Two reports of one message, and a second message about one of them: all of it leaves."""
    two = oru(
        obx("4.4"), "OBR|2||F-78^NORTH|3016-3^TSH^LN|||20261101070000", obx("1", code="3016-3^TSH^LN"), mrn=maria.mrn
    )
    receive_message(by=nurse, text=two)
    receive_message(by=nurse, text=oru(obx("4.5", status="C"), mrn=maria.mrn, status="C", issued="20261102080000"))
    tsh = DiagnosticReport.objects.get(code="3016-3")
    assert undo_filing(by=nurse, report=tsh, reason="Another person's") == 2
    assert not DiagnosticReport.objects.filter(entered_in_error_at=None).exists()
    assert WaitingMessage.objects.filter(status="waiting").count() == 2
    with pytest.raises(DomainError, match="No message brought"):
        undo_filing(by=nurse, report=tsh, reason="Again")


@pytest.mark.feature("F09")
def test_a_message_closes_the_order_that_it_answers(as_role: Login, maria: Patient) -> None:
    doctor = as_role("clinician")
    made = order(doctor, maria, follow_up_on="2026-12-24")
    received = {"mrn": "", "placer": made.number, "name": "SILVA^M"}
    assert state(doctor.user, oru(obx("4.4", status="P"), status="P", **received))[0] == Became.FILED
    made.refresh_from_db()
    assert (made.status, made.step) == ("active", "partial")
    receive_message(by=doctor.user, text=oru(obx("4.4"), issued="20261101090000", **received))
    made.refresh_from_db()
    assert (made.status, DiagnosticReport.objects.get().based_on) == ("completed", made)
    assert not Task.objects.open().exists()
    undo_filing(by=doctor.user, report=DiagnosticReport.objects.get(), reason="Another person's")
    assert ServiceRequest.objects.get().status == "active"
    assert Task.objects.open().exclude(code=UNMATCHED_RESULT).get().code == "order-follow-up"


@pytest.mark.feature("F09")
def test_an_order_that_several_reports_answer_ends_with_the_last(as_role: Login, maria: Patient) -> None:
    """Whatever stands first in the message; and it opens again when more is announced."""
    doctor = as_role("clinician")
    made = order(doctor, maria)
    second = f"OBR|2|{made.number}|F-78^NORTH|3016-3^TSH^LN|||20261101070000" + "|" * 18 + "P"
    both = oru(obx("4.4"), second, obx("1", code="3016-3^TSH^LN", status="P"), placer=made.number)
    assert state(doctor.user, both) == (Became.FILED, "")
    made.refresh_from_db()
    assert (made.status, made.step) == ("active", "partial")
    receive_message(by=doctor.user, text=both.replace("|P", "|F").replace("|C-", "|D-").replace("|F|2.5.1", "|P|2.5.1"))
    made.refresh_from_db()
    assert (made.status, made.step) == ("completed", "received")
    more = oru(obx("", status="I"), placer=made.number, filler="F-79", status="I")
    receive_message(by=doctor.user, text=more)
    made.refresh_from_db()
    assert (made.status, made.step) == ("active", "partial")


@pytest.mark.feature("F10")
def test_a_file_tells_of_each_message(as_role: Login, maria: Patient) -> None:
    client = as_role("nurse")
    page = reverse("interop:messages_upload")
    one = oru(obx("4.4"), mrn=maria.mrn)
    content = "\r".join(("FHS|^~\\&", "BHS|^~\\&", one, one, oru(obx("4.5"), filler="F-2"), "MSH|^~\\&|A|B", "BTS|3"))
    answer = client.post(page, {"file": SimpleUploadedFile("results.hl7", b"\x0b" + content.encode() + b"\x1c\r")})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert [html.count(word) for word in ("Filed", "Was here already", "Waits for its patient", "Refused")] == [
        1,
        1,
        1,
        1,
    ]
    for content in (b"%PDF-1.4", b"a,b\n1,2", b"MSH|<script>"):
        assert client.post(page, {"file": SimpleUploadedFile("results.hl7", content)}).status_code == 422
    many = "\r".join([one] * 201)
    assert client.post(page, {"file": SimpleUploadedFile("results.hl7", many.encode())}).status_code == 422


@pytest.mark.feature("F10")
def test_real_messages_wait_and_are_filed_by_hand(nurse: User, real_data: Path) -> None:
    """Each ORU^R01 among them: read, kept, matched, with every value in the chart; the same again changes nothing."""
    texts = [path.read_text(encoding="utf-8-sig") for path in sorted((real_data / "hl7v2").glob("*.hl7"))]
    results = [text for text in texts if "|ORU^R01" in text]
    patient = PatientFactory(mrn="1004827")
    for text in results:
        state(nurse, text)
        for waiting in WaitingMessage.objects.filter(status="waiting"):
            match_message(by=nurse, waiting=waiting, mrn="1004827", birth_date=patient.birth_date, reason="A test")
    counts = (DiagnosticReport.objects.count(), Observation.objects.count(), FiledReport.objects.count())
    assert len(results) == 12
    # Some of them speak of one report.
    assert counts[0] == 11
    assert counts[1] > 60
    assert {state(nurse, text)[0] for text in results} == {Became.KNOWN}
    assert (DiagnosticReport.objects.count(), Observation.objects.count(), FiledReport.objects.count()) == counts
