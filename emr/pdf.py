"""HTML to PDF: the one way to print. What lays it out is loaded with the first that is printed (emr.pdf_writer)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO

import pypdfium2  # type: ignore[import-untyped]
from django.template.loader import render_to_string

_OPTIONS = {"pdf_identifier": b"chartroom", "pdf_variant": "pdf/ua-1"}


def render_pdf(template: str, context: Mapping[str, Any]) -> bytes:
    """The PDF of a template that extends ``base_print.html``, on US letter paper, tagged for screen readers.

    The same context gives the same bytes. The file's title is the template's ``title`` block: no patient belongs in it,
    because viewers and print queues show it.
    """
    return pdf_of(render_to_string(template, dict(context)))


def pdf_of(html: str) -> bytes:
    """The PDF of a whole HTML document, in the style of paper."""
    return pdf_of_parts([html])


def pdf_of_parts(parts: Iterable[str]) -> bytes:
    """One PDF of whole HTML documents, one after the other, each with page numbers of its own.

    Each part is asked for when the one before it is laid out, so that a generator can tell how far the work is.
    """
    return _joined(list(_laid_out(parts)))


def pdfs_of(parts: Iterable[str]) -> Iterator[bytes]:
    """The PDF of each HTML document by itself, one after the other: nothing of one is kept while the next is drawn."""
    for document in _laid_out(parts):
        yield document.write_pdf(**_OPTIONS)


def join_pdfs(pdfs: Iterable[bytes], out: BinaryIO) -> int:
    """Write the pages of many PDFs on ``out`` as one; gives how many pages there are. Raises ValueError for none.

    The same PDFs give the same bytes. ``out`` is read as well as written.
    """
    with closing(pypdfium2.PdfDocument.new()) as joined:
        for pdf in pdfs:
            with closing(pypdfium2.PdfDocument(pdf)) as one:
                joined.import_pages(one)
        pages = len(joined)
        if not pages:
            raise ValueError("There is nothing to print.")
        joined.save(out)
    _forget_moment(out)
    return pages


#: What PDFium writes of the moment in which it joined: the time, and a number that is another each time.
_MOMENT = re.compile(rb"(?<=/CreationDate\(D:)\d{14}|(?<=/ID\[<)[0-9A-F]{32}><[0-9A-F]{32}(?=>\]>>)")
_NO_TIME, _NO_NUMBER = b"19700101000000", b"0" * 32 + b"><" + b"0" * 32
_BLOCK, _OVERLAP = 1 << 20, 128


def _forget_moment(out: BinaryIO) -> None:
    """Put the same in its place, block by block: as long as it was, so that every address in the file holds."""
    begin = out.seek(0)
    while block := out.read(_BLOCK + _OVERLAP):
        for found in _MOMENT.finditer(block):
            out.seek(begin + found.start())
            out.write(_NO_TIME if len(found[0]) == len(_NO_TIME) else _NO_NUMBER)
        begin = out.seek(begin + _BLOCK)


def pdf_and_parts(parts: Iterable[str]) -> tuple[bytes, list[bytes]]:
    """As :func:`pdf_of_parts`, with a PDF of each part by itself beside."""
    laid_out = list(_laid_out(parts))
    return _joined(laid_out), [document.write_pdf(**_OPTIONS) for document in laid_out]


def _laid_out(parts: Iterable[str]) -> Iterator[Any]:
    from emr.pdf_writer import laid_out

    return laid_out(parts, _OPTIONS)


def _joined(laid_out: list[Any]) -> bytes:
    pages = [page for document in laid_out for page in document.pages]
    written: bytes = laid_out[0].copy(pages).write_pdf(**_OPTIONS)
    return written
