from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from emr.codes.models import CodeSystem, Concept, Release
from tests.emr.codes.samples import written

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("load_codes", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_loads_one_shipped_system_once() -> None:
    (first,) = run("--system", "loinc")
    assert first.startswith("LOINC, vital signs: 2026-11 loaded: 25 codes, 25 new")
    assert run("--system", "loinc") == ["LOINC, vital signs: unchanged (2026-11)."]
    assert run("--system", "loinc", "--if-missing") == ["LOINC, vital signs: is there (2026-11)."]
    assert CodeSystem.objects.get().url == "http://loinc.org"


def test_loads_the_clinics_own_file(tmp_path: Path) -> None:
    path = written(tmp_path, "fees.csv", "code,display,kind\nG0438,Yearly visit,visit\n")
    (line,) = run("--system", "hcpcs", "--file", str(path))
    assert "1 codes, 1 new" in line
    assert Concept.objects.get().properties == {"kind": "visit"}
    path.write_text("code,display\nG0439,Next yearly visit\n", encoding="utf-8")
    (line,) = run("--system", "hcpcs", "--file", str(path))
    assert "1 new, 1 no longer valid" in line


def test_a_clinics_own_file_is_kept_unless_the_shipped_one_is_asked_for(tmp_path: Path) -> None:
    for name in ("icd-10-cm", "loinc", "ucum", "cvx", "nucc-taxonomy"):
        system = CodeSystem.objects.create(url=f"x:{name}", name=f"x-{name}", title="x", licence="x", source="x")
        assert system.pk
    path = written(tmp_path, "places.csv", "code,display\n11,Our house\n")
    run("--system", "place-of-service", "--file", str(path))
    (line,) = run("--system", "place-of-service", "--if-missing")
    assert line.startswith("Place of service: is there (sha256:")
    (line,) = run("--system", "place-of-service")
    assert "loaded: 52 codes" in line
    assert Concept.objects.get(code="11").display == "Office"


def test_a_wrong_file_leaves_nothing_and_says_where(tmp_path: Path) -> None:
    path = written(tmp_path, "fees.csv", "code,display\nG0438,Yearly visit\nG0439,\n")
    with pytest.raises(CommandError, match="Line 3, column display: is empty"):
        run("--system", "hcpcs", "--file", str(path))
    assert not Concept.objects.exists()
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--file", "x.csv"), "Say by --system"),
        (("--system", "cpt"), "CPT does not come with the product"),
        (("--system", "icd-10-cm", "--file", "x.csv"), "is not loaded from a file"),
        (("--system", "cpt", "--file", "/nowhere/x.csv"), "/nowhere/x.csv can't be read: No such file or directory"),
        (("--system", "icd-9"), "invalid choice"),
    ],
)
def test_wrong_arguments_are_explained(arguments: tuple[str, ...], expected: str) -> None:
    with pytest.raises(CommandError, match=expected):
        run(*arguments)
