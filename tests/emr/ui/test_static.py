"""Static files: the allow-list of packages, the written grid, and nothing fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from emr.ui import daygrid
from emr.ui.finders import VendorFinder, vendor_files

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def test_all_vendor_files_are_installed() -> None:
    assert VendorFinder().check() == []


def test_only_the_allow_list_is_served() -> None:
    assert finders.find("vendor/htmx.js")
    assert finders.find("vendor/package.json") is None
    assert finders.find("vendor/inter-latin.woff") is None
    assert {path for path, _ in VendorFinder().list(None)} == set(vendor_files())


def test_a_missing_package_names_its_remedy(settings: object, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path  # type: ignore[attr-defined]
    errors = VendorFinder().check()
    assert errors
    assert all(error.hint == "Run: make assets" for error in errors)


def test_the_day_grid_is_as_its_writer_says() -> None:
    assert daygrid.TARGET.read_text() == daygrid.stylesheet()
    assert len(daygrid.stylesheet()) < 20_000


@pytest.mark.parametrize(
    "path", sorted(STATIC.rglob("*.css")) + sorted(STATIC.rglob("*.js")), ids=lambda path: path.name
)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    assert not re.search(r"https?://|//cdn", path.read_text())


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_need_no_unsafe_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"""\sstyle=|\son[a-z]+=["']|<style|javascript:|\|\s*safe\b""", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_scripts_evaluate_no_text(path: Path) -> None:
    text = path.read_text().replace('sessionStorage.removeItem("htmx-current-path-for-history")', "")
    text = text.replace('swap: "innerHTML"', "")  # htmx's word for where an answer of ours goes
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|localStorage|sessionStorage", text)
