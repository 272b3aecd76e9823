"""The names of a note's parts: read, refused, put in order."""

from __future__ import annotations

from uuid import UUID

import pytest

from clinic.choices import SectionKind
from clinic.exam import label_of, normal_of, place_of, systems
from clinic.note_keys import SectionKey, differ, known, parse

EXAM, PLAN, BOTH = SectionKind.EXAM, SectionKind.PLAN, SectionKind.ASSESSMENT_AND_PLAN
PROBLEM = UUID("01977000-0000-7000-8000-00000000abcd")


@pytest.mark.parametrize(
    "key", [SectionKey(PLAN), SectionKey(EXAM), SectionKey(EXAM, item="heart"), SectionKey(BOTH, diagnosis=PROBLEM)]
)
def test_a_key_is_read_as_it_is_written(key: SectionKey) -> None:
    assert parse(str(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "note",
        f"{PLAN}/",
        f"{PLAN}/heart",
        f"{PLAN}#finding",
        f"{EXAM}/Heart",
        f"{EXAM}/" + "h" * 41,
        f"{BOTH}/E11.9",
        f"{BOTH}/{PROBLEM}#finding",
    ],
)
def test_what_is_no_part_of_a_note_is_no_key(key: str) -> None:
    assert parse(key) is None
    assert known({key: "text"}) == {}


def test_findings_are_few_words_and_line_ends_are_one() -> None:
    heart = f"{EXAM}/heart"
    given = {
        f"{heart}#finding": "normal",
        f"{EXAM}/lungs#finding": "odd",
        heart: "a\r\nb",
        f"{BOTH}/{PROBLEM}".upper(): "",
    }
    assert known(given) == {f"{heart}#finding": "normal", heart: "a\nb", f"{BOTH}/{PROBLEM}": ""}
    assert not differ({heart: "a "}, {heart: "a", PLAN: "more"})
    assert differ({heart: ""}, {heart: "a"})


@pytest.mark.feature("E09")
def test_the_systems_have_an_order_a_normal_sentence_and_ages() -> None:
    exam = systems(EXAM)
    assert list(exam)[:3] == ["general", "head", "fontanelle"]
    assert [one.item for one in exam.values() if one.suits(1) and not one.suits(40)] == ["fontanelle", "hips"]
    assert normal_of(EXAM, "heart") == "Regular rate and rhythm, no murmur, rub or gallop."
    assert (label_of(EXAM, "heart"), label_of(EXAM, "left-knee")) == ("Heart", "Left knee")
    assert place_of(EXAM, "left-knee") == len(exam) + 1
    assert systems(PLAN) == {}
    assert all(
        one.normal and one.label for kind in (EXAM, SectionKind.REVIEW_OF_SYSTEMS) for one in systems(kind).values()
    )
