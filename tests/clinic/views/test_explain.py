"""Why somebody can or can't see a page, told as the page itself would decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.accounts.models import User
from tests.clinic.notes import a_signed_note, a_visit
from tests.factories.clinic import PatientDenialFactory, PatientFactory, grant_chart

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A10"), pytest.mark.feature("X24")]


def _asked(client: Client, user: User, **data: object) -> str:
    answer = client.post(reverse("clinic:access_explain"), {"user": user.pk, **data})
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def _chart(patient: Patient) -> str:
    return reverse("clinic:chart_summary", args=[patient.pk])


def test_each_rule_is_told_in_words(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    officer, desk, doctor = as_role("privacy_officer"), person("front_desk"), person("clinician")
    plain, hidden = PatientFactory(), PatientFactory(restricted=True)
    assert "No role of theirs may: Read the chart." in _asked(officer, desk, page=_chart(plain))
    assert "The chart is not restricted." in _asked(officer, doctor, page=f"https://x.test{_chart(plain)}?a=1")
    refused = _asked(officer, doctor, page=_chart(hidden))
    assert "may not</h2>" in refused
    assert "No grant to this person is in force." in refused
    grant_chart(doctor, hidden)
    assert "A grant to this person is in force." in _asked(officer, doctor, right="chart.view", mrn=hidden.mrn)
    PatientDenialFactory(patient=hidden, user=doctor)
    assert "This person is kept out of this chart by name." in _asked(officer, doctor, page=_chart(hidden))


def test_it_says_what_the_page_answers(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    """For each role, each of three charts and a note: allowed in words where, and only where, the page opens."""
    officer = as_role("privacy_officer")
    note = a_signed_note(person("clinician"), a_visit(person("clinician"), PatientFactory()))
    patients = [note.patient, PatientFactory(restricted=True)]
    paths = [_chart(one) for one in patients]
    paths += [reverse("clinic:patients_detail", args=[one.pk]) for one in patients]
    paths += [reverse("clinic:notes_detail", args=[one.pk, note.pk]) for one in patients]
    for role in ("front_desk", "nurse", "clinician", "biller", "manager", "privacy_officer"):
        client = as_role(role)
        for path in paths:
            opened = client.get(path).status_code == 200
            said = _asked(officer, client.user, page=path)  # type: ignore[attr-defined]
            assert (" may</h2>" in said) is opened, f"{role} {path}"


def test_a_manager_asks_about_roles_and_learns_nothing_of_a_patient(
    as_role: Callable[..., Client], person: Callable[..., User]
) -> None:
    manager, doctor = as_role("manager"), person("clinician")
    hidden = PatientFactory(restricted=True)
    nobody = _chart(hidden).replace(str(hidden.pk), "01900000-0000-7000-8000-000000000000")
    of_hidden, of_nobody = _asked(manager, doctor, page=_chart(hidden)), _asked(manager, doctor, page=nobody)
    assert "privacy officer" in of_hidden
    assert _body(of_hidden, hidden) == _body(of_nobody, hidden)
    by_number = _asked(manager, doctor, right="chart.view", mrn=hidden.mrn)
    assert by_number.count(hidden.mrn) == 0


@pytest.mark.parametrize("data", [{}, {"page": "/nowhere/"}, {"page": "/", "right": "chart.view"}])
def test_a_question_about_nothing_is_refused(as_role: Callable[..., Client], data: dict[str, str]) -> None:
    officer = as_role("privacy_officer")
    asked = {"user": officer.user.pk, **data}  # type: ignore[attr-defined]
    assert officer.post(reverse("clinic:access_explain"), asked).status_code == 422


def _body(text: str, patient: Patient) -> str:
    """The answer alone, without the address that was typed."""
    part = text.split('<ol class="list">', 1)[-1].split("</ol>", 1)[0]
    return part.replace(str(patient.pk), "")
