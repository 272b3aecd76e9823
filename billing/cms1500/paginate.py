"""From a claim to its pages: six service lines on each, and each page a claim form that stands alone.

Every page repeats the header and carries the total of its own lines (box 28). What was paid (box 29) stands on the
first page only, so that a payer who adds the pages up doesn't count it twice.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from billing.cms1500 import content
from billing.cms1500.fill import Fill, Placed, fill_footer, fill_header
from billing.cms1500.form import Form1500, ServiceLine
from billing.cms1500.grid import LINES_PER_PAGE, CellError, Unprintable

Page: TypeAlias = Mapping[str, Placed]


def cells(form: Form1500) -> list[Page]:
    """The pages of a claim, each a mapping of box id to row, column and text.

    Raises CellError (Overflow or Unprintable, naming the box) for the first text that can't be printed whole. A claim
    without service lines has one page.
    """
    pages, faults = compose(form)
    if faults:
        raise faults[0]
    return pages


def compose(form: Form1500) -> tuple[list[Page], list[CellError]]:
    """The pages with all that could be placed, and every fault found on the way, each told once."""
    lines = form.service_lines
    starts = range(0, max(len(lines), 1), LINES_PER_PAGE)
    fills = [_page(form, lines[start : start + LINES_PER_PAGE], start) for start in starts]
    for start, fill in zip(starts, fills, strict=True):
        for fault in fill.faults:
            fault.box = _box_of_claim(fault.box, start)
    faults = {(fault.box, fault.text): fault for fill in fills for fault in fill.faults}
    return [fill.cells for fill in fills], list(faults.values())


def page_total(lines: tuple[ServiceLine, ...]) -> Decimal:
    """Sum of the lines' charges: what box 28 shows under them."""
    return sum((line.charge for line in lines), Decimal(0))


def _page(form: Form1500, lines: tuple[ServiceLine, ...], start: int) -> Fill:
    fill = Fill()
    fill_header(fill, form)
    for n, line in enumerate(lines, start=1):
        _service_line(fill, n, line)
    fill_footer(fill, form, page_total=page_total(lines), first_page=start == 0)
    return fill


def _box_of_claim(box: str, start: int) -> str:
    """The same box with its line counted from the claim's first line: 24F.1 of the second page is 24F.7."""
    head, line, *rest = [*box.split("."), ""]
    return ".".join((head, str(int(line) + start), *rest)).rstrip(".") if head.startswith("24") else box


def _service_line(fill: Fill, n: int, line: ServiceLine) -> None:
    fill.put(f"24.{n}.shaded", content.supplement, line.supplemental)
    fill.identifier(f"24I.{n}", f"24J.{n}.id", line.rendering_id)
    fill.date(f"24A.{n}.from", line.service_from, year_digits=2)
    fill.date(f"24A.{n}.to", line.service_to, year_digits=2)
    fill.put(f"24B.{n}", content.identifier, line.place_of_service)
    fill.write(f"24C.{n}", "Y" if line.emergency else "")
    fill.put(f"24D.{n}", content.identifier, line.code)
    for slot, modifier in enumerate(line.modifiers[:4], start=1):
        fill.put(f"24D.{n}.modifier{slot}", content.identifier, modifier)
    if len(line.modifiers) > 4:
        text = " ".join(line.modifiers)
        fill.faults.append(Unprintable(f"24D.{n}", text, f"has room for 4 modifiers, and the line has {text}"))
    fill.put(f"24E.{n}", content.identifier, line.pointers)
    fill.put(f"24F.{n}", content.dollars, line.charge)
    fill.put(f"24G.{n}", content.units, line.units)
    fill.put(f"24H.{n}", content.identifier, line.epsdt)
    fill.put(f"24J.{n}", content.identifier, line.rendering_npi)
