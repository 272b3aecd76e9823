"""Bytes and messages: the frame of MLLP, the letters of MSH-18, files that hold many messages."""

from __future__ import annotations

import re

#: MLLP: a message stands between these (HL7 v2, Transport Specification: MLLP, release 1).
START, END = b"\x0b", b"\x1c\r"
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "ASCII": "utf-8",
}


def framed(text: str) -> bytes:
    """A message as MLLP sends it."""
    return START + text.encode() + END


def decoded(content: bytes) -> str:
    """The text of a message, by the letters that its header names; Windows' Western ones where that fails."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    head = re.split(rb"[\r\n]", content.lstrip(START), maxsplit=1)[0]
    fields = head.split(head[3:4]) if len(head) > 3 else []
    named = fields[17].decode("ascii", "replace").split("~")[0].strip().upper() if len(fields) > 17 else ""
    for charset in (_CHARSETS.get(named, "utf-8"), "utf-8"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def split_messages(content: bytes) -> list[str]:
    """The messages of a file: one, many in a row, framed, or in a batch, whose own head and foot say nothing here."""
    text = decoded(content).translate({0x0B: "\r", 0x1C: "\r"})
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    messages: list[list[str]] = []
    for line in lines:
        if line[:3] in {"FHS", "BHS", "BTS", "FTS"}:
            continue
        if line.startswith("MSH") or not messages:
            messages.append([])
        messages[-1].append(line)
    return ["\r".join(lines) for lines in messages]
