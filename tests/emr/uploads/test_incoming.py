"""What is taken in, what is not, and what is left of it."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from emr.uploads.incoming import Incoming, Limits, check, safe_name
from emr.uploads.kinds import Kind
from emr.uploads.refusals import Refused
from tests.emr.uploads.samples import EICAR, archive, bomb, paper, picture

ANY = Limits(tuple(Kind), 5 * 1024 * 1024)
CSV = b"code,display,amount\n99213,Visit,120.00\n"


def refusal(content: bytes, limits: Limits = ANY) -> str:
    """Why a file is not taken."""
    with pytest.raises(Refused) as caught:
        check(content, "photo.png", limits)
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), Kind.PNG),
        (picture("JPEG"), Kind.JPEG),
        (paper(), Kind.PDF),
        (CSV, Kind.CSV),
        ("naïve;café\n".encode("cp1252"), Kind.CSV),
        (b'{"resourceType": "Bundle"}', Kind.JSON),
        (b"\x0bMSH|^~\\&|LAB\rPID|1\x1c\r", Kind.HL7),
        (b"FHS|^~\\&|LAB\rBHS|", Kind.HL7),
    ],
)
def test_the_kind_is_told_by_the_content_alone(content: bytes, kind: Kind) -> None:
    assert check(content, "anything.exe", ANY).kind == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>",
        b"a,b\n1,<script>alert(1)</script>\n",
        b"<!DOCTYPE html><title>x</title>",
        b"<!-- --><html>",
        b"GIF89a" + b"\0" * 50,
        b"GIF89a/*;alert(1)",
        archive(),
        b"MZ\x90\0" + b"\0" * 100,
        b"#!/bin/sh\x00",
        b'{"a": ' * 100_000,
        b"junk before\n" + paper(),
        paper() + archive(),
        CSV + archive(),
    ],
    # Not the content itself: an archive holds the second in which it was made, and each worker must see the same names.
    ids=lambda content: content[:8].hex() or "nothing",
)
def test_everything_else_is_refused(content: bytes) -> None:
    assert refusal(content).startswith("The file is")


def test_a_field_takes_its_own_kinds_only() -> None:
    assert (
        refusal(paper(), Limits((Kind.PNG, Kind.JPEG), 10**6))
        == "The file is PDF by its content; PNG or JPEG is taken here."
    )


def test_a_large_file_is_refused() -> None:
    assert (
        refusal(b"x" * 2049, Limits((Kind.CSV,), 2048)) == "The file is larger than 2 kB. Make it smaller or split it."
    )


class TestPictures:
    """Pixels, and nothing else."""

    def test_a_picture_is_drawn_anew(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = "Rosa Lopez at 41.8781 N"
        exif[0x0112] = 6  # on its side
        sent = picture("JPEG", exif=exif) + b"<?php evil() ?>"
        taken = check(sent, "me.jpg", ANY)
        drawn = Image.open(io.BytesIO(taken.content))
        assert (drawn.size, dict(drawn.getexif())) == ((20, 40), {})
        assert b"Rosa" in sent
        assert b"Rosa" not in taken.content
        assert b"php" not in taken.content
        assert taken.sha256 == hashlib.sha256(taken.content).hexdigest()

    def test_a_bomb_is_refused_before_it_is_unpacked(self) -> None:
        for side in (9000, 30_000):
            assert refusal(bomb(side)) == "The picture has more than 24 million pixels. Make it smaller."

    def test_a_long_strip_is_refused(self) -> None:
        assert refusal(picture(size=(10_001, 1))).startswith("The picture is more than 10000 pixels wide or high.")

    def test_a_text_inside_that_unpacks_to_much_is_not_unpacked(self) -> None:
        """Refused or dropped: Pillow does the one, or the other once WeasyPrint has told it to bear what is cut."""
        data = b"note\0\0" + zlib.compress(b"\0" * 100_000_000)
        chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
        made = picture()
        tracemalloc.start()
        try:
            kept = len(check(made[:33] + chunk + made[33:], "a.png", ANY).content)
        except Refused:
            kept = 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert kept < 1000
        assert peak < 20_000_000

    def test_a_broken_one_is_refused(self) -> None:
        out = io.BytesIO()
        Image.effect_noise((200, 200), 90).save(out, "PNG")
        for cut in (20, 60, len(out.getvalue()) // 2):
            assert "broken" in refusal(out.getvalue()[:cut])


class TestPapers:
    """PDFs are paper."""

    def test_pages_are_counted(self) -> None:
        assert check(paper(3), "x", ANY).pages == 3

    def test_a_script_or_a_file_inside_is_refused(self) -> None:
        for active in (paper(script="app.alert(1)"), paper(attachment=b"MZ")):
            assert refusal(active) == "The PDF carries scripts or other files. Print it to a new PDF and send that."

    def test_too_many_pages_are_refused(self) -> None:
        assert refusal(paper(501)) == "The PDF has more than 500 pages. Split it."

    def test_a_broken_one_is_refused(self) -> None:
        assert (
            refusal(b"%PDF-1.7\n" + b"junk" * 100)
            == "The PDF is broken and can't be opened. Save it anew, or scan the paper again."
        )


@pytest.mark.django_db
class TestScanner:
    """A scanner of the clinic's: here a small program that knows one virus."""

    @pytest.fixture(autouse=True)
    def scanner(self, settings: Any, tmp_path: Path) -> None:
        program = tmp_path / "scanner.py"
        program.write_text(
            "import sys\ncontent = sys.stdin.buffer.read()\n"
            "sys.exit(1 if b'EICAR-STANDARD-' in content else 2 if b'unknown' in content else 0)\n"
        )
        settings.VIRUS_SCAN_COMMAND = f"{sys.executable} {program}"

    def test_it_finds_what_it_knows(self) -> None:
        assert refusal(b"a,b\n" + EICAR) == "The virus scanner found something in the file. It was not kept."
        assert check(CSV, "x", ANY).content == CSV

    def test_it_sees_the_file_as_it_was_sent(self) -> None:
        assert "found something" in refusal(picture() + EICAR)

    @pytest.mark.parametrize("command", [None, "/no/such/scanner", "sleep 5"])
    def test_without_an_answer_nothing_is_taken(self, command: str | None, settings: Any) -> None:
        settings.VIRUS_SCAN_SECONDS = 0.2 if command else 30
        settings.VIRUS_SCAN_COMMAND = command or settings.VIRUS_SCAN_COMMAND
        content = b"a,unknown\n"
        assert refusal(content) == "The virus scanner is away, so no file can be taken now. Try again later."


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\rosa\\me.jpg", "me.png"),
        ("a\r\nSet-Cookie: x=1.png", "a_Set-Cookie_ x=1.png".replace("=", "_")),
        ("\u202egnp.exe", "gnp.png"),
        ("", "file.png"),
        (".htaccess", "file.png"),
        ("x" * 300, "x" * 100 + ".png"),
    ],
)
def test_names_are_made_fit(name: str, shown: str) -> None:
    assert safe_name(name, Kind.PNG) == shown


def test_what_is_taken_knows_itself() -> None:
    taken = check(CSV, "Fees 2026.CSV", ANY)
    assert taken == Incoming("Fees 2026.csv", Kind.CSV, CSV, hashlib.sha256(CSV).hexdigest())
