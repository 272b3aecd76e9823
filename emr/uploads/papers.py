"""PDFs: looked into by a process of their own, since their reader is a large program fed by strangers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from emr.uploads.refusals import Refused

MAX_PAGES = 500
_SECONDS = 20
_PROBE = Path(__file__).with_name("pdf_probe.py")
_PAGE = Path(__file__).with_name("pdf_page.py")
#: Pixels of a page's width as it is looked at: letters of eight points stay legible.
PAGE_WIDTH = 1100


def check_pdf(content: bytes) -> int:
    """The number of pages. Raises Refused for a PDF that is broken, locked, too long, or more than paper: one that
    carries scripts, other files or a form of its own program.
    """
    found = _probe(content)
    if found.get("locked"):
        raise Refused("The PDF is locked by a password. Save it without one.")
    if not found.get("pages"):
        raise Refused("The PDF is broken and can't be opened. Save it anew, or scan the paper again.")
    if found["pages"] > MAX_PAGES:
        raise Refused(f"The PDF has more than {MAX_PAGES} pages. Split it.")
    if found["scripts"] or found["attachments"] or found["program"]:
        raise Refused(
            "The PDF carries scripts or other files. Print it to a new PDF and send that.", recorded="active PDF"
        )
    return found["pages"]


def page_picture(content: bytes, number: int) -> bytes | None:
    """One page of a PDF, from 1, as PNG; None where there is no such page or it can't be drawn."""
    return _run(_PAGE, content, str(number), str(PAGE_WIDTH)) or None


def _probe(content: bytes) -> dict[str, int]:
    """What the probe says; nothing where it fails or takes too long."""
    try:
        found: dict[str, int] = json.loads(_run(_PROBE, content) or b"{}")
    except ValueError:
        return {}
    return found


def _run(program: Path, content: bytes, *arguments: str) -> bytes:
    """What a program says of a file; nothing where it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  our own program; the file is its input
            [sys.executable, "-I", str(program), *arguments],
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""
