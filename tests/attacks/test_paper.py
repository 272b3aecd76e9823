"""Paper that reads files or the network: hostile text in everything that reaches a PDF."""

from __future__ import annotations

import base64
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pdfplumber
import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import transaction
from django.test import Client

from emr.access.roles import ROLES
from emr.accounts.models import Clinic
from emr.audit.actor import acting
from emr.pdf import pdf_of
from tests.attacks.registry import a_town
from tests.factories.base import someone
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("pdf-fetch")]

SECRET = "zzswordfish"


class Listener:
    """A port on loopback that notes whoever knocks."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.knocks = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        while not self.over.is_set():
            try:
                self.socket.accept()[0].close()
            except TimeoutError:
                continue
            self.knocks += 1

    def close(self) -> int:
        """Stop; how many knocked."""
        self.over.set()
        self.thread.join()
        self.socket.close()
        return self.knocks


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def _attacks(target: str) -> list[str]:
    """Each way to make paper read ``target``."""
    style = f"@import url('{target}'); @font-face{{font-family:x;src:url('{target}')}} p{{background:url({target})}}"
    data = base64.b64encode(f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{target}'/></svg>".encode()).decode()
    return [
        f"<img src='{target}'>",
        f"<style>{style}</style>",
        f"<link rel=stylesheet href='{target}'>",
        f"<link rel=attachment href='{target}'>",
        f"<a rel=attachment href='{target}'>x</a>",
        f"<p style=\"background:url('{target}');content:url('{target}')\">x</p>",
        f"<table background='{target}'><tr><td background='{target}'>x</table>",
        f"<body background=\"{target}') no-repeat; background: url('{target}\">",
        f"<svg><image href='{target}'/><use href='{target}'/></svg>",
        f"<img src='data:image/svg+xml;base64,{data}'>",
        f"<object data='{target}'></object><embed src='{target}'><iframe src='{target}'></iframe>",
        f"<meta http-equiv=refresh content='0;url={target}'><base href='{target}'>",
        f"<input type=image src='{target}'><video poster='{target}'></video>",
    ]


def _targets(port: int, folder: Path) -> list[str]:
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    (folder / "secret.css").write_text(f"p::before{{content:'{SECRET}'}}")
    host = f"127.0.0.1:{port}"
    return [
        f"http://{host}/a",
        f"HTTP://{host}/",
        f"//{host}/a",
        f"ftp://{host}/",
        secret.as_uri(),
        str(secret),
        "/etc/passwd",
    ]


def _is_only_paper(pdf: bytes) -> None:
    """No attachment, no script, no link that opens a file, and nothing of what was to be read."""
    with pdfplumber.open(io.BytesIO(pdf)) as paper:
        text = "".join(page.extract_text() or "" for page in paper.pages)
        links = [link.get("uri") or "" for page in paper.pages for link in page.hyperlinks]
    document = pypdfium2.PdfDocument(pdf)
    assert document.count_attachments() == 0
    assert pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document) == 0
    assert SECRET not in text
    assert "root:x:0" not in text
    assert [link for link in links if link.lower().startswith(("file:", "javascript:", "data:"))] == []
    assert b"root:x:0" not in pdf


def test_raw_markup_makes_paper_read_nothing(listener: Listener, tmp_path: Path) -> None:
    """Even were a text not escaped: the writer of paper has nothing to read with."""
    for target in _targets(listener.port, tmp_path):
        for attack in _attacks(target):
            pdf = pdf_of(
                f"<!doctype html><html lang=en><head><title>t</title></head><body><p>x</p>{attack}</body></html>"
            )
            assert SECRET.encode() not in pdf
        _is_only_paper(pdf)
    assert listener.close() == 0


def test_the_listener_would_hear(listener: Listener) -> None:
    socket.create_connection(("127.0.0.1", listener.port), timeout=5).close()
    assert listener.close() >= 0


@pytest.mark.attack("print-export", "stored-xss")
def test_typed_text_on_paper_reads_nothing(listener: Listener, tmp_path: Path, as_role: Callable[..., Client]) -> None:
    """The clinic's name, the patient's and every text of the chart are attacks; each PDF of the house is drawn."""
    targets = _targets(listener.port, tmp_path)
    text = f"<img src='{targets[0]}'><style>@import '{targets[0]}';</style><link rel=attachment href={targets[4]}>"
    text += f"[x](file:///etc/passwd) ![x]({targets[0]})"
    town = a_town(text=text)
    short = f"<img src={targets[0]}>"
    with transaction.atomic(), acting(someone()):
        clinic = Clinic.objects.get()
        clinic.name = clinic.line1 = short
        clinic.save(update_fields=["name", "line1"])
        patient = town.own.patient
        patient.family_name = patient.given_name = patient.preferred_name = short
        patient.save(update_fields=["family_name", "given_name", "preferred_name"])
    client = as_role(*ROLES)
    drawn = []
    for url in every_url():
        if not any(word in url.name for word in ("print", "pdf", "export", "download")):
            continue
        for path in town.paths(url):
            answer = client.get(path)
            if answer.headers.get("Content-Type") == "application/pdf":
                content = b"".join(answer) if answer.streaming else answer.content
                if content != b"%PDF":
                    _is_only_paper(content)
                    drawn.append(url.name)
    assert {"clinic:notes_print", "billing:claims_print"} <= set(drawn)
    assert listener.close() == 0
