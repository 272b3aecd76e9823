"""What the program looked at of a request: what nobody looked at changes no answer, and a walk needn't vary it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http.request import HttpHeaders


def query_was_read(answer: Any) -> bool:
    """Whether anything in the program asked for the parameters of the address."""
    return "GET" in vars(answer.wsgi_request)


def body_was_read(answer: Any) -> bool:
    """Whether anything in the program asked for what was sent."""
    return bool({"_post", "_body"} & vars(answer.wsgi_request).keys())


def note_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here to the end of the test, :func:`htmx_was_asked` can tell."""
    find = HttpHeaders.__getitem__

    def noted(self: HttpHeaders, name: str) -> str:
        vars(self).setdefault("asked", set()).add(name.lower())
        return find(self, name)

    monkeypatch.setattr(HttpHeaders, "__getitem__", noted)


def htmx_was_asked(answer: Any) -> bool:
    """Whether anything in the program asked whether htmx sent the request, or what for."""
    return any(name.startswith("hx-") for name in vars(answer.wsgi_request.headers).get("asked", ()))
