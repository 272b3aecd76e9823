"""The reports of the logs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.actions.errors import enter_in_error
from clinic.models import Condition, Patient
from emr.accounts.models import User
from emr.audit.models import AccessEvent, LogEntry, SecurityEvent
from emr.audit.queries.reports import CHANGES, LOGS, PAGE_SIZE, READS, Asked, Log, page_of
from emr.audit.values import changes_of
from emr.jobs.models import Job
from tests.clinic.notes import a_note, a_visit
from tests.factories.accounts import PractitionerFactory
from tests.factories.chart import ConditionFactory, MedicationFactory
from tests.factories.clinic import PatientFactory, grant_chart

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K03")]

NAMES = {"changes": "audit:entries_list", "reads": "audit:reads_list", "events": "audit:events_list"}


def _get(client: Client, name: str, **asked: object) -> str:
    answer = client.get(reverse(NAMES[name]), asked)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def _rows(page: str) -> int:
    return page.count("<tr>") - 1


def test_a_privacy_officer_reads_who_changed_what(as_role: Callable[..., Client]) -> None:
    PractitionerFactory(family_name="Okafor", given_name="Amara")
    page = _get(as_role("privacy_officer"), "changes", section="practitioner")
    assert "Amara Okafor, MD" in page
    assert "<td>Made</td><td>Practitioner</td>" in page


def test_reads_are_listed_and_filtered(as_role: Callable[..., Client]) -> None:
    seen, other = PatientFactory(), PatientFactory()
    nurse, doctor = as_role("nurse"), as_role("clinician")
    for client in (nurse, doctor):
        for patient in (seen, other):
            client.get(reverse("clinic:allergies_list", args=[patient.pk]))
    nurse.get(reverse("clinic:conditions_list", args=[seen.pk]))
    officer = as_role("privacy_officer")
    assert _rows(_get(officer, "reads", patient=seen.pk)) == 3
    assert _rows(_get(officer, "reads", patient=seen.pk, user=nurse.user.pk)) == 2  # type: ignore[attr-defined]
    assert _rows(_get(officer, "reads", section="conditions", outcome="granted", purpose="TREAT")) == 1
    assert "Nothing fits" in _get(officer, "reads", outcome="denied")
    assert "Nothing fits" in _get(officer, "reads", patient=seen.pk, until="2020-01-01")
    assert _rows(_get(officer, "reads", patient=seen.pk, since="2020-01-01")) >= 3


@pytest.mark.parametrize("log", LOGS.values(), ids=lambda log: log.name)
def test_every_order_turns_every_page_once(log: Log, as_role: Callable[..., Client], monkeypatch: object) -> None:
    """Whatever the order, the pages together are all rows, each once, sorted."""
    people = [as_role(role) for role in ("nurse", "clinician")]
    patients = PatientFactory.create_batch(3)
    for client in people:
        for patient in patients:
            client.get(reverse("clinic:allergies_list", args=[patient.pk]))
            client.get(reverse("clinic:chart_summary", args=[patient.pk]))
        client.get(reverse("audit:entries_list"))
    monkeypatch.setattr("emr.audit.queries.reports.PAGE_SIZE", 3)  # type: ignore[attr-defined]
    everything = sorted(map(str, log.model._default_manager.values_list("pk", flat=True)))
    assert len(everything) > 3
    for name in log.orders:
        for sign in ("", "-"):
            asked, found, after = Asked(order=f"{sign}{name}"), list[object](), ""
            while rows := page_of(log, asked, after):
                found += rows[:3]
                after = str(rows[:3][-1].pk)
            assert sorted(str(row.pk) for row in found) == everything, (sign, name)  # type: ignore[attr-defined]


def test_orders_but_by_time_are_kept_to_a_period(as_role: Callable[..., Client]) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=60)):
        PractitionerFactory()
    officer = as_role("privacy_officer")
    whole, cut = (
        _get(officer, "changes", section="practitioner"),
        _get(officer, "changes", section="practitioner", order="user"),
    )
    assert _rows(whole) == 1
    assert "In this order the last days are shown" in cut
    assert "Nothing fits" in cut


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_costs_the_same_for_any_number(
    name: str, count: int, as_role: Callable[..., Client], django_assert_max_num_queries: Callable[..., object]
) -> None:
    nurse = as_role("nurse")
    for row in MedicationFactory.create_batch(count, prescriber=PractitionerFactory()):
        nurse.get(reverse("clinic:allergies_list", args=[row.patient_id]))
    client = as_role("privacy_officer")
    client.get(reverse(NAMES[name]))
    with django_assert_max_num_queries(18):  # type: ignore[attr-defined]
        client.get(reverse(NAMES[name]))


def test_older_entries_are_a_page_away(as_role: Callable[..., Client]) -> None:
    PractitionerFactory.create_batch(PAGE_SIZE + 5)
    client = as_role("privacy_officer")
    first = _get(client, "changes", section="practitioner")
    assert _rows(first) == PAGE_SIZE
    older = re.search(r'href="(/audit/\?[^"]*after=\d+)"', first)
    assert older is not None
    second = unescape(client.get(older.group(1)).content.decode())
    names = [set(re.findall(r"Okafor\d+", page)) for page in (first, second)]
    assert len(names[1]) == 5
    assert names[0] & names[1] == set()


@pytest.mark.parametrize(
    "query", ["after=junk", "after=999999999", "user=junk", "since=junk", "patient=junk", "order=junk", "section=';"]
)
def test_a_wrong_filter_breaks_nothing(as_role: Callable[..., Client], query: str) -> None:
    client = as_role("privacy_officer")
    for name in NAMES.values():
        assert client.get(f"{reverse(name)}?{query}").status_code in {200, 400, 422}


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "manager"])
def test_nobody_else_reads_the_logs(as_role: Callable[..., Client], role: str) -> None:
    client, patient = as_role(role), PatientFactory()
    for name in NAMES.values():
        assert client.get(reverse(name)).status_code == 403
    for name in ("detail", "print", "export"):
        assert client.get(reverse(f"audit:charts_{name}", args=[patient.pk])).status_code == 403
    for name in ("find", "export"):
        assert client.post(reverse(f"audit:entries_{name}", args=["reads"]), {"q": "x"}).status_code == 403


@pytest.mark.feature("K02")
def test_looking_at_the_logs_is_on_record(as_role: Callable[..., Client]) -> None:
    """The log of changes shows what was written, so that who looks through it has seen something of the chart."""
    patient = PatientFactory()
    client = as_role("privacy_officer")
    assert patient.family_name.upper() in _get(client, "changes")
    event = AccessEvent.objects.get(patient_id=patient.pk)
    assert (event.user, event.section, event.action) == (client.user, "changes", "search")  # type: ignore[attr-defined]
    _get(client, "reads")
    seen = SecurityEvent.objects.filter(kind="audit_viewed", user=client.user)  # type: ignore[attr-defined]
    assert [row.detail for row in seen.order_by("at")] == ["What was changed", "What was read"]


def test_own_words_are_hidden_and_codes_are_shown(person: Callable[..., User], as_role: Callable[..., Client]) -> None:
    secret = "Admits to drinking."
    doctor = person("clinician")
    row: Condition = ConditionFactory.create(display="Migraine", note=secret)
    enter_in_error(by=doctor, row=row, reason=secret)
    MedicationFactory(patient=row.patient, reason=secret, dosage_text=secret)
    note = a_note(doctor, a_visit(doctor, row.patient))
    page = _get(as_role("privacy_officer"), "changes", patient=row.patient_id)
    assert secret not in page
    assert "Feels well." not in page
    assert "Migraine" in page
    assert "clinical status: Active" in page
    assert f"a text of {len(secret)} characters [" in page
    entries = list(LogEntry.objects.filter(object_pk=note.sections.get(text="Feels well.").pk))
    assert any("Feels well." in str(change) for said in changes_of(entries, words=True) for change in said)
    told = [change for said in changes_of(entries, words=False) for change in said if change.field == "text"]
    assert [change.hidden for change in told] == [True] * len(told)


def test_a_restricted_patient_is_named_by_the_number(as_role: Callable[..., Client]) -> None:
    hidden: Patient = PatientFactory.create(restricted=True, family_name="Zzhidden")
    officer = as_role("privacy_officer")
    shown = f"{hidden.mrn[:3]} {hidden.mrn[3:6]}"
    for page in (_get(officer, "changes", patient=hidden.pk), _get(officer, "reads", patient=hidden.pk)):
        assert shown in page
        assert "ZZHIDDEN" not in page
    granted = as_role("privacy_officer")
    grant_chart(granted.user, hidden)  # type: ignore[attr-defined]
    assert "ZZHIDDEN Maria" in _get(granted, "changes", patient=hidden.pk)


def test_a_patient_is_found_by_a_posted_name(as_role: Callable[..., Client]) -> None:
    patient: Patient = PatientFactory.create(family_name="Quistgaard")
    hidden: Patient = PatientFactory.create(family_name="Quistorp", restricted=True)
    officer = as_role("privacy_officer")
    path = reverse("audit:entries_find", args=["reads"])
    for typed in ("Quistgaard", patient.mrn):
        answer = officer.post(path, {"q": typed})
        assert answer.headers["Location"] == f"{reverse('audit:reads_list')}?patient={patient.pk}"
    assert officer.post(path, {"q": "Quistorp"}).status_code == 200
    assert officer.post(path, {"q": hidden.mrn}).headers["Location"].endswith(str(hidden.pk))
    assert AccessEvent.objects.filter(patient_id=patient.pk, section="audit", action="search").count() == 2


def test_the_same_form_twice_is_one_file(as_role: Callable[..., Client]) -> None:
    officer, token = as_role("privacy_officer"), str(uuid4())
    for _ in range(2):
        officer.post(reverse("audit:entries_export", args=["reads"]), {"token": token})
    assert Job.objects.filter(name="audit.export").count() == 1


def test_logs_are_kept_apart() -> None:
    assert (CHANGES.model, READS.model) == (LogEntry, AccessEvent)
