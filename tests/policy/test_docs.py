"""What the documents say is there: settings, targets, links, decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.services import ROOT

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_ENV = re.compile(r"""env\.(?:get|text|flag|number|words|database)\(\s*["']([A-Z_]+)["']""")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", _read(ROOT / "Makefile"), re.MULTILINE))


def test_the_readme_is_short() -> None:
    assert len(_read(ROOT / "README.md").splitlines()) < 120


def test_every_variable_that_the_settings_read_is_documented() -> None:
    read = set(_ENV.findall(_read(ROOT / "emr" / "settings.py")))
    read |= {"DATABASE_URL", "DATABASE_OWNER_URL"}  # chosen between in one call
    assert len(read) > 20, "the pattern no longer finds the settings' reads"
    read |= set(re.findall(r'environ\.get\(\s*"([A-Z_]+)"', _read(ROOT / "emr" / "gunicorn.py")))
    documented = set(re.findall(r"`([A-Z_]+)`", _read(ROOT / "docs" / "settings.md")))
    assert read - documented == set()


def test_every_documented_variable_is_read() -> None:
    sources = "".join(_read(path) for path in (ROOT / "emr").rglob("*.py")) + _read(ROOT / "manage.py")
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", _read(ROOT / "docs" / "settings.md"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert len(documented) > 20
    assert {name for name in documented if f'"{name}"' not in sources} == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_target_that_is_named_exists(path: Path) -> None:
    code = [*re.findall(r"`([^`\n]+)`", _read(path)), *"".join(_FENCED.findall(_read(path))).splitlines()]
    named = {found for text in code for found in re.findall(r"(?:^|&& )make ([a-z-]+)", text.strip())}
    assert named - _targets() == set()


def test_the_readme_names_every_target_of_the_help() -> None:
    helped = set(re.findall(r"^([a-z-]+):.*## ", _read(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", _read(ROOT / "README.md")))
    assert helped - named == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_resolves(path: Path) -> None:
    links = _LINK.findall(_FENCED.sub("", _read(path)))
    dangling = []
    for link in links:
        target, _, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            dangling.append(link)
    assert dangling == []


def test_every_page_is_linked_from_the_architecture_or_the_readme() -> None:
    linked = set()
    for start in (ROOT / "docs" / "architecture.md", ROOT / "README.md"):
        linked |= {(start.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(_read(start))}
    pages = set((ROOT / "docs").rglob("*.md"))
    assert {page.relative_to(ROOT).as_posix() for page in pages - linked} == set()


def test_decisions_are_numbered_without_a_gap_and_listed_in_order() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    listed = re.findall(r"^\d+\. \[(.+)\]\(decisions/(.+)\)$", _read(ROOT / "docs" / "architecture.md"), re.MULTILINE)
    assert [name for _, name in listed] == [path.name for path in decisions]
    for (title, _), path in zip(listed, decisions, strict=True):
        assert _read(path).startswith(f"# {int(path.name[:4])}. {title}\n"), path.name


def test_the_readme_tells_the_demo_log_ins() -> None:
    from demo.logins import DEMO_PASSWORD, demo_logins
    from emr.access.roles import ROLES

    rows = re.findall(r"^\| ([A-Z][a-z ]+) \| (\S+@\S+) \|", _read(ROOT / "README.md"), re.MULTILINE)
    assert rows == [(ROLES[login.role].label, login.email) for login in demo_logins()]
    assert f"`{DEMO_PASSWORD}`" in _read(ROOT / "README.md")


def test_every_image_is_small_and_shown() -> None:
    said = "".join(_read(path) for path in DOCS)
    for image in (ROOT / "docs" / "images").glob("*"):
        assert image.stat().st_size <= 300 * 1024, image.name
        assert image.name in said, f"{image.name} is shown nowhere"


def _anchors(file: Path) -> set[str]:
    """The ids that a reader of Markdown makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", _read(file)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
