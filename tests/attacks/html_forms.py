"""The forms and links of a page, found in its HTML as a browser would find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.test import Client

#: Inputs into which anything can be typed.
TYPED = frozenset({"text", "search", "email", "tel", "url", "password", ""})


@dataclass
class HtmlForm:
    """A form: where and how it goes, what it would send untouched, and which of its fields are typed text."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def send(client: Client, path: str, body: Mapping[str, object]) -> Any:
    """Post as a form does that sends no files; the client's own way, in parts, is slow with many fields."""
    return client.post(path, urlencode(body, doseq=True), content_type="application/x-www-form-urlencoded")


class Page(HTMLParser):
    """``forms`` and ``links`` of a page, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.links: list[str] = []
        self._form: HtmlForm | None = None
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        names = {name for name, _ in attrs}
        if tag == "a" and have.get("href"):
            self.links.append(have["href"])
        if have.get("hx-get"):
            self.links.append(have["hx-get"])
        if tag == "form":
            self._form = HtmlForm(have.get("action", ""), have.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is None or "disabled" in names:
            return
        name = have.get("name", "")
        if tag == "input" and name:
            self._input(name, have, checked="checked" in names)
        elif tag == "textarea" and name:
            self._area = name
            self._form.typed.append(name)
            self._form.fields.setdefault(name, []).append("")
        elif tag == "select" and name:
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((have.get("value", ""), "selected" in names))

    def _input(self, name: str, have: dict[str, str], *, checked: bool) -> None:
        assert self._form is not None
        kind = have.get("type", "")
        if kind in {"checkbox", "radio"} and not checked:
            self._form.fields.setdefault(name, [])
            return
        if kind in {"submit", "button", "file", "reset", "image"}:
            return
        if kind in TYPED:
            self._form.typed.append(name)
        if kind == "hidden":
            self._form.hidden.append(name)
        self._form.fields.setdefault(name, []).append(have.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "form":
            self._form = None
        elif tag == "select" and self._select and self._form:
            values = [value for value, _ in self._options]
            chosen = [value for value, selected in self._options if selected]
            self._form.fields[self._select] = chosen or [value for value in values if value][:1]
            self._select = ""
