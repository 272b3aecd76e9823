"""Every text colour on every ground it may stand on reaches WCAG AA, in both themes, by computation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

TEXT, PART = 4.5, 3.0
GROUNDS = ("bg", "surface", "raised", "sunken", "hover", "accent-soft")
SOFT = ("critical", "warning", "done", "draft", "accent")
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS),
    *((tone, f"{tone}-soft", TEXT) for tone in SOFT),
    *((tone, ground, TEXT) for tone in SOFT for ground in ("surface", "bg", "hover")),
    *((ink, f"{tone}-soft", TEXT) for ink in ("ink", "ink-2") for tone in SOFT),
    *(("ink-3", f"{tone}-soft", TEXT) for tone in SOFT),
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-strong", TEXT),
    ("surface", "ink-2", TEXT),
    ("line-control", "surface", PART),
    ("line-control", "bg", PART),
    ("focus", "surface", PART),
    ("focus", "bg", PART),
]


def tokens(theme: int) -> dict[str, str]:
    """The colours of tokens.css: 0 light, 1 dark."""
    text = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", text)
    return {name: (light, dark)[theme] for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of the lighter to the darker, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_text_can_be_read(theme: int, ink: str, ground: str, least: float) -> None:
    colours = tokens(theme)
    assert contrast(colours[ink], colours[ground]) >= least, f"{colours[ink]} on {colours[ground]}"
