"""Rules about our own code that close whole classes: no shell, no objects made of bytes, no raw SQL made of words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from tests.services import ROOT

pytestmark = [pytest.mark.feature("A03")]

APPS = ("emr", "clinic", "scheduling", "billing", "interop", "demo", "scripts")
FILES = [path for app in APPS for path in sorted(ROOT.glob(f"{app}/**/*.py"))]


@cache
def _nodes() -> list[tuple[Path, ast.Call | ast.Import | ast.ImportFrom]]:
    """Every call and import of our code, with its file."""
    return [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Import | ast.ImportFrom)
    ]


@cache
def _calls() -> list[tuple[str, str, ast.Call]]:
    """Every call of our code: where it stands, the dotted name that is called, the call."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.func), node)
        for path, node in _nodes()
        if isinstance(node, ast.Call)
    ]


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """All tests of the module look at what was read once; no other needs to carry it."""
    yield
    _nodes.cache_clear()
    _calls.cache_clear()


def _where(*names: str) -> list[str]:
    return [place for place, name, _ in _calls() if name in names or name.rpartition(".")[2] in names]


@pytest.mark.attack("command-injection")
def test_there_is_code_to_look_at() -> None:
    assert len(FILES) > 200
    assert any(name == "subprocess.run" for _, name, _ in _calls())


@pytest.mark.attack("command-injection")
def test_no_shell_reads_anything() -> None:
    """Commands are lists of words; nothing is put together for a shell."""
    shells = [
        place
        for place, name, call in _calls()
        for word in call.keywords
        if word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
    ]
    assert shells == []
    assert _where("os.system", "os.popen", "getoutput", "getstatusoutput", "create_subprocess_shell") == []


@pytest.mark.attack("command-injection")
def test_what_answers_a_request_starts_two_programs_only() -> None:
    """The virus scanner of the settings and our own reader of PDFs, each fed by its input, by no word of a request."""
    rooms = ("views", "forms", "actions", "queries", "access", "jobs", "uploads", "printouts")
    starting = {
        place.partition(":")[0]
        for place, name, _ in _calls()
        if name.startswith("subprocess.") and any(f"/{room}/" in place for room in rooms)
    }
    assert starting == {"emr/uploads/papers.py", "emr/uploads/scan.py"}


@pytest.mark.attack("deserialisation")
def test_no_objects_are_made_of_what_was_sent() -> None:
    imported = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in _nodes()
        for name in _imports(node)
        if name.partition(".")[0] in {"pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml"}
    ]
    assert imported == []
    assert [place for place, name, _ in _calls() if name in {"eval", "exec", "compile", "__import__"}] == []


@pytest.mark.attack("deserialisation")
def test_sessions_and_messages_of_the_queue_are_json() -> None:
    from emr.celery import app

    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    assert set(app.conf.accept_content) == {"json"}
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")


@pytest.mark.attack("xml-entities")
def test_xml_is_read_by_the_safe_reader_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path, node in _nodes()
        for name in _imports(node)
        if name.startswith(("xml.", "lxml")) and not _for_types_only(path, name)
    ]
    assert found == []


@pytest.mark.attack("sql-injection")
def test_no_statement_is_made_of_words_from_outside() -> None:
    """Where requests are answered nothing is executed but a constant, and nothing orders by a word of the request."""
    rooms = ("views", "forms", "queries", "actions")
    made = [
        place
        for place, name, call in _calls()
        if any(f"/{room}/" in place for room in rooms)
        and name.rpartition(".")[2] in {"execute", "raw", "RawSQL", "extra"}
        and call.args
        and not isinstance(call.args[0], ast.Constant | ast.Name | ast.Attribute)
        and not ast.unparse(call.args[0]).startswith("sql.SQL(")  # psycopg quotes the names in it
    ]
    ordered = [
        place
        for place, name, call in _calls()
        if name.endswith((".order_by", ".filter", ".exclude", ".annotate", ".values"))
        and any(
            "request." in ast.unparse(arg) for arg in [*call.args, *(k.value for k in call.keywords if k.arg is None)]
        )
        and "request.user" not in ast.unparse(call)
    ]
    assert (made, ordered) == ([], [])


@pytest.mark.attack("stored-xss")
def test_text_is_called_safe_in_known_places_only() -> None:
    """Each of them cleans or escapes what it calls safe; a new one is looked at before it is written here."""
    known = {
        "clinic/note_changes.py",
        "emr/ui/markdown.py",
        "emr/ui/jinja.py",
        "scheduling/views/day.py",
        "scheduling/views/month.py",
    }
    python = {place.partition(":")[0] for place in _where("mark_safe", "Markup", "SafeString")}
    pages = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file() and path.suffix != ".txt"  # mail in plain text
        for text in [path.read_text(encoding="utf-8")]
        if "|safe" in text.replace(" ", "") or "autoescape false" in text or "autoescape off" in text
    ]
    assert python <= known
    assert pages == []


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _for_types_only(path: Path, name: str) -> bool:
    """``xml.etree.ElementTree`` for the names of its types, beside defusedxml, which does the reading."""
    text = path.read_text(encoding="utf-8")
    return "defusedxml" in text and name.startswith("xml.etree") and ".parse(" not in text.replace("defusedxml", "")
