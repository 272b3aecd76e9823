"""Rules of the protocol that hold for every page, and what the web server reads as one request."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]

from emr import gunicorn as ours
from tests.policy.answers import answers
from tests.policy.urls import every_url

pytestmark = pytest.mark.feature("A08")

#: Types that have letters, and so must say how they are written. JSON is always UTF-8 (RFC 8259, 8.1).
_WITH_LETTERS = ("text/", "application/xml", "image/svg+xml")
_TYPES = {"text/html", "text/csv", "text/plain", "application/json", "application/pdf"}


@pytest.mark.django_db
def test_every_answer_says_its_type_and_letters() -> None:
    told = [(answer, answer.headers.get("Content-Type", "")) for answer in answers()]
    lettered = [(str(answer), said) for answer, said in told if said.startswith(_WITH_LETTERS)]
    assert [one for one in lettered if not one[1].endswith("; charset=utf-8")] == []
    seen = {said.partition(";")[0] for answer, said in told if answer.verb == "GET"}
    assert {"text/html", "text/csv", "text/plain", "application/json"} <= seen <= _TYPES


@pytest.mark.django_db
def test_trace_is_refused() -> None:
    client = Client()
    for url in every_url():
        answer = client.generic("TRACE", url.path(), headers={"X-Secret": "mirror me"})
        assert (answer.status_code, b"mirror" in answer.content) == (405, False), url.name


@pytest.mark.django_db
def test_no_other_site_may_read_an_answer() -> None:
    told = [(str(answer), name) for answer in answers() for name in answer.headers]
    assert [one for one in told if one[1].lower().startswith("access-control-")] == []


@pytest.mark.django_db
def test_the_monitors_page_says_ok_and_is_sent_nowhere(settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert Client().post("/jobs/").status_code == 301


def _requests(raw: bytes) -> list[tuple[str, bytes]]:
    """What the web server, with our settings, takes for requests in what came on one connection."""
    config = Config()
    for name in dir(ours):
        if name in config.settings:
            config.set(name, getattr(ours, name))
    return [(request.path, request.body.read()) for request in RequestParser(config, iter([raw]), ("127.0.0.1", 1))]


_HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"


def test_the_web_server_reads_a_plain_request() -> None:
    assert _requests(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=1" + _HIDDEN) == [
        ("/", b"a=1"),
        ("/hidden", b""),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 36\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    ],
)
def test_a_request_with_two_ends_hides_no_other(headers: bytes) -> None:
    """Where a proxy and we could disagree about its end, nothing behind it is taken for a request."""
    try:
        found = [path for path, _ in _requests(b"POST / HTTP/1.1\r\nHost: a\r\n" + headers + _HIDDEN)]
    except ParseException:
        return
    assert found in ([], ["/"])


def test_headers_are_not_confused() -> None:
    """``X_Forwarded_For`` would reach Django under the same name as ``X-Forwarded-For``."""
    config = Config()
    assert (config.header_map, config.permit_obsolete_folding, config.strip_header_spaces) == ("drop", False, False)
    assert {"header_map", "permit_obsolete_folding", "strip_header_spaces", "forwarder_headers"} & set(
        dir(ours)
    ) == set()
    assert settings.USE_X_FORWARDED_HOST is False
