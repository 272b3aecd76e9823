"""An 837P as pyx12 reads it: which segment stands in which loop is its judgement, not ours."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyx12.error_handler
import pyx12.params
import pyx12.x12context
import pyx12.x12n_document

Elements = list[str]


def verdict(text: str) -> tuple[bool, str]:
    """Whether pyx12 takes the file, and the 999 that it writes."""
    answer = io.StringIO()
    good = pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(text), answer, None)
    return good, answer.getvalue()


def accepted(text: str) -> bool:
    """Whether the file has no fault at all, and the 999 says A for its set."""
    good, answer = verdict(text)
    return good and "IK5*A~" in answer and "AK9*A*" in answer


@dataclass
class ReadClaim:
    """One claim: its segments with their loops; those of each service line apart."""

    header: list[tuple[str, Elements]]
    lines: list[list[tuple[str, Elements]]] = field(default_factory=list)

    def all(self, loop: str, name: str, first: str | None = None) -> list[Elements]:
        """The segments of a name in a loop (2010BA), if given with this first element; above the lines."""
        return list(_found(self.header, loop, name, first))

    def one(self, loop: str, name: str, first: str | None = None) -> Elements:
        """The only one of these; an empty one when there is none."""
        found = self.all(loop, name, first)
        assert len(found) <= 1
        return found[0] if found else []

    def of_line(self, n: int, loop: str, name: str, first: str | None = None) -> Elements:
        """The same of the n-th service line (from 1)."""
        found = list(_found(self.lines[n - 1], loop, name, first))
        assert len(found) <= 1
        return found[0] if found else []

    def all_of_line(self, n: int, loop: str, name: str, first: str | None = None) -> list[Elements]:
        return list(_found(self.lines[n - 1], loop, name, first))


def _found(segments: Iterable[tuple[str, Elements]], loop: str, name: str, first: str | None) -> Iterator[Elements]:
    for where, elements in segments:
        if where == loop and elements[0] == name and first in (None, elements[1]):
            yield elements


def element(segment: Elements, place: int) -> str:
    """An element by its number, "" when the segment ends before."""
    return segment[place] if place < len(segment) else ""


def claims(text: str) -> list[ReadClaim]:
    """The claims of a file in its order."""
    levels: dict[str, list[tuple[str, Elements]]] = {}
    found: list[ReadClaim] = []
    for loop, elements in _segments(text):
        if elements[0] == "HL":
            level = {"20": "2000A", "22": "2000B", "23": "2000C"}[elements[3]]
            levels = {name: known for name, known in levels.items() if name < level} | {level: []}
        elif elements[0] == "CLM":
            header = [row for rows in levels.values() for row in rows]
            found.append(ReadClaim([*header, (loop, elements)]))
        elif loop < "2300":
            if levels:
                levels[max(levels)].append((loop, elements))
        elif elements[0] == "LX":
            found[-1].lines.append([])
        elif loop >= "2400":
            found[-1].lines[-1].append((loop, elements))
        else:
            found[-1].header.append((loop, elements))
    return found


def _segments(text: str) -> Iterator[tuple[str, Elements]]:
    errors = pyx12.error_handler.errh_null()
    with pyx12.x12context.X12ContextReader(pyx12.params.params(), errors, io.StringIO(text)) as reader:
        for node in reader.iter_segments():
            path = node.cur_path.split("/")
            loop = path[-2]
            if loop[:1] == "2":
                yield loop, node.seg_data.format("~", "*", ":").rstrip("~").split("*")
