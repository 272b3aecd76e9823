"""How text and codes are folded for search, the same way when stored and when typed."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = re.compile("['’`]")
_WORD = re.compile(r"[^\W_]+")
_CODE_NOISE = re.compile(r"[.\-\s\x00]")


def words(text: str) -> list[str]:
    """The words of a text without case, accents, apostrophes and punctuation: ``Ménière's`` gives ``menieres``."""
    return _WORD.findall(_APOSTROPHES.sub("", _bare(text)).lower())


def _bare(text: str) -> str:
    """Without accents. ASCII has none, and that is nearly all of a code set: looking at each letter took most time."""
    if text.isascii():
        return text
    return "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))


def search_text(display: str, synonyms: str = "") -> str:
    """What is searched: each word of the display behind a space, then ``|``, then each word of the synonyms.

    The leading space lets ``LIKE '% word%'`` mean "a word begins so", which the trigram index answers.
    """
    return "".join(f" {word}" for word in words(display)) + " |" + "".join(f" {word}" for word in words(synonyms))


def code_key(code: str) -> str:
    """A code as people type it, without dots, hyphens, spaces, NUL and case: ``e11.9`` gives ``E119``."""
    return _CODE_NOISE.sub("", code).upper()
