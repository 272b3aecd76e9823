"""The pages of merging: the preview, the merge, the list, the way back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Patient, PatientMerge, PatientName
from clinic.queries.merge_pairs import likely_pairs
from clinic.rules import visible_to
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from tests.clinic.twins import merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientDenialFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]


@pytest.fixture
def twins() -> tuple[Patient, Patient]:
    """Two charts that differ in name, telephone and address."""
    kept = PatientFactory.create(given_name="Maria", family_name="Lopez")
    gone = PatientFactory.create(given_name="Maria", family_name="Lopes", language="es")
    for patient, line, number in ((kept, "1 Elm Street", "+12175550101"), (gone, "2 Oak Street", "+12175550102")):
        PatientAddressFactory(patient=patient, line1=line)
        ContactPointFactory(patient=patient, value=number)
    return kept, gone


def _form(client: Client, kept: Patient, gone: Patient, **more: str) -> dict[str, str]:
    page = client.get(reverse("clinic:merges_preview", args=[kept.pk, gone.pk]))
    return {"reason": "One person", "confirmed": kept.mrn, "seen": _hidden(page, "seen"), **more}


def _hidden(page: HttpResponseBase, name: str) -> str:
    """The value of a hidden input of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())  # type: ignore[attr-defined]
    assert found is not None
    return html.unescape(found.group(1))


def test_the_preview_shows_both_and_changes_nothing(
    as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    words = client.get(reverse("clinic:merges_preview", args=[kept.pk, gone.pk])).content.decode()
    told = ("1 Elm Street", "2 Oak Street", "(217) 555-0101", "(217) 555-0102", "Lopez", "Lopes")
    assert [word for word in told if word not in words] == []
    assert not PatientMerge.objects.exists()
    read = set(AccessEvent.objects.values_list("patient_id", "section"))
    assert read == {(kept.pk, "merges"), (gone.pk, "merges")}


def test_what_is_chosen_is_kept_and_the_other_stays_as_a_former_one(
    as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    picks = {"keep-name": "merged", "keep-address:home": "merged", "keep-language": "merged"}
    answer = client.post(reverse("clinic:merges_preview", args=[kept.pk, gone.pk]), _form(client, kept, gone, **picks))
    merged = PatientMerge.objects.get()
    assert answer.headers["Location"] == reverse("clinic:merges_detail", args=[merged.pk])
    kept.refresh_from_db()
    assert (kept.family_name, kept.language) == ("Lopes", "es")
    former = PatientName.objects.get(patient=kept)
    assert (former.use, former.family_name) == ("old", "Lopez")
    current = {row.line1: row.period_end is None for row in kept.addresses.all()}
    assert current == {"1 Elm Street": False, "2 Oak Street": True}
    numbers = {row.value: row.period_end is None for row in kept.telecom.all()}
    assert numbers == {"+12175550101": True, "+12175550102": False}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("confirmed", "14-Mar-1961", "neither the MRN nor the birth date of the chart that is kept"),
        ("confirmed", "1234567", "neither an MRN nor a date of birth"),
        ("confirmed", "", "Enter the MRN or the date of birth"),
        ("reason", " ", "Say why these are one person"),
    ],
    ids=["other-birth-date", "no-mrn", "nothing", "no-reason"],
)
def test_a_slip_is_told_and_nothing_typed_is_lost(
    field: str, value: str, said: str, as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    data = _form(client, kept, gone, **{"keep-name": "merged", field: value})
    answer = client.post(reverse("clinic:merges_preview", args=[kept.pk, gone.pk]), data)
    words = answer.content.decode()
    assert (answer.status_code, said in words) == (422, True)
    assert 'name="keep-name" value="merged" checked' in words
    assert not PatientMerge.objects.exists()


def test_a_chart_that_was_changed_meanwhile_is_shown_again(
    as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    data = _form(client, kept, gone)
    client.post(reverse("clinic:merges_preview", args=[kept.pk, PatientFactory().pk]), {})
    with transaction.atomic(), acting(client.user):  # type: ignore[attr-defined]
        row = Patient.objects.get(pk=gone.pk)
        row.preferred_name = "Mia"
        row.save()
    answer = client.post(reverse("clinic:merges_preview", args=[kept.pk, gone.pk]), data)
    assert (answer.status_code, "Mia" in answer.content.decode()) == (409, True)
    again = {**data, "seen": _hidden(answer, "seen")}
    assert client.post(reverse("clinic:merges_preview", args=[kept.pk, gone.pk]), again).status_code == 303


def test_a_merge_is_undone_from_its_page(as_role: Callable[..., Client], twins: tuple[Patient, Patient]) -> None:
    client, (kept, gone) = as_role("manager"), twins
    row = merge(client.user, kept, gone)  # type: ignore[attr-defined]
    place = reverse("clinic:merges_detail", args=[row.pk])
    assert "Rows that moved" in client.get(place).content.decode()
    undo = reverse("clinic:merges_undo", args=[row.pk])
    assert client.post(undo, {"reason": ""}).status_code == 422
    ConditionFactory(patient=Patient.objects.get(pk=kept.pk), display="Gout")
    assert client.post(undo, {"reason": "Two people"}).headers["Location"] == place
    page = client.get(place)
    assert "Gout" not in page.content.decode()
    move = reverse("clinic:merges_move", args=[row.pk])
    assert page.content.decode().count('name="row"') == 1
    data = {"row": _hidden(page, "row"), "reason": "Said by the other"}
    assert client.post(move, data).status_code == 303
    assert [problem.display for problem in gone.conditions.all()] == ["Gout"]
    assert client.post(move, data).status_code == 422


def test_nobody_learns_of_a_chart_that_is_hidden(
    as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    twin = PatientFactory(given_name=kept.given_name, family_name=kept.family_name, birth_date=kept.birth_date)
    seen = visible_to(client.user)  # type: ignore[attr-defined]
    assert [(pair.one.id, pair.other.id) for pair in likely_pairs(seen)] == [(kept.pk, twin.pk)]
    PatientDenialFactory(patient=twin, user=client.user)  # type: ignore[attr-defined]
    assert likely_pairs(seen.all()) == []
    assert client.get(reverse("clinic:merges_preview", args=[kept.pk, twin.pk])).status_code == 404
    words = client.get(reverse("clinic:merges_start", args=[kept.pk])).content.decode()
    assert str(twin.pk) not in words
    row = merge(as_role("manager").user, twin, gone)  # type: ignore[attr-defined]
    assert client.get(reverse("clinic:merges_detail", args=[row.pk])).status_code == 404
    assert "No charts were merged" in client.get(reverse("clinic:merges_list")).content.decode()


@pytest.mark.parametrize("page", ["merges_list", "merges_duplicates"])
def test_a_list_asks_as_often_for_thirty_as_for_one(page: str, as_role: Callable[..., Client]) -> None:
    client = as_role("manager")

    def some(count: int) -> int:
        for _ in range(count):
            one = PatientFactory(family_name="Twin", birth_date="1970-01-01")
            other = PatientFactory(family_name="Twin", birth_date="1970-01-01")
            if page == "merges_list":
                merge(client.user, one, other)  # type: ignore[attr-defined]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse(f"clinic:{page}")).status_code == 200
        return len(asked)

    some(1)
    assert some(1) == some(6)
