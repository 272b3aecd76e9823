"""A real Chromium that shows a page of ours without a server: answers come from memory or from the static files.

The policy header is sent too, so that an inline style or script fails here as it would in the clinic.
"""

from __future__ import annotations

import mimetypes
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Request, Route, expect, sync_playwright

ORIGIN = "http://chartroom.test"
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
Answer = Callable[[Request], dict[str, Any]]
#: A busy machine draws late.
expect.set_options(timeout=20_000)


def policy() -> str:
    """The Content-Security-Policy of the settings, as a header."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(str(value) for value in values)}" for name, values in directives.items())


@contextmanager
def shown(
    html: str, answers: dict[str, Answer] | None = None, *, refusals: bool = False, **context: Any
) -> Iterator[Page]:
    """Open ``html`` at ``/page/``; ``answers`` maps further paths to what Playwright's ``fulfill`` takes.

    An error in the console or in a script fails the test when the block ends; with ``refusals``, answers of 400 and
    above, which the browser logs, are part of the test.
    """
    complaints: list[str] = []
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_ARGS)
        page = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **context}).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("**/*", lambda route: _answer(route, html, answers or {}))
        page.goto(f"{ORIGIN}/page/")
        page.set_default_timeout(30_000)
        yield page
        browser.close()
    assert [text for text in complaints if not (refusals and "Failed to load resource" in text)] == []


def _answer(route: Route, html: str, answers: dict[str, Answer]) -> None:
    path = urlsplit(route.request.url).path
    if path in answers:
        route.fulfill(**answers[path](route.request))
    elif path == "/page/":
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy()})
    elif path.startswith(settings.STATIC_URL) and (found := finders.find(path.removeprefix(settings.STATIC_URL))):
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)
    else:
        route.fulfill(status=404, body="")
