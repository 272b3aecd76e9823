"""Versions: what was answered or signed stays for ever as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.actions.consent_forms import (
    add_shipped_text,
    publish_consent_form,
    retire_consent_form,
    save_consent_form,
)
from clinic.actions.questionnaires import (
    add_shipped_questionnaire,
    publish_questionnaire,
    retire_questionnaire,
    save_questionnaire,
)
from clinic.models import ConsentForm, Questionnaire
from clinic.queries.consents import forms_in_force
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.intake import answered, questionnaire, signed, text, way_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B08")]

ITEMS = [{"linkId": "q1", "text": "How far can you walk?", "type": "string"}]


def test_a_change_of_what_is_in_use_is_the_next_version() -> None:
    by = someone()
    first = save_questionnaire(by=by, title="Walking", items=ITEMS)
    assert save_questionnaire(by=by, questionnaire=first, title="Walks", items=ITEMS).pk == first.pk, "still a draft"
    publish_questionnaire(by=by, questionnaire=first)
    second = save_questionnaire(by=by, questionnaire=first, title="Walks", items=[*ITEMS, {**ITEMS[0], "linkId": "q2"}])
    assert (second.version, second.status, second.url) == (2, "draft", first.url)
    publish_questionnaire(by=by, questionnaire=second)
    told = Questionnaire.objects.order_by("version").values_list("version", "status")
    assert list(told) == [(1, "retired"), (2, "active")]


def test_scored_ones_are_used_as_they_were_published() -> None:
    with pytest.raises(DomainError, match="used as it was published"):
        save_questionnaire(by=someone(), questionnaire=questionnaire("phq-9"), title="Mine", items=ITEMS)


def test_added_twice_it_is_there_once_and_comes_back_as_a_new_version() -> None:
    first = questionnaire("gad-7")
    assert add_shipped_questionnaire(by=someone(), name="gad-7").pk == first.pk
    retire_questionnaire(by=someone(), questionnaire=first)
    again = questionnaire("gad-7")
    assert (again.version, again.status, again.items) == (2, "active", first.items)
    with pytest.raises(DomainError):
        add_shipped_questionnaire(by=someone(), name="../../settings")


@pytest.mark.parametrize("change", [{"title": "Other"}, {"items": []}, {"url": "urn:x"}], ids=["title", "items", "url"])
def test_the_database_keeps_an_answered_version(change: dict[str, Any]) -> None:
    answered(PatientFactory(), "before-visit", {"reason": ["A cough"], "allergic": ["false"]})
    row = Questionnaire.objects.get()
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match="answered does not change"), transaction.atomic(), acting(someone()):
        row.save()


def test_a_draft_is_not_asked() -> None:
    draft = save_questionnaire(by=someone(), title="Walking", items=ITEMS)
    with pytest.raises(DomainError, match="not in use any more"):
        way_in(PatientFactory(), forms=[add_shipped_text(by=someone(), key="financial-agreement")])
    assert draft.status == "draft"


@pytest.mark.feature("D07")
def test_a_new_version_of_a_text_comes_into_force_on_its_day() -> None:
    by, today = someone(), clinic_today()
    old = text("financial-agreement")
    fields = {"kind": old.kind, "title": old.title, "text": "Pay."}
    new = save_consent_form(by=by, form=old, **fields, effective=today + timedelta(days=3))
    publish_consent_form(by=by, form=new)
    assert [form.pk for form in forms_in_force(today)] == [old.pk]
    assert [form.pk for form in forms_in_force(today + timedelta(days=3))] == [new.pk]
    late = save_consent_form(by=by, form=new, **fields, effective=today)
    with pytest.raises(DomainError, match="Choose a later one"):
        publish_consent_form(by=by, form=late)
    retire_consent_form(by=by, form=new)
    assert [form.pk for form in forms_in_force(today + timedelta(days=3))] == [old.pk]


@pytest.mark.feature("D07")
def test_the_database_keeps_a_published_text_and_what_was_signed() -> None:
    consent = signed(PatientFactory())
    form = ConsentForm.objects.get()
    form.text = "Something else"
    with pytest.raises(IntegrityError, match="was in use does not change"), transaction.atomic(), acting(someone()):
        form.save()
    for column, value in {
        "signer_name": "Eve",
        "shown_sha256": "0" * 64,
        "status": "rejected",
    }.items():
        consent.refresh_from_db()
        setattr(consent, column, value)
        with pytest.raises(IntegrityError), transaction.atomic(), acting(someone()):
            consent.save()
