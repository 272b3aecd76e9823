"""Where the parts come from that others make, and what of them may keep what."""

from __future__ import annotations

import json
import re
import tomllib

from tests.services import ROOT


def test_every_package_is_locked_with_its_hash() -> None:
    """The two locks are the list of parts: each with its version, one registry, and the hash of what is fetched."""
    packages = [
        package
        for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
        if "virtual" not in package["source"] and "editable" not in package["source"]
    ]
    assert len(packages) > 40
    assert {tuple(package["source"]) for package in packages} == {("registry",)}
    assert len({package["source"]["registry"] for package in packages}) == 1
    files = [file for package in packages for file in [package.get("sdist"), *package.get("wheels", [])] if file]
    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []

    scripts = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: package for name, package in scripts.items() if name}
    assert [name for name, package in fetched.items() if not package["integrity"].startswith("sha512-")] == []


def test_the_cache_is_written_in_known_places_only() -> None:
    """It is no place for PHI: it counts tries and reports, and the log-in library keeps its limits there."""
    users = {
        path.relative_to(ROOT).as_posix()
        for app in ("emr", "clinic", "scheduling", "billing", "interop")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"core\.cache import|cache_page|cache_control", path.read_text(encoding="utf-8"))
    }
    assert users == {"emr/access/limits.py"}
    assert [p.name for p in (ROOT / "templates").rglob("*.html") if "{% cache" in p.read_text(encoding="utf-8")] == []


#: A member named by a value: with the name ``__proto__`` it would change every object of the page.
_BY_NAME = re.compile(r"[\w)]\[(?![\"'\d])[^\]]+\]\s*=[^=]|__proto__|Object\.assign\((?!\w+, \{ )|\.\.\.JSON\.parse")


def test_no_script_writes_a_member_by_a_name_from_outside() -> None:
    scripts = sorted((ROOT / "static" / "js").glob("*.js"))
    assert len(scripts) > 5
    assert _BY_NAME.search("a[key] = 1")
    assert _BY_NAME.search("Object.assign(a, sent)")
    found = [
        f"{path.name}: {line}" for path in scripts for line in path.read_text().splitlines() if _BY_NAME.search(line)
    ]
    assert found == []
