"""What a file is, told by its content alone: its name and the type that the browser claims are the sender's words."""

from __future__ import annotations

import io
import json
import re
import zipfile
from enum import StrEnum

import puremagic

from emr.uploads.refusals import Refused


class Kind(StrEnum):
    """The kinds of files that the house takes anywhere, by media type. SVG, HTML and archives are none of them."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    CSV = "text/csv"
    JSON = "application/json"
    HL7 = "x-application/hl7-v2+er7"
    X12 = "application/edi-x12"


WORDS = {
    Kind.PDF: "PDF",
    Kind.PNG: "PNG",
    Kind.JPEG: "JPEG",
    Kind.CSV: "CSV",
    Kind.JSON: "JSON",
    Kind.HL7: "HL7",
    Kind.X12: "X12",
}
ENDINGS = {
    Kind.PDF: ".pdf",
    Kind.PNG: ".png",
    Kind.JPEG: ".jpg",
    Kind.CSV: ".csv",
    Kind.JSON: ".json",
    Kind.HL7: ".hl7",
    Kind.X12: ".x12",
}

#: The first bytes, all of them at the very start: what begins with something else may be two files in one.
_STARTS = {b"%PDF-": Kind.PDF, b"\x89PNG\r\n\x1a\n": Kind.PNG, b"\xff\xd8\xff": Kind.JPEG}
#: Text that a browser or a program would take for a page, a script or a file of another kind.
_ACTIVE = re.compile(
    r"<\s*(?:!doctype|\?xml|\?php|html|head|body|svg|script|iframe|object|embed|math)\b|<!--|%PDF-|\A(?:GIF8|#!|%!)",
    re.I,
)
#: The bytes around an HL7 v2 message as it is sent (MLLP); such files have them too.
_FRAME = str.maketrans("", "", "\x0b\x1c")
#: The head of an X12 interchange (ISA01 and ISA02 have two and ten places).
_INTERCHANGE = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*ISA([^A-Za-z0-9])\d\d\1", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def kind_of(content: bytes) -> Kind:
    """The kind of a file. Raises Refused for every other content, saying what it looks like."""
    kind = next((kind for start, kind in _STARTS.items() if content.startswith(start)), None)
    kind = kind or _kind_of_text(content)
    if kind is None:
        raise Refused(f"The file is {_looks_like(content)}, which is not taken here.")
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused("The file is an archive as well, which is not taken here.")
    return kind


def text_of(content: bytes) -> str | None:
    """The text of a file in UTF-8 or Windows' Western letters; None for what is no text."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def _kind_of_text(content: bytes) -> Kind | None:
    # HL7 v2 begins with the head of a message, of a batch or of a file of them.
    if content[:64].lstrip(b"\xef\xbb\xbf\x0b\r\n ").startswith((b"MSH", b"FHS", b"BHS")):
        framed = content.decode("utf-8", "replace").translate(_FRAME)
        return Kind.HL7 if not _CONTROL.search(framed) and not _ACTIVE.search(framed) else None
    # X12 begins with ISA and the character between its elements, of which there is another one after two digits. Its
    # marks may be control characters, so it is not held to be printable.
    if _INTERCHANGE.match(content):
        return Kind.X12 if not _ACTIVE.search(content.decode("latin-1")) else None
    text = text_of(content)
    if not text or not text.strip() or _ACTIVE.search(text):
        return None
    if text.lstrip()[0] in "{[":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
        return Kind.JSON
    return Kind.CSV


def _looks_like(content: bytes) -> str:
    """In words for the sender, as well as one can tell."""
    if not content:
        return "empty"
    try:
        name = puremagic.magic_string(content[:8192])[0].name
    except (puremagic.PureError, IndexError, ValueError):
        name = ""
    return f"of another kind ({name})" if name else "of another kind"
