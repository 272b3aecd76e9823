"""What changed between two signed versions of a note, word by word, section by section."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from clinic.snapshots import Snapshot

_WENT, _CAME = Markup("<del>{}</del>"), Markup("<ins>{}</ins>")
_WORDS = re.compile(r"\s+|[^\s]+")
#: Above this many words a changed passage is shown whole, struck out and written anew: comparing takes too long.
_MOST_WORDS = 3000


@dataclass(frozen=True)
class Change:
    """One part of the note: ``state`` is same, changed, added or removed; ``html`` marks what went and what came."""

    label: str
    state: str
    html: Markup


def changes(old: Snapshot, new: Snapshot) -> list[Change]:
    """Every part that either version has, in the order of the newer one; what only the older one has comes last."""
    before, after = _parts(old), _parts(new)
    return [_change(label, before.get(label, ""), after.get(label, "")) for label in {**after, **before}]


def marked(old: str, new: str) -> Markup:
    """The newer text with what went as ``<del>`` and what came as ``<ins>``; white space is kept."""
    one, other = _WORDS.findall(old), _WORDS.findall(new)
    if len(one) * len(other) > _MOST_WORDS**2:
        return _tagged(_WENT, [old]) + _tagged(_CAME, [new])
    found = Markup()
    for does, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if does == "equal":
            found += escape("".join(one[a:b]))
        else:
            found += _tagged(_WENT, one[a:b]) + _tagged(_CAME, other[c:d])
    return found


def _change(label: str, old: str, new: str) -> Change:
    if old == new:
        return Change(label, "same", escape(new))
    return Change(label, "added" if not old else "removed" if not new else "changed", marked(old, new))


def _tagged(frame: Markup, words: Iterable[str]) -> Markup:
    text = "".join(words)
    return frame.format(text) if text else Markup()


def _parts(snapshot: Snapshot) -> dict[str, str]:
    """The texts by the words that name them: sections, then diagnoses and vital signs as lines."""
    found: dict[str, str] = {}
    for row in snapshot["sections"]:
        name = f"{row['label']}: {row['part']}" if row.get("part") else row["label"]
        found[name] = f"({row['finding']}) {row['text']}" if row.get("finding") else row["text"]
    found["Diagnoses"] = "\n".join(f"{row['rank']}. {row['display']} {row['code']}" for row in snapshot["diagnoses"])
    found["Vital signs"] = "\n".join(
        f"{row['display']} {'/'.join(value['value'] for value in row['values'])} {row['values'][0]['unit']}"
        for row in snapshot["vitals"]
    )
    return found
