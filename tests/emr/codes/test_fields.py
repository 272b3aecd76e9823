from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from emr.codes.coding import Coding
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM, RXNORM
from emr.ui.forms import Form
from tests.emr.codes.samples import DIAGNOSES, load

pytestmark = pytest.mark.django_db

DIABETES = Coding(ICD10CM, "E11.9", "Type 2 diabetes mellitus without complications")


class DiagnosisForm(Form):
    diagnosis = CodeField(system=ICD10CM)
    other = CodeField(system=ICD10CM, required=False, allow_text=True)


@pytest.fixture(autouse=True)
def _diagnoses(db: None) -> None:
    load(*DIAGNOSES)


def cleaned(**data: str) -> Coding | None:
    form = DiagnosisForm(data)
    assert form.is_valid(), form.errors
    found: Coding | None = form.cleaned_data["diagnosis"]
    return found


def refused(**data: str) -> DiagnosisForm:
    form = DiagnosisForm(data)
    assert not form.is_valid()
    return form


@pytest.mark.parametrize(
    "text",
    [
        "E11.9",
        "e119",
        "E11.9 Type 2 diabetes mellitus without complications",
        "type 2 DIABETES mellitus, without complications",
    ],
)
def test_without_javascript_the_code_or_its_whole_name_is_enough(text: str) -> None:
    assert cleaned(diagnosis=text) == DIABETES


@pytest.mark.parametrize("text", [DIABETES.label, DIABETES.display])
def test_with_javascript_the_hidden_code_counts_while_its_text_stands(text: str) -> None:
    assert cleaned(diagnosis=text, diagnosis_code="E11.9") == DIABETES


def test_text_typed_over_a_chosen_code_counts_instead_of_it() -> None:
    found = cleaned(diagnosis="I10", diagnosis_code="E11.9")
    assert found is not None
    assert found.code == "I10"


def test_a_forged_code_is_refused() -> None:
    form = refused(diagnosis="Nonsense", diagnosis_code="E11.9")
    assert form.errors["diagnosis"] == ["“Nonsense” is neither a code nor the name of one. Type a code or other words."]


def test_an_ambiguous_text_offers_what_may_be_meant_and_takes_the_choice() -> None:
    form = refused(diagnosis="hypertension")
    assert form.errors["diagnosis"] == ["“hypertension” may mean several codes. Choose one below, or type more."]
    html = str(form["diagnosis"])
    assert [f'value="{code}"' in html for code in ("I10", "P29.2", "R03.0")] == [True] * 3
    assert html.count('type="radio"') == 3
    chosen = cleaned(diagnosis="hypertension", diagnosis_choice="I10")
    assert chosen == Coding(ICD10CM, "I10", "Essential (primary) hypertension")


def test_a_mistyped_text_is_never_taken_silently() -> None:
    form = refused(diagnosis="diabtes type 2")
    assert form.errors["diagnosis"] == ["“diabtes type 2” is not known. Choose one below, or type other words."]
    assert 'value="E11.9"' in str(form["diagnosis"])


def test_a_header_offers_its_codes() -> None:
    form = refused(diagnosis="E11")
    assert form.errors["diagnosis"] == ["“E11” is too general. Choose one below, or type more."]
    assert 'value="E11.9"' in str(form["diagnosis"])


def test_a_header_or_an_unknown_code_can_not_be_chosen() -> None:
    refused(diagnosis="diabetes", diagnosis_choice="E11")
    refused(diagnosis="diabetes", diagnosis_choice="X99")


def test_the_day_of_service_decides() -> None:
    form = DiagnosisForm({"diagnosis": "U07.1"})
    field = form.fields["diagnosis"]
    assert isinstance(field, CodeField)
    field.on = date(2020, 3, 1)
    assert form.errors["diagnosis"] == ["“U07.1” can't be used on that day."]
    assert cleaned(diagnosis="U07.1") == Coding(ICD10CM, "U07.1", "COVID-19")


def test_empty_is_an_error_only_when_required() -> None:
    form = refused(diagnosis="  ")
    assert form.errors["diagnosis"] == ["Enter a code or words, such as a diagnosis."]
    assert form.cleaned_data["other"] is None


def test_words_without_a_code_are_kept_only_when_the_user_says_so() -> None:
    form = DiagnosisForm({"diagnosis": "I10", "other": "Feels odd"})
    assert not form.is_valid()
    assert "keep “Feels odd” as text" in str(form["other"])
    again = DiagnosisForm({"diagnosis": "I10", "other": "Feels odd", "other_choice": "text"})
    assert again.is_valid()
    assert again.cleaned_data["other"] == Coding("", "", "Feels odd")


def test_text_is_refused_where_a_code_is_needed() -> None:
    assert "as text" not in str(refused(diagnosis="Feels odd", diagnosis_choice="text")["diagnosis"])


def test_what_was_chosen_is_shown_again() -> None:
    html = str(DiagnosisForm(initial={"diagnosis": DIABETES})["diagnosis"])
    assert f'value="{DIABETES.label}"' in html
    assert '<input type="hidden" name="diagnosis_code" value="E11.9" id="id_diagnosis_code">' in html
    assert 'data-source="/codes/search/?system=icd-10-cm"' in html


def test_a_nul_character_does_no_harm() -> None:
    assert refused(diagnosis="a\x00b", diagnosis_code="\x00", diagnosis_choice="\x00").errors["diagnosis"]


def test_what_was_typed_is_kept_and_escaped() -> None:
    html = str(refused(diagnosis='<b>"x"')["diagnosis"])
    assert 'value="&lt;b&gt;&#34;x&#34;"' in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        ({"diagnosis": DIABETES.label, "diagnosis_code": "E11.9"}, []),
        ({"diagnosis": "I10", "diagnosis_code": "E11.9"}, ["diagnosis"]),
        ({"diagnosis": DIABETES.label, "diagnosis_choice": "I10"}, ["diagnosis"]),
    ],
)
def test_changed_data(data: dict[str, str], changed: list[str]) -> None:
    assert DiagnosisForm(data, initial={"diagnosis": DIABETES}).changed_data == changed


@pytest.mark.parametrize(
    ("data", "queries"),
    [
        ({"diagnosis": DIABETES.label, "diagnosis_code": "E11.9"}, 1),
        ({"diagnosis": "E11.9"}, 1),
        ({"diagnosis": DIABETES.label}, 2),
        ({"diagnosis": DIABETES.display}, 3),
        ({"diagnosis": "blood pressure"}, 4),
    ],
)
def test_queries_are_few(data: dict[str, str], queries: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(queries):
        DiagnosisForm(data).is_valid()


class DrugForm(Form):
    drug = CodeField(system=RXNORM, allow_text=True)


def test_words_are_kept_at_once_where_the_system_has_no_list_to_choose_from() -> None:
    form = DrugForm({"drug": "lisinopril"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["drug"] == Coding("", "", "lisinopril")
