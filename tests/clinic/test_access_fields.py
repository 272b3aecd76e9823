"""The least that each role needs: no page of the front desk and of the biller holds a word of the chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from clinic.actions.note_drafts import save_draft
from clinic.actions.notes import add_addendum, save_note
from clinic.actions.signing import sign_note
from clinic.choices import AddendumKind, SectionKind
from clinic.models import Note
from emr.accounts.models import User
from tests.clinic.notes import a_note, a_visit
from tests.factories import chart, clinic
from tests.policy.lives import LISTED, Life, a_life
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.feature("A03")]


def _marked(doctor: User, life: Life) -> dict[str, str]:
    """A marker of its own in each clinical field of a life: the field by the marker."""
    maria = life.patient
    markers: dict[str, str] = {}

    def mark(field: str) -> str:
        marker = f"Zq7{len(markers):02d}mark"
        markers[marker] = field
        return marker

    rows = [
        chart.ConditionFactory(patient=maria, display=mark("problem"), note=mark("problem.note")),
        clinic.AllergyIntoleranceFactory(patient=maria, display=mark("allergy"), note=mark("allergy.note")),
        chart.MedicationFactory(
            patient=maria, display=mark("drug"), note=mark("drug.note"), dosage_text=mark("drug.dosage")
        ),
        chart.ImmunizationFactory(patient=maria, display=mark("vaccine"), note=mark("vaccine.note")),
        chart.ProcedureFactory(patient=maria, display=mark("procedure"), note=mark("procedure.note")),
        chart.ObservationFactory(patient=maria, note=mark("observation.note")),
    ]
    clinic.AllergyReactionFactory(allergy=rows[1], display=mark("reaction"))
    chart.ReportFactory(patient=maria, display=mark("report"), conclusion=mark("report.conclusion"))
    life.keys["row_id"] = [rows[-1].pk]
    life.keys |= {name: [row.pk] for name, row in zip(LISTED, rows, strict=True)}
    visit = a_visit(doctor, maria)
    for signed in (True, False):
        note = a_note(doctor, visit if signed else a_visit(doctor, maria, days_ago=2))
        texts = {kind: mark(f"section {kind}, signed {signed}") for kind in SectionKind.values}
        note = save_note(by=doctor, note=note, base_version=note.version, sections=texts)
        life.keys["note_id"].append(note.pk)
        if signed:
            note = sign_note(by=doctor, note=note, base_version=note.version)
            add_addendum(by=doctor, note=note, text=mark("addendum"), kind=AddendumKind.ADDENDUM)
        else:
            drafted = {SectionKind.PLAN: mark("draft")}
            save_draft(by=doctor, note=Note.objects.get(pk=note.pk), base_version=note.version, sections=drafted)
    return markers


def _paths(url: Url, life: Life) -> list[str]:
    names = [name for name, _ in url.converters if name in life.keys]
    longest = max((len(life.keys[name]) for name in names), default=1)
    return [
        url.path(patient_id=life.patient.pk, **{name: life.keys[name][n % len(life.keys[name])] for name in names})
        for n in range(longest)
    ]


def _found(client: Client, life: Life, markers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The pages whose doors open to a person and that show marked fields, with these."""
    user: User = client.user  # type: ignore[attr-defined]
    for url in every_url():
        if url.door is None or url.door.permission is None or not user.has_perm(url.door.permission):
            continue
        for path in _paths(url, life):
            answer: Any = client.get(path)
            text = b"".join(answer).decode(errors="replace")
            shown = [field for marker, field in markers.items() if marker in text]
            if shown:
                yield url.name, shown


def test_front_desk_and_biller_see_no_word_of_the_chart(
    person: Callable[..., User], as_role: Callable[..., Client]
) -> None:
    doctor = person("clinician")
    life = a_life(doctor, person("biller"), text="Plain")
    markers = _marked(doctor, life)
    # A draft stands on its own writer's page alone, and a report only beside results of its own.
    missing = set(markers.values()) - {"draft", "report", "report.conclusion"}
    for _, fields in _found(as_role("clinician"), life, markers):
        missing -= set(fields)
        if not missing:
            break
    assert missing == set(), "the test has nothing to find"
    for role in ("front_desk", "biller"):
        assert list(_found(as_role(role), life, markers)) == [], role
