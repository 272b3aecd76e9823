"""Escape sequences of HL7 v2 (chapter 2.7), undone. What is none is left as it was sent: nothing of a text is lost.

The library's own way drops what it doesn't know, everything after a lone escape sign, and writes the text to the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The longest run of blanks or line ends that a count may ask for.
_MOST = 80
#: Formatting commands (2.7.6) by what they stand for; those that take a number say it after a sign or at once.
_COMMANDS = {".br": "\n", ".sp": "\n", ".ce": "\n", ".in": "  ", ".ti": "  ", ".sk": " ", ".fi": "", ".nf": ""}
_COMMAND = re.compile(r"(\.[a-z]{2})\s*([+-]?\d{1,4})?")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
#: Signs that no text needs and no page can show; ends of lines and tabs stay.
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


@dataclass(frozen=True, slots=True)
class Signs:
    """The delimiters of a message, as its header names them (MSH-1, MSH-2)."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @classmethod
    def of(cls, header: str) -> Signs:
        """Those of a header; the usual ones where it is too short to name them."""
        given = header[4:8].split(header[3:4] or "|", maxsplit=1)[0]
        return cls(header[3:4] or "|", *(given[at : at + 1] or usual for at, usual in enumerate("^~\\&")))


def unescaped(text: str, signs: Signs) -> str:
    """A text as it is meant."""
    if signs.escape in text:
        sign = re.escape(signs.escape)
        text = re.sub(
            f"{sign}([^{sign}\\s]{{0,64}}|\\.[a-z]{{2}}\\s*[+-]?\\d*){sign}", lambda one: _meant(one, signs), text
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)


def _meant(found: re.Match[str], signs: Signs) -> str:
    said = found[1]
    plain = {
        **{"F": signs.field, "S": signs.component, "T": signs.subcomponent, "R": signs.repetition},
        **{"E": signs.escape, "H": "", "N": ""},
    }
    if said in plain:
        return plain[said]
    if match := _COMMAND.fullmatch(said):
        if match[1] in _COMMANDS:
            return _COMMANDS[match[1]] * min(max(int(match[2] or 1), 1), _MOST)
    elif match := _HEX.fullmatch(said):
        return bytes.fromhex(match[1]).decode("utf-8", "replace")
    return found[0]
