"""Hostile order, filter, sort and page parameters: no error, no other order, no word of theirs in a statement, and none
that runs in an answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.http import urlencode

from emr.access.roles import ROLES
from tests.attacks.registry import Town
from tests.policy.lookups import query_was_read
from tests.policy.urls import NOBODY, every_url
from tests.services import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.attack("sql-injection")]

MARK = "zzsql"
#: What programs call an order, a filter or a page, and the tricks of dictionary filters.
COMMON = (
    "_sort",
    "sort",
    "sortby",
    "order",
    "order_by",
    "ordering",
    "dir",
    "page",
    "cursor",
    "limit",
    "offset",
    "fields",
    "format",
    "_connector",
    "_negated",
    "pk__in",
    "patient__mrn",
    "patient__user_grants__user__password__startswith",
    "created_by__password__regex",
)
#: Short enough for a field of words, each; what ends a text in one kind of quotes stands beside what does in the other.
VALUES = (
    f"\"'><img src=zz onerror=zz()><script>zz()</script>{MARK}",
    f"1;SELECT {MARK}--',(SELECT {MARK})--\" DESC, {MARK}",
    f"-password__{MARK}",
    f"x\x00{MARK}",
    f"{MARK}\r\nSet-Cookie: a=b",
    f"a b%s%(x)s{MARK}.{MARK}",
    "%\\",
    "9" * 400,
    "-1",
    "NaN",
    "1e999",
    "9999-12-31",
    "2026-03-08T02:30",
    str(NOBODY),
    "😀" * 50,
)
#: So many tests share the addresses.
PARTS = 3
LISTS = [url for url in every_url() if not url.third_party and url.name != "healthz"]


@cache
def parameters_read() -> tuple[str, ...]:
    """Every name of a GET parameter in our own code: what views read by name, and the fields of filter forms."""
    found: set[str] = set()
    for path in _own_code():
        text = path.read_text(encoding="utf-8")
        if "GET" not in text and "Form" not in text:
            continue  # Nothing that is looked for; and reading a tree takes long.
        tree = ast.parse(text)
        for node in ast.walk(tree):
            found |= _read_by_name(node)
            if isinstance(node, ast.ClassDef) and "Form" in node.name:
                assigned = [part for part in node.body if isinstance(part, ast.Assign)]
                found |= {target.id for part in assigned for target in part.targets if isinstance(target, ast.Name)}
    return tuple(sorted(found))


def _read_by_name(node: ast.AST) -> set[str]:
    """``request.GET["x"]``, ``request.GET.get("x")``, ``"x" in request.GET``."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_get(node.func.value):
        parts = list(node.args[:1])
    elif isinstance(node, ast.Subscript) and _is_get(node.value):
        parts = [node.slice]
    elif isinstance(node, ast.Compare) and any(_is_get(side) for side in node.comparators):
        parts = [node.left]
    return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def _is_get(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "GET"


def _own_code() -> list[Path]:
    return [
        path for app in ("emr", "clinic", "scheduling", "billing", "interop") for path in ROOT.glob(f"{app}/**/*.py")
    ]


def _statements(client: Client, path: str, query: str) -> tuple[Any, list[str]]:
    """The answer, and the statements that were made for it, without their values."""
    made: list[str] = []

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        made.append(str(sql))  # psycopg composes some itself
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        return client.get(path, QUERY_STRING=query), made


def _orders(statements: list[str]) -> set[str]:
    # A session that is used for a minute is locked to be renewed, whatever the parameter.
    asked = [text for text in statements if "django_session" not in text]
    return {order for text in asked for order in re.findall(r"ORDER BY .*", text)}


@pytest.mark.feature("A03")
def test_parameters_are_found() -> None:
    assert {"q", "before", "status", "style", "user", "practitioner"} <= set(parameters_read())


def _queries() -> Iterator[tuple[bool, str, str]]:
    """As an address has them: each value in all parameters, and three in those alone that no page of ours reads."""
    names = sorted({*COMMON, *parameters_read()})
    for value in VALUES:
        yield True, value, urlencode(dict.fromkeys(names, value))
        if value in VALUES[:3]:
            twice = {f"{name}[]": [value, value] for name in COMMON}
            yield False, value, urlencode(dict.fromkeys(COMMON, value) | twice, doseq=True)


@pytest.mark.feature("A03")
@pytest.mark.attack("error-leak", "reflected-xss")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_parameter_breaks_a_page_or_changes_its_order(part: int, town: Town, as_role: Callable[..., Client]) -> None:
    """A page that asked for no parameter when all were sent is sent no other values: it would not see them."""
    client = as_role(*ROLES)
    client.raise_request_exception = False
    queries = list(_queries())
    broken: list[object] = []
    read = 0
    for url in LISTS[part::PARTS]:
        path = town.paths(url)[0]
        known = _orders(_statements(client, path, "")[1])
        for ours, value, query in queries:
            answer, statements = _statements(client, path, query)
            if answer.status_code >= 500:
                broken.append((url.name, value[:20], answer.status_code))
            if not ours and _orders(statements) - known:
                broken.append((url.name, value[:20], _orders(statements) - known))
            if not answer.streaming and b"<img src=zz" in answer.content:
                broken.append((url.name, "runs what was asked"))
            broken += [(url.name, sql) for sql in statements if MARK in sql]
            if not query_was_read(answer):
                break
        else:
            read += 1
    assert broken == []
    assert read > 20, "hardly a page read what it was sent, so this proves little"
