"""What speaks against a drug: by ingredient, by class, by a knowledge base; and what could not be looked at."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.drugs import named_in, schedules_of
from clinic.models.safety import AlertLevel
from clinic.safety import Allergen, Interaction, Knowledge, check_drug, substance, unchecked
from emr.codes.systems import RXNORM

pytestmark = pytest.mark.feature("F06")

NOTHING = Knowledge()
AMOXICILLIN = "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet"


def _alerts(
    drug: str, *, allergy: str = "", taken: str = "", knowledge: Knowledge = NOTHING, **allergen: str
) -> list[tuple[str, str, str]]:
    allergies = [Allergen(substance("a", allergy, None, knowledge), **allergen)] if allergy else []
    others = [substance("m", taken, None, knowledge)] if taken else []
    found = check_drug(substance("new", drug, None, knowledge), others, allergies, knowledge)
    return [(alert.kind.value, alert.level.value, alert.message) for alert in found]


@pytest.mark.parametrize(
    ("text", "ingredients", "schedules"),
    [
        ("Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet", {"acetaminophen", "oxycodone"}, {"2"}),
        ("72 HR Fentanyl 0.025 MG/HR Transdermal System", {"fentanyl"}, {"2"}),
        ("Acetaminophen 300 MG / Codeine Phosphate 30 MG Oral Tablet", {"acetaminophen", "codeine"}, {"3", "5"}),
        ("Codeine Sulfate 30 MG Oral Tablet", {"codeine"}, {"2"}),
        ("zolpidem tartrate 5 MG Oral Tablet", {"zolpidem"}, {"4"}),
        ("Penicillin V Potassium 250 MG Oral Tablet", {"penicillin"}, set()),
        ("PCN", {"penicillin"}, set()),
        ("Bactrim DS", {"sulfamethoxazole", "trimethoprim"}, set()),
        ("Norco 5/325", {"hydrocodone", "acetaminophen"}, {"2"}),
        ("70/30 insulin isophane, human", {"insulin isophane"}, set()),
        ("Verzenio 100 MG Oral Tablet", set(), set()),
    ],
)
def test_a_name_tells_its_ingredients_and_its_schedule(text: str, ingredients: set[str], schedules: set[str]) -> None:
    assert (set(named_in(text).ingredients), set(schedules_of(text))) == (ingredients, schedules)


def test_real_names_tell_their_ingredients_unless_they_are_brands(real_data: Path) -> None:
    with (real_data / "codes" / "used_rxnorm.csv").open(encoding="utf-8", newline="") as file:
        names = [row["display"] for row in csv.DictReader(file)]
    unknown = [name for name in names if not named_in(name)]
    assert len(names) == 167
    assert len(unknown) <= 20
    assert [name for name in unknown if "hydrochloride" in name.lower() or " / " in name] == []


def test_an_allergy_stops_its_ingredient_and_its_class_and_warns_of_its_kin() -> None:
    kept = "An allergy to Penicillin V (hives) is on file"
    told = {"allergy": "Penicillin V", "reactions": "hives"}
    assert _alerts("Penicillin V 250 MG Oral Tablet", **told) == [  # type: ignore[arg-type]
        ("allergy", "stop", f"{kept}, and Penicillin V 250 MG Oral Tablet contains penicillin.")
    ]
    assert _alerts(AMOXICILLIN, **told) == [  # type: ignore[arg-type]
        ("allergy", "stop", f"{kept}, and {AMOXICILLIN} is of the same class: penicillins.")
    ]
    assert _alerts("cephalexin 500 MG", **told) == [  # type: ignore[arg-type]
        ("allergy", "warning", f"{kept}. It may extend to cephalosporins, such as cephalexin 500 MG.")
    ]
    assert _alerts("azithromycin 250 MG", **told) == []  # type: ignore[arg-type]


def test_an_intolerance_warns_and_stops_only_where_the_risk_is_high() -> None:
    levels = [
        _alerts("naproxen 250 MG", allergy="NSAIDs", type="intolerance", criticality=risk)[0][1]
        for risk in ("", "high")
    ]
    assert levels == ["warning", "stop"]


def test_words_alone_find_what_no_list_knows() -> None:
    assert _alerts("1 ML frobozzine 20 MG/ML Injection", allergy="Frobozzine")[0][:2] == ("allergy", "stop")
    assert _alerts("frobozzine 20 MG", taken="frobozzine 40 MG")[0][:2] == ("duplicate", "stop")
    assert _alerts("frob 20 MG", allergy="Frobozzine") == []


def test_the_same_ingredient_stops_and_the_same_class_warns() -> None:
    assert _alerts("lisinopril 20 MG", taken="lisinopril 10 MG Oral Tablet") == [
        ("duplicate", "stop", "lisinopril 20 MG and lisinopril 10 MG Oral Tablet both contain lisinopril.")
    ]
    alike = (
        "losartan 50 MG and lisinopril 10 MG have the same effect: angiotensin receptor blockers and ACE inhibitors."
    )
    assert _alerts("losartan 50 MG", taken="lisinopril 10 MG") == [("duplicate", "warning", alike)]
    assert _alerts("insulin glargine", taken="insulin lispro")[0][:2] == ("duplicate", "warning")
    assert _alerts("metformin 500 MG", taken="lisinopril 10 MG") == []


def test_a_knowledge_base_says_ingredients_classes_and_interactions() -> None:
    brand, sort, other = (RXNORM, "1"), (RXNORM, "2"), (RXNORM, "3")
    known = Knowledge(
        ingredients={brand: frozenset({sort})},
        labels={sort: "abemaciclib", ("atc", "L01"): "kinase inhibitors"},
        interactions={frozenset({sort, other}): Interaction(AlertLevel.STOP, "Both slow the heart.", "Pairs 7")},
        sources={"interactions": "Pairs (7)"},
    )
    drug = substance("new", "Verzenio 100 MG", brand, known)
    taken = substance("m", "Zzz", other, known)
    allergy = Allergen(substance("a", "Abemaciclib", sort, known))
    found = check_drug(drug, [taken], [allergy], known)
    assert [(alert.kind.value, alert.message, alert.source) for alert in found] == [
        (
            "allergy",
            "An allergy to Abemaciclib is on file, and Verzenio 100 MG contains abemaciclib.",
            "The clinic's allergy list",
        ),
        ("interaction", "Verzenio 100 MG with Zzz: Both slow the heart.", "Pairs 7"),
    ]
    classed = replace(known, classes={sort: frozenset({("atc", "L01")}), other: frozenset({("atc", "L01")})})
    again = check_drug(substance("n", "Verzenio", brand, classed), [substance("m", "Zzz", other, classed)], (), classed)
    assert again[1].message == "Verzenio and Zzz are of the same class: kinase inhibitors."


def test_what_was_not_looked_at_is_said() -> None:
    latex = Allergen(substance("a", "Latex allergy", ("http://snomed.info/sct", "300916003"), NOTHING))
    assert list(unchecked([latex], [substance("n", "Verzenio", None, NOTHING)], NOTHING)) == [
        "Interactions were not checked: no knowledge base of interactions is loaded.",
        "Compared by their words alone, because their ingredients are not known: Latex allergy, Verzenio.",
    ]
    code = (RXNORM, "860975")
    loaded = Knowledge(sources={"interactions": "Pairs (7)"}, interacting=frozenset({code}))
    assert list(unchecked([], [substance("n", "metformin 500 MG", code, loaded)], loaded)) == []
    typed = substance("n", "metformin 500 MG", None, loaded)
    assert list(unchecked([], [typed], loaded)) == [
        "The knowledge base of interactions says nothing of: metformin 500 MG."
    ]


def test_a_reason_belongs_to_one_warning() -> None:
    one, other, louder = (
        check_drug(
            substance("new", drug, None, NOTHING), (), [Allergen(substance("a", "Penicillin", None, NOTHING))], NOTHING
        )[0].key
        for drug in ("amoxicillin 250 MG", "amoxicillin 500 MG", "amoxicillin 250 MG")
    )
    assert one != other
    assert one == louder
