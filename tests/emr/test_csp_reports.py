"""Reports of the content policy: one line without anybody's words, however much is sent."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from emr import csp_reports

pytestmark = [pytest.mark.feature("A08"), pytest.mark.django_db, pytest.mark.usefixtures("one_minute")]

PATIENT = uuid4()
OLD = {
    "csp-report": {
        "document-uri": f"https://clinic.example/patients/{PATIENT}/?q=Lopez",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/Lopez.js",
        "script-sample": "alert('Rosa Lopez')",
        "referrer": f"https://clinic.example/patients/{PATIENT}/notes/",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": f"https://clinic.example/patients/{PATIENT}/",
        "body": {
            "documentURL": f"https://clinic.example/patients/{PATIENT}/",
            "effectiveDirective": "script-src-elem",
            "blockedURL": "inline",
            "sample": "alert('Rosa Lopez')",
        },
    }
]


def send(body: Any, caplog: pytest.LogCaptureFixture, times: int = 1, **more: Any) -> list[str]:
    """Send a report as a browser does; gives the lines that were logged."""
    caplog.clear()
    client = Client(enforce_csrf_checks=True)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with caplog.at_level(logging.WARNING, "emr.csp_reports"):
        for _ in range(times):
            response = client.post(reverse("csp_reports"), content, content_type="application/csp-report", **more)
            assert (response.status_code, response.content) == (204, b"")
    return [record.getMessage() for record in caplog.records if record.name == "emr.csp_reports"]


@pytest.mark.parametrize(("body", "blocked"), [(OLD, "https"), (NEW, "inline")])
def test_a_report_becomes_a_line_without_words(body: Any, blocked: str, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = send(body, caplog)
    told = {"blocked": blocked, "page": "clinic:chart_summary", "rule": "script-src-elem"}
    assert line == f"Content policy: {json.dumps(told, sort_keys=True)}"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b"null", b'"x"', b"[1, null]", b'{"csp-report": 1}', b"\xff\xfe", b"[[]]"],
    ids=lambda body: repr(body[:8]),
)
def test_nonsense_is_taken_and_forgotten(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert send(body, caplog) == []


def test_what_is_made_up_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    lie = {"csp-report": {"effective-directive": "Rosa\nLopez", "blocked-uri": "lopez:x", "document-uri": "http://["}}
    (line,) = send(lie, caplog)
    assert line == 'Content policy: {"blocked": "unknown", "page": "unknown", "rule": "unknown"}'


def test_a_flood_leaves_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    most = csp_reports.REQUESTS.per_address
    assert len(send(OLD, caplog, times=most + 5, REMOTE_ADDR="192.0.2.6")) == most
    assert send(NEW * 50, caplog, REMOTE_ADDR="192.0.2.7")[csp_reports.MAX_REPORTS :] == []
    assert send(b" " * (csp_reports.MAX_BYTES + 1), caplog, REMOTE_ADDR="192.0.2.8") == []


@pytest.mark.parametrize("length", ["much", "-1", "", "²"])
def test_a_length_that_is_none_is_answered_like_all(length: str, caplog: pytest.LogCaptureFixture) -> None:
    assert send(OLD, caplog, CONTENT_LENGTH=length) == []
