from __future__ import annotations

import pytest

from emr.codes.folding import code_key, search_text, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ménière's disease", ["menieres", "disease"]),
        ("Crohn’s  DISEASE", ["crohns", "disease"]),
        ("Elevated blood-pressure (reading)", ["elevated", "blood", "pressure", "reading"]),
        ("type 2", ["type", "2"]),
        ("snake_case % |", ["snake", "case"]),
        ("", []),
    ],
)
def test_words_lose_case_accents_and_punctuation(text: str, folded: list[str]) -> None:
    assert words(text) == folded


@pytest.mark.parametrize(
    ("code", "key"), [("e11.9", "E119"), (" E11.9 ", "E119"), ("8480-6", "84806"), ("mm[Hg]", "MM[HG]"), ("%", "%")]
)
def test_a_code_is_found_however_it_is_typed(code: str, key: str) -> None:
    assert code_key(code) == key


def test_display_and_synonyms_are_kept_apart() -> None:
    assert search_text("Type 2 diabetes", "DM2; sugar") == " type 2 diabetes | dm2 sugar"
    assert search_text("COVID-19") == " covid 19 |"
