"""Nothing attaches to a visit that a signed note has closed: not to any table, not by any address."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.test import Client
from psycopg import Error

from billing.models import ChargeItem, Claim, ClaimSupportingInfo, LedgerEntry, Payment
from clinic.actions.notes import start_note
from clinic.models import Condition, DocumentReference, Encounter, EncounterDiagnosis, Note, QuestionnaireResponse
from clinic.models.closing import VisitClosed
from emr.audit.actor import acting
from scheduling.models import Appointment, Recall
from tests.clinic.notes import Person, a_note, a_signed_note, a_visit
from tests.clinic.views.test_documents import kept
from tests.emr.codes.samples import DIAGNOSES, load
from tests.factories import billing, care, chart, clinic, intake
from tests.factories.base import RecordFactory
from tests.policy.urls import every_url

#: What follows a signature, and is no part of the chart's visit: its money, the hour that was booked, the next one.
AFTERWARDS = {ChargeItem, Claim, ClaimSupportingInfo, LedgerEntry, Payment, Appointment, Recall}
_MODULES = (billing, care, chart, clinic)


def tables() -> set[type[models.Model]]:
    """Every table that points to a visit."""
    return {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Encounter
    }


def factories() -> dict[type[models.Model], Any]:
    """How a row of a table is made."""
    made = [one for module in _MODULES for one in vars(module).values() if isinstance(one, type)]
    return {one._meta.model: one for one in made if issubclass(one, RecordFactory) and one is not RecordFactory}


def names(error: BaseException | None) -> str | None:
    """The constraint behind a refusal, be it said in its words or not."""
    while error is not None and not isinstance(error, Error):
        error = error.__cause__
    return error.diag.constraint_name if error else None


@pytest.mark.feature("E03")
def test_every_table_refuses_a_row_of_a_closed_visit(db: None, person: Person) -> None:
    doctor = person("clinician")
    closed = a_signed_note(doctor).encounter
    make = factories()
    guarded = tables() - AFTERWARDS
    assert {Condition, EncounterDiagnosis, Note, QuestionnaireResponse} < guarded
    missing = guarded - make.keys() - {QuestionnaireResponse, DocumentReference}
    assert not missing, "a table without a factory: add one, so that it can be tried here"
    answers = intake.answered(closed.patient, "before-visit", {"reason": ["Cough"], "allergic": ["false"]})
    said = {}
    for model in guarded:
        try:
            with transaction.atomic(), acting(doctor):
                if model is QuestionnaireResponse:
                    answers.encounter = closed
                    answers.save()
                elif model is DocumentReference:
                    kept(closed.patient, "letter", encounter=closed)
                elif model in {EncounterDiagnosis, Note}:
                    make[model](encounter=closed)
                else:
                    make[model](patient=closed.patient, encounter=closed)
        except (IntegrityError, VisitClosed) as error:
            said[model] = names(error)
    assert said == dict.fromkeys(guarded, "clinic_visit_closed")


@pytest.mark.feature("E03")
def test_every_address_of_a_visit_answers_that_it_is_closed(db: None, as_role: Callable[..., Client]) -> None:
    load(*DIAGNOSES)
    client = as_role("clinician")
    visit = a_signed_note(client.user).encounter  # type: ignore[attr-defined]
    diagnosis = visit.diagnoses.get()
    bodies: dict[str, dict[str, str]] = {
        "clinic:encounters_diagnose": {"coding": "I10"},
        "clinic:encounters_promote": {},
        "clinic:encounters_status": {"status": "in-progress"},
        "clinic:encounters_undiagnose": {},
    }
    reading = {"clinic:encounters_detail", "clinic:encounters_history", "clinic:encounters_print"}
    reading |= {"clinic:encounters_summary"}
    found = {url.name: url for url in every_url() if "encounter_id" in dict(url.converters)}
    assert {name for name in found if name.startswith("clinic:")} - reading == set(bodies)
    keys = {"patient_id": visit.patient_id, "encounter_id": visit.pk, "row_id": diagnosis.pk}
    said = {name: client.post(found[name].path(**keys), body) for name, body in bodies.items()}
    assert {name: answer.status_code for name, answer in said.items()} == dict.fromkeys(bodies, 409)
    assert all("Write an addendum" in answer.content.decode() for answer in said.values())
    assert visit.diagnoses.count() == 1


@pytest.mark.feature("E03")
def test_every_entry_that_comes_while_the_visit_is_signed_says_so_and_keeps_what_was_typed(
    db: None, as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was opened while the visit was open; it is signed before the form arrives."""
    load(*DIAGNOSES)
    client = as_role("clinician")
    visit = a_signed_note(client.user).encounter  # type: ignore[attr-defined]
    for module in _views_of_the_open_visit():
        monkeypatch.setattr(module, "open_visit", lambda patient: visit)
    bodies = {
        "clinic:vitals_add": {"height": "177", "height_unit": "cm"},
        "clinic:medications_add": {"coding": "lisinopril"},
        "clinic:conditions_add": {"coding": "I10"},
        "clinic:procedures_add": {"coding": "Wound care"},
    }
    found = {url.name: url for url in every_url()}
    for name, body in bodies.items():
        answer = client.post(found[name].path(patient_id=visit.patient_id), body)
        page = answer.content.decode()
        assert (name, answer.status_code) == (name, 409), page[-2000:]
        assert "closed by its signed note" in page
        assert next(iter(body.values())) in page
    assert not visit.observations.exists()


@pytest.mark.feature("E03")
def test_a_note_of_a_closed_visit_is_refused_by_form_and_by_address(db: None, as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")
    doctor = client.user  # type: ignore[attr-defined]
    note = a_signed_note(doctor)
    found = {url.name: url for url in every_url()}
    keys = {"patient_id": note.patient_id, "note_id": note.pk}
    posts = {
        "clinic:notes_start": {"encounter": str(note.encounter_id)},
        "clinic:notes_edit": {"version": "2", "subjective": "Slipped in", "do": "save"},
        "clinic:notes_autosave": {"version": "2", "subjective": "Slipped in"},
    }
    answers = {name: client.post(found[name].path(**keys), body).status_code for name, body in posts.items()}
    assert answers == dict.fromkeys(posts, 409)
    with pytest.raises(VisitClosed):
        start_note(by=doctor, encounter=note.encounter)


def test_a_visit_is_open_again_while_its_note_is_unlocked_or_wrong(db: None, person: Person) -> None:
    from clinic.actions.notes import enter_in_error
    from clinic.actions.signing import unlock_note

    doctor = person("clinician")
    wrong, unlocked = a_signed_note(doctor), a_signed_note(doctor)
    enter_in_error(by=doctor, note=wrong, reason="Wrong patient")
    unlock_note(by=person("medical_director"), note=unlocked, reason="Wrong side")
    for visit in (wrong.encounter, unlocked.encounter, a_note(doctor, a_visit(doctor)).encounter):
        assert chart.ConditionFactory(patient=visit.patient, encounter=visit).encounter == visit


def _views_of_the_open_visit() -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.startswith("clinic.views.") and hasattr(module, "open_visit"):
            yield module
