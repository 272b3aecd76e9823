"""XML from outside: the only reader, with document types, entities and outside references refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

__all__ = ["BadXml", "Element", "elements"]


class BadXml(Exception):
    """The file can't be read: ``problem`` says why, in words after "the file", and ``line`` where, from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def elements(source: Path | IO[bytes], tag: str) -> Iterator[Element]:
    """Each element of that name with what is inside, one at a time, so that the file's size costs no memory.

    Raises BadXml for what is no XML, and for a file that declares a document type: entities, which read files or
    explode, need one (XXE, "billion laughs").
    """
    try:
        for _, element in iterparse(source, events=("end",), forbid_dtd=True):
            if element.tag == tag:
                yield element
                element.clear()
    except ParseError as error:
        raise BadXml(f"is not well-formed XML ({error}).", error.position[0]) from error
    except DefusedXmlException as error:
        raise BadXml("declares a document type or entities, which is refused.", 1) from error
