"""PDFs: drawn from what stands in the page, and from nothing else."""

from __future__ import annotations

import base64
import io
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pdfplumber
import pytest
from django.template import TemplateDoesNotExist

from emr.pdf import join_pdfs, pdf_of, render_pdf
from emr.pdf_writer import DataOnlyFetcher

SECRET = "the password is swordfish"
#: A red square of 2 by 2 pixels.
PNG = "data:image/png;base64," + (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP8z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
)
PAGE = """<!doctype html><html lang="en"><head><title>t</title><link rel="stylesheet" href="{0}">
<style>@import url("{0}"); @font-face {{ font-family: X; src: url("{0}") }}
body {{ background: url("{0}"); font-family: X }}</style>
<link rel="attachment" href="{0}"></head><body><p>Words</p><img src="{0}" alt=""><object data="{0}"></object>
<embed src="{0}"><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">
<image href="{0}" width="9" height="9"/></svg>
</body></html>"""


def opened(data: bytes) -> pdfplumber.PDF:
    return pdfplumber.open(io.BytesIO(data))


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A web server of the clinic's network, and the paths that somebody asked it for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/secret", paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text(f'p::after {{ content: "{SECRET}" }}', encoding="utf-8")
    for address in (secret.as_uri(), str(secret), f"FILE://{secret}", f"file://localhost{secret}"):
        data = pdf_of(PAGE.format(address))
        with opened(data) as pdf:
            text = "".join(page.extract_text() for page in pdf.pages)
            assert "Words" in text
            assert "swordfish" not in text
            assert [page.images for page in pdf.pages if page.images] == []
        assert b"EmbeddedFile" not in data


def test_a_page_reaches_no_network(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    data = pdf_of(PAGE.format(address))
    assert data.startswith(b"%PDF-")
    assert paths == []


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "http://127.0.0.1/", "https://example.org/", "ftp://x/", "x"]
)
def test_the_fetcher_refuses_all_but_data(address: str) -> None:
    with pytest.raises(ValueError, match="loads nothing"):
        DataOnlyFetcher().fetch(address)


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        b"\xc5\xd0\xd3\xc6" + b"\0" * 60,
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b'<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&e;</svg>',
        b"p { background: url(file:///etc/passwd) }",
        b"GIF89a",
        b"",
    ],
)
def test_what_is_no_plain_picture_is_not_read(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EPS above all: the picture library hands it to a program of its own, when there is one."""
    ghost = tmp_path / "gs"
    ghost.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    ghost.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for claimed in ("image/png", "image/svg+xml", "application/postscript", "text/css"):
        address = f"data:{claimed};base64,{base64.b64encode(content).decode()}"
        with pytest.raises(ValueError, match="PNG and JPEG alone"):
            DataOnlyFetcher().fetch(address)
        data = pdf_of(PAGE.format(address))
        assert b"EmbeddedFile" not in data
        with opened(data) as pdf:
            assert [page.images for page in pdf.pages if page.images] == []
    assert not (tmp_path / "started").exists()


def test_no_redirect_is_followed(asked: tuple[str, list[str]]) -> None:
    """The fetcher is asked for nothing that could answer with one."""
    address, paths = asked
    for smuggled in (f" {address}", f"\t{address}", f"data:,x#{address}", f"//{address.partition('//')[2]}"):
        pdf_of(PAGE.format(smuggled))
    assert paths == []


def test_data_urls_are_drawn() -> None:
    assert base64.b64decode(PNG.partition(",")[2]).startswith(b"\x89PNG")
    with opened(pdf_of(f'<html lang="en"><title>t</title><p>x</p><img src="{PNG}" alt="red"></html>')) as pdf:
        assert len(pdf.pages[0].images) == 1


def test_the_same_page_gives_the_same_bytes_and_its_title_alone() -> None:
    first = render_pdf("ui/gallery_print.html", {"clinic": {"name": "Riverside"}})
    assert first == render_pdf("ui/gallery_print.html", {"clinic": {"name": "Riverside"}})
    with opened(first) as pdf:
        assert pdf.metadata.get("Title") == "Visit note"
        assert "CreationDate" not in pdf.metadata


def test_the_same_joined_are_the_same_bytes_with_nothing_of_the_moment() -> None:
    parts = [pdf_of(f'<html lang="en"><title>t</title><p>{word}</p></html>') for word in ("One", "Two")]
    files = [io.BytesIO(), io.BytesIO()]
    assert [join_pdfs(parts, out) for out in files] == [2, 2]
    assert files[0].getvalue() == files[1].getvalue()
    with opened(files[0].getvalue()) as pdf:
        assert [page.extract_text().split()[0] for page in pdf.pages] == ["One", "Two"]
        assert pdf.metadata["CreationDate"].startswith("D:19700101000000")


def test_a_letter_that_no_font_has_is_not_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """It would be one of somebody's name."""
    assert pdf_of('<html lang="en"><title>t</title><p>M\U0010fffdria \ue0fez</p></html>')
    assert caplog.text == ""


def test_a_template_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TemplateDoesNotExist):
        render_pdf("no/such.html", {})
