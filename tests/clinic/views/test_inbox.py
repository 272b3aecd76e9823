"""One inbox: what it lists is what it counts, each kind of work for whom it is, covered while somebody is away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.actions.delegations import delegate_inbox, end_delegation
from clinic.actions.documents import add_document
from clinic.actions.grants import grant_chart
from clinic.actions.messages import send_message
from clinic.actions.signing import sign_note
from clinic.actions.tasks import complete_task, create_task
from clinic.choices import NoteType
from clinic.forms.documents import PAPERS
from clinic.models import CommunicationRecipient, DiagnosticReport, Patient, Task
from clinic.models.tasks import REVIEW_RESULT
from clinic.queries.inbox import BY_NAME, counts
from clinic.queries.inbox_items import inbox
from clinic.queries.messages import messages_about
from clinic.queries.notes_waiting import left_to_sign
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.uploads.incoming import check
from tests.clinic.notes import a_note, a_visit
from tests.emr.uploads.samples import paper
from tests.factories import care, chart
from tests.factories.accounts import make_person
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("G01")]
INBOX = "/patients/inbox/"
PAPER = paper()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.LoginBackend")
    return client


def fill(user: User, patient: Patient) -> None:
    """One of each kind for a clinician, about a patient."""
    visit = a_visit(user, patient)
    chart.ReportFactory(patient=patient, encounter=visit, needs_review=True, display="Lipids")
    file = check(PAPER, "l.pdf", PAPERS)
    add_document(by=user, patient=patient, category="consultation", file=file, reviewer=user)
    send_message(by=someone("b@example.org"), to=[user], subject="Please call", text="Today", patient=patient)
    drug = chart.MedicationFactory(patient=patient, display="Metformin")
    signed = {"signed_at": timezone.now(), "signed_by": user, "status": "active"}
    care.PrescriptionFactory(medication=drug, prescriber=user.practitioner, **signed)
    care.RefillFactory(medication=drug)
    create_task(by=someone(), code="asked", description="Call the lab", owner=user, patient=patient)
    a_note(user, visit)
    trainee = make_person("clinician")
    note = a_note(trainee, a_visit(trainee, patient))
    with transaction.atomic(), acting(trainee):
        trainee.practitioner.supervisor = user.practitioner
        trainee.practitioner.save(update_fields=["supervisor"])
        note.cosigner, note.cosign_required = user, True
        note.save(update_fields=["cosigner", "cosign_required"])
    sign_note(by=trainee, note=note, base_version=note.version)


def titles(page: str) -> list[str]:
    return re.findall(r'class="primary-link" href="[^"]+">([^<]+)</a>', page)


def test_notes_that_others_left_are_counted_for_who_is_to_sign_them() -> None:
    """A nurse's note of one's visit, and those of a colleague who has left; what another clinician writes is theirs."""
    doctor, colleague, nurse, gone = (make_person(role) for role in ("clinician", "clinician", "nurse", "clinician"))
    own, theirs, orphan = (a_visit(user, PatientFactory.create()) for user in (doctor, colleague, gone))
    left = a_note(nurse, own, NoteType.NURSE)
    a_note(nurse, theirs, NoteType.NURSE)
    a_note(colleague, own)
    whose = a_note(gone, orphan)
    secret = a_note(nurse, a_visit(doctor, PatientFactory.create()), NoteType.NURSE)
    with transaction.atomic(), acting(doctor):
        secret.confidential = True
        secret.save(update_fields=["confidential"])
        gone.is_active = False
        gone.save(update_fields=["is_active"])
    told = [(item.id, item.owner, item.sender, item.url) for item in inbox(doctor, [BY_NAME["unsigned"]])]
    sign = {note.pk: reverse("clinic:notes_sign", args=[note.patient_id, note.pk]) for note in (left, whose)}
    assert told == [
        (left.pk, "You", str(nurse), sign[left.pk]),
        (whose.pk, "Any clinician", str(gone), sign[whose.pk]),
    ]
    # The colleague's own, the nurse's of the colleague's visit, and that of who has left.
    assert (counts(doctor)["unsigned"], counts(nurse)["unsigned"], counts(colleague)["unsigned"]) == (2, 3, 3)
    assert [row.id for row in left_to_sign(doctor)] == [left.pk, whose.pk]


KINDS = ["cosign", "documents", "messages", "refills", "results", "tasks", "unsigned"]


def test_every_kind_stands_in_one_list_and_the_count_is_its_length() -> None:
    user, patient, hidden = (
        make_person("clinician"),
        PatientFactory(family_name="Known"),
        PatientFactory.create(),
    )
    client = browser(user)
    queries = []
    for many in (1, 4):
        for _ in range(many):
            fill(user, patient if many == 1 else PatientFactory())
        client.get(INBOX)
        with CaptureQueriesContext(connection) as seen:
            page = client.get(INBOX).content.decode()
        queries.append(len(seen))
        assert sorted(counts(user).items()) == [(kind, 1 if many == 1 else 5) for kind in KINDS]
        assert f'<span class="count">{len(titles(page))}</span>' in page
    assert queries[0] == queries[1]
    fill(user, hidden)
    hidden.restricted = True
    with transaction.atomic(), acting(user):
        hidden.save(update_fields=["restricted"])
    page = client.get(INBOX).content.decode()
    assert hidden.sort_name not in page
    assert "KNOWN" in page
    assert sum(counts(user).values()) == len(titles(page)) == 35
    assert hidden.pk not in AccessEvent.objects.filter(user_id=user.pk).values_list("patient_id", flat=True)
    for kind in KINDS:
        assert len(titles(client.get(INBOX, {"kind": kind}).content.decode())) == 5


@pytest.mark.feature("G01")
def test_work_of_nobodys_is_every_clinicians_and_of_whom_it_is_given_to(as_role: Any) -> None:
    """A result without an order, and one of a colleague who has left, is lost to nobody."""
    one, two, nurse = make_person("clinician"), make_person("clinician"), make_person("nurse")
    left = make_person("clinician")
    patient = PatientFactory()
    chart.ReportFactory(patient=patient, needs_review=True, display="Unasked")
    chart.ReportFactory(patient=patient, needs_review=True, display="Orphan", encounter=a_visit(left, patient))
    with transaction.atomic(), acting(one):
        left.is_active = False
        left.save(update_fields=["is_active"])
    assert [sorted(item.title for item in inbox(user)) for user in (one, two, nurse)] == [["Orphan", "Unasked"]] * 2 + [
        []
    ]
    report = DiagnosticReport.objects.get(display="Unasked")
    client = browser(one)
    give = {"item": [f"results:{report.pk}"], "act": "assign"}
    refused = client.post(reverse("clinic:tasks_act"), {**give, "to": f"user:{nurse.pk}"}, follow=True)
    assert "can&#39;t decide this. Choose a clinician." in refused.content.decode()
    client.post(reverse("clinic:tasks_act"), {**give, "to": f"user:{two.pk}"})
    assert [sorted(item.title for item in inbox(user)) for user in (one, two)] == [["Orphan"], ["Orphan", "Unasked"]]
    assert Task.objects.get().code == REVIEW_RESULT
    assert [sum(counts(user).values()) for user in (one, two)] == [1, 2]


@pytest.mark.feature("G01", "G02")
def test_tasks_and_cosignatures_of_who_has_left_are_lost_to_nobody() -> None:
    left, one, two, nurse = *(make_person("clinician") for _ in range(3)), make_person("nurse")
    patient = PatientFactory()
    fill(left, patient)
    gone = {"cosign", "documents", "refills", "results", "tasks", "unsigned"}
    assert {item.kind.name for item in inbox(one)} == set()
    with transaction.atomic(), acting(one):
        left.is_active = False
        left.save(update_fields=["is_active"])
    for user in (one, two):
        items = inbox(user)
        assert {item.kind.name for item in items} == gone
        assert {(item.owner, item.shared) for item in items} == {("Any clinician", True)}
        assert sum(counts(user).values()) == len(items)
    assert inbox(nurse) == []
    task = Task.objects.get(description="Call the lab")
    with pytest.raises(DomainError, match="not yours"):
        complete_task(by=nurse, task=task)
    client = browser(one)
    assert client.get(reverse("clinic:tasks_detail", args=[task.pk])).status_code == 200
    client.post(reverse("clinic:tasks_act"), {"item": f"tasks:{task.pk}", "act": "assign", "to": f"user:{two.pk}"})
    assert "tasks" not in {item.kind.name for item in inbox(one)}
    assert "You" in {item.owner for item in inbox(two)}


@pytest.mark.feature("G01", "F12")
def test_a_result_waits_unseen_for_nobody_when_its_chart_is_closed_to_who_ordered_it() -> None:
    owner, granted, other = (make_person("clinician") for _ in range(3))
    patient = PatientFactory()
    chart.ReportFactory(patient=patient, needs_review=True, display="Lipids", encounter=a_visit(owner, patient))
    assert [[item.title for item in inbox(user)] for user in (owner, granted, other)] == [["Lipids"], [], []]
    with transaction.atomic(), acting(owner):
        patient.restricted = True
        patient.save(update_fields=["restricted"])
    grant_chart(by=someone(), patient=patient, user=granted, reason="Treats her")
    assert [[item.title for item in inbox(user)] for user in (owner, granted, other)] == [[], ["Lipids"], []]
    assert inbox(granted)[0].shared


@pytest.mark.feature("G05")
def test_while_somebody_is_away_the_work_is_routed_and_marked() -> None:
    away, stand_in, other = (make_person("clinician") for _ in range(3))
    patient, today = PatientFactory(), clinic_today()
    fill(away, patient)
    assert inbox(stand_in) == []
    row = delegate_inbox(
        by=away, user=away, delegate=stand_in, period_start=today, period_end=today + timedelta(days=3), note="Call me"
    )
    with pytest.raises(DomainError, match="on these days already"):
        delegate_inbox(by=away, user=away, delegate=other, period_start=today, period_end=today)
    with pytest.raises(DomainError, match="Only a manager"):
        delegate_inbox(by=other, user=away, delegate=other, period_start=today, period_end=today)
    with pytest.raises(DomainError, match="Choose a clinician"):
        delegate_inbox(
            by=away, user=away, delegate=make_person("nurse"), period_start=today, period_end=today + timedelta(days=9)
        )
    day = {"period_start": today + timedelta(days=3), "period_end": today + timedelta(days=5)}
    with pytest.raises(DomainError, match=f"{away} is away on some of these days"):
        delegate_inbox(by=other, user=other, delegate=away, **day)
    with pytest.raises(DomainError, match=f"{stand_in} stands in for {away} on some of these days"):
        delegate_inbox(by=stand_in, user=stand_in, delegate=other, **day)
    items = inbox(stand_in)
    kinds = ["cosign", "documents", "messages", "refills", "results", "tasks"]
    assert sorted(item.kind.name for item in items) == kinds
    marked = {(item.owner, item.until) for item in items}
    assert marked == {(f"For {away}", f"{today + timedelta(days=3):%d-%b}")}
    client = browser(stand_in)
    page = client.get(INBOX, {"whose": "covered"}).content.decode()
    assert f"You stand in for {away} until" in page
    assert "Call me" in page
    assert len(titles(page)) == sum(counts(stand_in).values()) == 6
    assert titles(client.get(INBOX, {"whose": "mine"}).content.decode()) == []
    client.post(reverse("clinic:tasks_act"), {"item": [item.value for item in items], "act": "done"})
    assert sorted(item.kind.name for item in inbox(stand_in)) == ["cosign", "refills", "results"]
    assert Task.objects.get(description="Call the lab").completed_by == stand_in
    received = CommunicationRecipient.objects.get(user=away)
    assert (received.read_at, received.archived_at is None) == (None, False), "who stands in read it, not its receiver"
    said = messages_about(other, patient)
    assert [name for one in said for name, seen in one.to if seen.endswith("by who stood in")] == [str(away)]
    assert browser(other).post(reverse("clinic:delegations_end", args=[row.pk])).status_code == 404
    end_delegation(by=away, delegation=row)
    assert inbox(stand_in) == []
    assert len(inbox(away)) == 4
    form = {"user": away.pk, "delegate": stand_in.pk, "period_start": today, "period_end": today + timedelta(days=1)}
    own = browser(away)
    assert own.post(reverse("clinic:delegations_list"), form).status_code == 303
    assert "stand in" in client.get(INBOX).content.decode()
    assert own.post(reverse("clinic:delegations_list"), form).status_code == 422


def test_filters_stand_in_the_address_and_many_are_done_at_once(as_role: Any) -> None:
    nurse, today = as_role("nurse"), clinic_today()
    asked = {"by": someone(), "code": "asked"}
    days = {"Late": -2, "Today": 0, "Soon": 5, "Far": 30}
    tasks = {
        name: create_task(**asked, description=name, owner=nurse.user, due_date=today + timedelta(days=day))
        for name, day in days.items()
    }
    create_task(**asked, description="Shared", owner_role="nurse", priority="urgent")
    create_task(**asked, description="Not mine", owner_role="front_desk")
    found = {
        query: titles(nurse.get(f"{INBOX}?{query}").content.decode())
        for query in ("", "due=late", "due=today", "due=week", "whose=shared", "mark=urgent", "kind=nonsense")
    }
    everything = ["Shared", "Late", "Today", "Soon", "Far"]
    assert found == {
        "": everything,
        "due=late": ["Late"],
        "due=today": ["Late", "Today"],
        "due=week": ["Late", "Today", "Soon"],
        "whose=shared": ["Shared"],
        "mark=urgent": ["Shared"],
        "kind=nonsense": everything,
    }
    act = reverse("clinic:tasks_act")
    foreign = Task.objects.get(description="Not mine")
    chosen = [f"tasks:{one.pk}" for one in (tasks["Late"], tasks["Today"], foreign)]
    nurse.post(act, {"item": [*chosen, "tasks:nonsense", "nonsense"], "act": "due", "day": today + timedelta(days=40)})
    nurse.post(act, {"item": [f"tasks:{tasks['Late'].pk}"], "act": "assign", "to": "role:nurse"})
    assert titles(nurse.get(INBOX).content.decode()) == ["Shared", "Soon", "Far", "Late", "Today"]
    assert (
        "Choose whom to give it to." in nurse.post(act, {"item": chosen, "act": "assign"}, follow=True).content.decode()
    )
    assert "at least one row" in nurse.post(act, {"act": "done"}, follow=True).content.decode()
    no_day = nurse.post(act, {"item": chosen, "act": "due"}, follow=True).content.decode()
    assert "Choose the day until which" in no_day
    assert Task.objects.get(description="Late").due_date == today + timedelta(days=40)
    kept = {"whose": "mine", "kind": "tasks", "mark": "nonsense"}
    answer = nurse.post(act, {"item": chosen, "act": "done", **kept})
    assert answer["Location"] == f"{INBOX}?kind=tasks&whose=mine", "the list stays as it was narrowed"
    page = nurse.get(answer["Location"]).content.decode()
    assert "2 done." in page
    assert '<input type="hidden" name="whose" value="mine">' in page
    foreign.refresh_from_db()
    assert (foreign.status, foreign.due_date) == ("requested", None)
    assert sorted(titles(nurse.get(INBOX, {"show": "done"}).content.decode())) == ["Late", "Today"]
