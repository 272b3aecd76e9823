"""XML: elements, or a sentence; never a file, an address or a flood."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from emr.shared.xml_files import BadXml, elements

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def read(text: str) -> list[str]:
    """The texts of all elements ``a``."""
    return [element.text or "" for element in elements(io.BytesIO(text.encode()), "a")]


def test_elements_come_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<?xml version='1.0'?><x><a>1</a><b><a>2</a></b></x>", encoding="utf-8")
    assert [element.text for element in elements(path, "a")] == ["1", "2"]


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE x [<!ENTITY e "' + "x" * 100_000 + '">]>',
        "<!DOCTYPE x>",
    ],
    ids=["file", "network", "parameter", "outside", "laughs", "blow-up", "bare"],
)
def test_declarations_are_refused(declared: str) -> None:
    with pytest.raises(BadXml, match="declares a document type or entities"):
        read(f"{declared}<x><a>&e;&l9;</a></x>")


@pytest.mark.parametrize("text", ["", "x", "<x><a>", "<x><a></x>", "<x>&e;</x>", "\x00"])
def test_what_is_no_xml_is_told(text: str) -> None:
    with pytest.raises(BadXml, match="not well-formed"):
        read(text)


def test_an_inclusion_is_only_an_element() -> None:
    xi = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    assert read(f'<x {xi}><a><xi:include href="file:///etc/passwd" parse="text"/></a></x>') == [""]


def test_size_costs_no_memory() -> None:
    text = "<x>" + f"<a>{'x' * 1000}</a>" * 5000 + "</x>"
    source = io.BytesIO(text.encode())
    tracemalloc.start()
    number = sum(1 for _ in elements(source, "a"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 5000
    assert peak < 2_500_000
