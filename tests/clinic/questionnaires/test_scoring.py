"""Scores against vectors counted by hand from the published instruments."""

from __future__ import annotations

import pytest

from clinic.questionnaires import shipped
from clinic.questionnaires.items import parse_items
from clinic.questionnaires.scoring import alerts, band_of, parse_bands, score

pytestmark = [pytest.mark.feature("B08"), pytest.mark.feature("E13")]

OFTEN = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
FIRST = ("LA6270-8", "LA18926-8", "LA18927-6", "LA18928-4", "LA18929-2")
DRINKS = ("LA15694-5", "LA15695-2", "LA18930-0", "LA18931-8", "LA18932-6")
SIX = ("LA6270-8", "LA18933-4", "LA18876-5", "LA18891-4", "LA18934-2")


def _of(name: str, points: list[int], *, sex: str = "") -> tuple[int | None, str, list[str]]:
    """Score, band and alerts of answers with these points, question by question."""
    one = shipped.questionnaires()[name]
    items, bands = parse_items(one.items), parse_bands(one.bands)
    scales = [FIRST, DRINKS, SIX] if name == "audit-c" else [OFTEN] * 9
    answers = {str(n): [scale[point]] for n, (point, scale) in enumerate(zip(points, scales, strict=False), 1)}
    total = score(items, answers)
    band = band_of(bands, total, sex=sex)
    return total, band.label if band else "", alerts(items, answers)


#: Kroenke 2001, table of severity: the edges of each band.
PHQ = [
    ([0] * 9, 0, "None or minimal"),
    ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "None or minimal"),
    ([1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "Mild"),
    ([3, 3, 3, 0, 0, 0, 0, 0, 0], 9, "Mild"),
    ([3, 3, 3, 1, 0, 0, 0, 0, 0], 10, "Moderate"),
    ([2, 2, 2, 2, 2, 2, 2, 0, 0], 14, "Moderate"),
    ([3, 3, 3, 3, 3, 0, 0, 0, 0], 15, "Moderately severe"),
    ([3, 3, 3, 3, 3, 3, 1, 0, 0], 19, "Moderately severe"),
    ([3, 3, 3, 3, 3, 3, 2, 0, 0], 20, "Severe"),
    ([3] * 8 + [0], 24, "Severe"),
]


@pytest.mark.parametrize(("points", "total", "band"), PHQ, ids=lambda value: str(value).replace(" ", ""))
def test_phq_9(points: list[int], total: int, band: str) -> None:
    assert _of("phq-9", points) == (total, band, [])


@pytest.mark.parametrize("points", [1, 2, 3])
def test_question_nine_of_phq_9_is_told_at_once_whatever_the_sum(points: int) -> None:
    total, band, told = _of("phq-9", [0] * 8 + [points])
    assert (total, band) == (points, "None or minimal")
    assert told == [
        "Thoughts of being better off dead or of self-harm (PHQ-9, question 9): speak with the patient today."
    ]


@pytest.mark.parametrize(
    ("points", "total", "band"),
    [
        ([0] * 7, 0, "Minimal"),
        ([1, 1, 1, 1, 0, 0, 0], 4, "Minimal"),
        ([1, 1, 1, 1, 1, 0, 0], 5, "Mild"),
        ([3, 3, 3, 0, 0, 0, 0], 9, "Mild"),
        ([3, 3, 3, 1, 0, 0, 0], 10, "Moderate"),
        ([2] * 7, 14, "Moderate"),
        ([3, 3, 3, 3, 3, 0, 0], 15, "Severe"),
        ([3] * 7, 21, "Severe"),
    ],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_gad_7(points: list[int], total: int, band: str) -> None:
    assert _of("gad-7", points) == (total, band, [])


@pytest.mark.parametrize(
    ("points", "sex", "total", "band"),
    [
        ([1, 1, 0], "female", 2, "Below the cut for women (3)"),
        ([1, 1, 1], "female", 3, "At or above the cut for women (3)"),
        ([1, 1, 1], "male", 3, "Below the cut for men (4)"),
        ([2, 1, 1], "male", 4, "At or above the cut for men (4)"),
        ([1, 1, 1], "unknown", 3, "At or above the cut for women (3)"),
        ([4, 4, 4], "male", 12, "At or above the cut for men (4)"),
    ],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_audit_c(points: list[int], sex: str, total: int, band: str) -> None:
    assert _of("audit-c", points, sex=sex) == (total, band, [])


def test_who_never_drinks_is_asked_once_and_scores_nothing() -> None:
    assert _of("audit-c", [0], sex="male") == (0, "Below the cut for men (4)", [])
    items = parse_items(shipped.questionnaires()["audit-c"].items)
    assert [item.asked({"1": [FIRST[0]]}) for item in items] == [True, False, False]
    assert [item.asked({"1": [FIRST[1]]}) for item in items] == [True, True, True]


def test_an_unanswered_question_gives_no_score() -> None:
    assert _of("phq-9", [3] * 8) == (None, "", [])
    assert _of("audit-c", [1]) == (None, "", [])


def test_the_codes_are_those_of_loinc() -> None:
    """Panel, sum, and each question, as LOINC publishes them for the three panels."""
    told = {
        name: (one.code, one.score_code, [item["code"] for item in one.items])
        for name, one in shipped.questionnaires().items()
        if one.purpose == "scored"
    }
    assert told == {
        "phq-9": (
            "44249-1",
            "44261-6",
            [
                "44250-9",
                "44255-8",
                "44259-0",
                "44254-1",
                "44251-7",
                "44258-2",
                "44252-5",
                "44253-3",
                "44260-8",
                "69722-7",
            ],
        ),
        "gad-7": (
            "69737-5",
            "70274-6",
            ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"],
        ),
        "audit-c": ("72109-2", "75626-2", ["68518-0", "68519-8", "68520-6"]),
    }
