"""Going on past a warning, and loading a knowledge base."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from clinic.actions.allergies import add_allergy
from clinic.actions.lists import undo_change
from clinic.actions.medications import add_medication, change_medication, check_again, stop_medication
from clinic.actions.safety import Reasons, Unsafe, override_standing
from clinic.models import KnowledgeBase, KnowledgeLink, MedicationStatement, SafetyOverride
from clinic.queries.safety import check_new_drug, standing_with_reasons
from emr.codes.coding import Coding
from emr.codes.systems import RXNORM
from emr.shared.errors import Conflict, DomainError
from tests.factories.base import someone
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory

pytestmark = [pytest.mark.feature("F06"), pytest.mark.django_db]

AMOXICILLIN = Coding(RXNORM, "308182", "Amoxicillin 250 MG Oral Capsule")


def test_a_drug_that_an_allergy_stops_needs_a_reason_which_is_kept() -> None:
    by, patient = someone(), PatientFactory()
    AllergyIntoleranceFactory(patient=patient, display="Penicillin V")
    with pytest.raises(Unsafe, match=r"of the same class: penicillins.*say why you go on") as refused:
        add_medication(by=by, patient=patient, coding=AMOXICILLIN, reasons=Reasons({"another": "tolerated"}))
    assert not MedicationStatement.objects.exists()

    (alert,) = refused.value.check.stops
    row = add_medication(
        by=by, patient=patient, coding=AMOXICILLIN, reasons=Reasons({alert.key: "tolerated"}, "In 2019, at Mercy")
    )
    kept = SafetyOverride.objects.values_list(
        "medication", "kind", "level", "against", "reason", "comment", "created_by"
    )
    assert list(kept) == [(row.pk, "allergy", "stop", "Penicillin V", "tolerated", "In 2019, at Mercy", by.pk)]
    _, (standing,) = standing_with_reasons(patient)
    assert standing.passed == SafetyOverride.objects.get()


def test_an_allergy_recorded_later_stands_against_the_list_until_somebody_answers() -> None:
    by, patient = someone(), PatientFactory()
    row = add_medication(by=by, patient=patient, coding=AMOXICILLIN)
    MedicationFactory(patient=patient, display="Amoxicillin 500 MG", status="stopped")
    add_allergy(by=by, patient=patient, coding=Coding("", "", "penicillins"))
    _, (standing,) = standing_with_reasons(patient)
    assert (standing.medication, standing.alert.level, standing.passed) == (row, "stop", None)

    with pytest.raises(DomainError, match="Choose why"):
        override_standing(by=by, patient=patient, key=standing.alert.key, reason="because")
    override_standing(by=by, patient=patient, key=standing.alert.key, reason="monitored")
    assert standing_with_reasons(patient)[1][0].passed is not None
    with pytest.raises(Conflict, match="stands no longer"):
        override_standing(by=by, patient=patient, key="0" * 16, reason="monitored")


def test_a_drug_that_comes_back_is_checked_again() -> None:
    """A stop that is taken back is no way past an allergy that was recorded since; a change that is, is no addition."""
    by, patient = someone(), PatientFactory()
    row = add_medication(by=by, patient=patient, coding=AMOXICILLIN)
    stop_medication(by=by, medication=row, reason="Done")
    row.refresh_from_db()
    undo_change(by=by, row=row, check=check_again)
    change_medication(by=by, medication=MedicationStatement.objects.get(), frequency="daily")
    add_allergy(by=by, patient=patient, coding=Coding("", "", "PCN"))
    undo_change(by=by, row=row, check=check_again)
    stop_medication(by=by, medication=row, reason="Hives")
    with pytest.raises(DomainError, match="Put the drug on the list anew, and say why"):
        undo_change(by=by, row=row, check=check_again)
    row.refresh_from_db()
    assert row.status == "stopped"


def _load(tmp_path: Path, kind: str, text: str, name: str = "Pairs", release: str = "1") -> str:
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("load_knowledge", kind, file=tmp_path / "file.csv", name=name, release=release, stdout=out)
    return out.getvalue()


def test_a_knowledge_base_is_loaded_whole_replaced_and_used(tmp_path: Path) -> None:
    patient = PatientFactory()
    MedicationFactory(patient=patient, code="11289", display="Coumadin")
    coding = Coding(RXNORM, "197361", "Norvasc 5 MG")
    pairs = "first,second,level,text\n17767,11289,stop,Bleeding\n"
    assert "Pairs 1 loaded, 1 lines" in _load(tmp_path, "interactions", pairs)
    assert "in use already" in _load(tmp_path, "interactions", pairs)
    assert check_new_drug(patient, coding).alerts == ()
    _load(tmp_path, "ingredients", "drug,ingredient,name\n197361,17767,amlodipine\n", "RxNorm", "2026-11")
    (alert,) = check_new_drug(patient, coding).alerts
    assert (alert.level, alert.message, alert.source) == ("stop", "Norvasc 5 MG with Coumadin: Bleeding", "Pairs 1")
    assert "RxNorm (2026-11)" in check_new_drug(patient, coding).sources
    # What the base doesn't know, or what has no code, was not checked; and an old base says that it is one.
    MedicationFactory(patient=patient, system="", code="", display="digoxin")
    strange = "The knowledge base of interactions says nothing of: digoxin."
    assert check_new_drug(patient, coding).unchecked == (
        "Allergies are not recorded: there is nothing to check against. Ask the patient.",
        strange,
    )
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert "Pairs 1 was loaded on" in " ".join(check_new_drug(patient, coding).unchecked)

    _load(tmp_path, "interactions", pairs.replace("stop", "note"), release="2")
    assert check_new_drug(patient, coding).alerts[0].level == "note"
    assert KnowledgeBase.objects.filter(kind="interactions", retired_at=None).count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("first,second,level,text\n1,2,stop,a\n2,1,note,b\n", "Line 3.*1 with 2.*in line 2 already"),
        ("first,second,level,text\n1,1,stop,a\n", "Line 2, column second: is the same code"),
        ("first,second,level,text\n1,2,loud,a\n", "none of note, warning, stop"),
        ("first,second,text\n1,2,a\n", "the heading lacks level"),
        ("first,second,level,text\n", "holds no codes"),
    ],
)
def test_a_wrong_file_is_refused_whole(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=said):
        _load(tmp_path, "interactions", text)
    assert not KnowledgeBase.objects.exists()
    assert not KnowledgeLink.objects.exists()
