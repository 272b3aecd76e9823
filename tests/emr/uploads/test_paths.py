"""No name or address from a request is ever opened: where requests are answered, nothing opens anything."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = {"views", "forms", "actions", "queries", "printouts"}
OPENING = {
    "open",
    "read_bytes",
    "read_text",
    "urlopen",
    "urlretrieve",
    "unlink",
    "rmtree",
    "render_from_string",
    "from_string",
    "import_module",
    "import_string",
    "write_bytes",
    "write_text",
}
#: What opens something there, and why no word of a request can name it.
KNOWN = (
    dict.fromkeys(
        (
            "billing/actions/received_files.py row.content.open",
            "clinic/printouts/consents.py consent.signature.open",
            "clinic/queries/documents.py row.thumbnail.open",
            "clinic/views/documents.py document.content.open",
            "clinic/views/documents.py document.thumbnail.open",
            "clinic/views/letters.py letter.document.content.open",
            "emr/jobs/views/files.py made.content.open",
        ),
        "the file of a row, under a random name",
    )
    | dict.fromkeys(
        (
            "billing/queries/vaccine_administration.py (_DATA / name).open",
            "billing/queries/vaccine_charges.py (_DATA / 'medicare_vaccine_administration.csv').open",
        ),
        "a file that comes with the program",
    )
    | dict.fromkeys(
        ("clinic/queries/inbox.py kind.open", "clinic/queries/inbox_items.py kind.open"), "a query for what is open"
    )
)


def test_nothing_is_opened_where_requests_are_answered() -> None:
    found = set()
    for app in ("emr", "clinic", "scheduling", "billing", "interop"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if not ROOMS & set(path.relative_to(ROOT).parts):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _opens(node):
                    found.add(f"{path.relative_to(ROOT).as_posix()} {ast.unparse(node.func)}")
    assert found == set(KNOWN)


def _opens(call: ast.Call) -> bool:
    """Whether a call opens something; a query for what is open (``tasks.open()``) has no argument."""
    name = ast.unparse(call.func)
    is_query = name.endswith(".open") and not call.args and not call.keywords and "Path" not in name
    return name.rpartition(".")[2] in OPENING and not is_query


def test_no_finding_of_the_linter_is_silenced_whole() -> None:
    """``# nosec`` and a bare ``# noqa`` hide what comes later too."""
    marks = ("# nosec", "# noqa\n")
    found = [
        path.relative_to(ROOT).as_posix()
        for app in ("emr", "clinic", "scheduling", "billing", "interop", "demo")
        for path in sorted((ROOT / app).rglob("*.py"))
        if any(mark in path.read_text(encoding="utf-8") for mark in marks)
    ]
    assert found == []
