"""The data of the sample clinic hang together: codes exist, keys lead somewhere, texts can be filled."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest
import simple_icd_10_cm

from demo.data import rows, tables
from demo.logins import DEMO_PASSWORD
from emr.shared.identifiers import is_npi

_WORDS = {"bp", "low_bp", "high_bp", "control", "pulse", "temperature", "spo2", "weight", "height", "days", "a1c"}
_TEXTS = ("subjective", "objective", "assessment", "plan")


def keys(name: str) -> set[str]:
    return {row["key"] for row in rows(name)}


@pytest.mark.parametrize("story", tables("visits").values(), ids=lambda story: story["key"])
def test_a_visit_is_whole(story: dict[str, Any]) -> None:
    assert story["type"] in keys("types")
    for code, display in story["diagnoses"]:
        assert simple_icd_10_cm.is_leaf(code), code
        assert simple_icd_10_cm.get_description(code) == display
    assert set(story["services"]) <= {row["code"] for row in rows("services")}
    assert set(story.get("panels", ())) <= tables("panels").keys()
    assert story.get("medication") in {None, *keys("medications")}
    used = {field for name in _TEXTS for text in story[name] for _, field, _, _ in Formatter().parse(text) if field}
    assert used <= _WORDS


@pytest.mark.parametrize("problem", tables("problems").values(), ids=lambda problem: problem["key"])
def test_a_problem_is_whole(problem: dict[str, Any]) -> None:
    assert simple_icd_10_cm.get_description(problem["code"]) == problem["display"]
    assert problem["visit"] in tables("visits")
    assert set(problem["medications"]) <= keys("medications")
    assert set(problem["panels"]) <= tables("panels").keys()


def test_papers_of_the_practice_before_are_about_people_and_codes_that_exist() -> None:
    people = {f"{row['family_name']} {row['given_name']}" for row in rows("people")}
    assert set(tables("records")) <= people
    for record in tables("records").values():
        for row in (*record.get("former_problems", ()), *record.get("family", ())):
            assert simple_icd_10_cm.is_leaf(row["code"]), row
            assert simple_icd_10_cm.get_description(row["code"]) == row["display"]
        assert set(record.get("panels", ())) <= tables("panels").keys()


def test_people_have_what_the_data_know() -> None:
    allergies = {*keys("allergies"), "none", "unasked", ""}
    for row in rows("people"):
        assert set(filter(None, row["problems"].split(";"))) <= tables("problems").keys(), row
        assert set(row["allergies"].split(";")) <= allergies, row
        assert {row["payer"], row["second"]} <= {*keys("payers"), ""}, row


def test_staff_numbers_are_valid() -> None:
    assert all(is_npi(row["npi"]) for row in rows("staff") if row["npi"])
    assert len(DEMO_PASSWORD) >= 12
