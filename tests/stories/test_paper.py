"""The screen's pages on paper, as a browser prints them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.stories.people import browsers

CSS = Path(__file__).parents[2] / "static/css"


@pytest.mark.feature("H16")
def test_sums_stand_once_under_the_last_line() -> None:
    """A table's foot that a browser repeats on each page reads as the sum of that page."""
    rows = "".join(f"<tr data-row><th scope='row'>Line {n}</th><td>1.00</td></tr>" for n in range(200))
    style = "".join((CSS / f"{name}.css").read_text() for name in ("tokens", "base", "components", "print"))
    head, foot = (
        "<tr><th scope='col'>Patient</th><th scope='col'>Owes</th></tr>",
        "<tr><th>In all</th><td>200.00</td></tr>",
    )
    table = f"<table class='table'><thead>{head}</thead><tbody>{rows}</tbody><tfoot>{foot}</tfoot></table>"
    with browsers("about:blank") as sit_down:
        page = sit_down("biller").page
        page.set_content(f"<!doctype html><style>{style}</style><div class='report'>{table}</div>")
        paper = pypdfium2.PdfDocument(BytesIO(page.pdf()))
    pages = [one.get_textpage().get_text_range() for one in paper]
    assert len(pages) > 2
    assert ["In all" in words for words in pages] == [*[False] * (len(pages) - 1), True]
    assert all("Patient" in words for words in pages), "heads stand on each page"
