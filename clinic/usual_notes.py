"""The templates of notes and the words with which a clinic begins: ``data/usual_notes.toml``, read once."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.choices import NoteType, SectionKind
from clinic.note_keys import SectionKey

_FILE = Path(__file__).parent / "data" / "usual_notes.toml"


@dataclass(frozen=True)
class UsualTemplate:
    """A template that a clinic may begin with. ``parts`` are text at first and words to pick from, by key."""

    name: str
    type: NoteType
    visit_types: tuple[str, ...]
    parts: Mapping[str, tuple[str, tuple[str, ...]]]


@functools.cache
def usual_templates() -> tuple[UsualTemplate, ...]:
    """Those that come with the program."""
    return tuple(
        UsualTemplate(row["name"], NoteType[row["type"]], tuple(row["visit_types"]), _parts(row["parts"]))
        for row in _read()["template"]
    )


@functools.cache
def usual_words() -> Mapping[str, str]:
    """The words that come with the program, without their dots, and what they stand for."""
    found: dict[str, str] = _read()["words"]
    return found


def _parts(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, row in rows.items():
        kind = SectionKind[name]
        found[str(SectionKey(kind))] = (row.get("text", ""), tuple(row.get("picks", ())))
        found |= {str(SectionKey(kind, item=item)): ("", ()) for item in row.get("items", ())}
    return found


@functools.cache
def _read() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
