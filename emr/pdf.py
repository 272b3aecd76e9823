"""HTML to PDF: the one place that uses WeasyPrint.

The writer can reach nothing: neither files nor the network, only what stands in the page itself (``data:``). A link to
``file:///…`` or to an address inside the clinic's network, smuggled into a text, is an empty image.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO

import pypdfium2  # type: ignore[import-untyped]
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from emr.ui.paper import stylesheet

#: What relative addresses are relative to: a name that can't exist (RFC 2606). Without any, a relative import of a
#: style sheet makes WeasyPrint fail.
_NOWHERE = "https://nowhere.invalid/"


#: What a picture begins with: PNG, JPEG. Others (SVG loads more, EPS is a program for another program) are none.
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class DataOnlyFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers ``data:`` URLs of a picture and refuses every other, redirects included."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The bytes of a picture in a ``data:`` URL. Raises ValueError for all else, which WeasyPrint takes as "not
        there". What it is, its content says: the writer looks at that, whatever the URL claims.
        """
        if not url.casefold().startswith("data:"):
            raise ValueError("A printed page loads nothing.")
        content = super().fetch(url, headers).read()
        kind = next((kind for start, kind in _PICTURES.items() if content.startswith(start)), None)
        if kind is None:
            raise ValueError("A printed page shows PNG and JPEG alone.")
        return URLFetcherResponse(url, content, {"Content-Type": kind})


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


_OPTIONS = {"pdf_identifier": b"chartroom", "pdf_variant": "pdf/ua-1"}


@functools.cache
def _style() -> Any:
    """The style of paper, read once for all papers: reading it takes as long as laying out a page. It names no font
    of its own and no counter, which would belong to one paper's configuration.
    """
    return CSS(string=stylesheet(), url_fetcher=DataOnlyFetcher())


def _laid_out(parts: Iterable[str]) -> Iterator[Any]:
    fonts, fetcher = FontConfiguration(), DataOnlyFetcher()
    for html in parts:
        document = HTML(string=html, url_fetcher=fetcher, media_type="print", base_url=_NOWHERE)
        yield document.render(font_config=fonts, stylesheets=[_style()], **_OPTIONS)


def _joined(laid_out: list[Any]) -> bytes:
    pages = [page for document in laid_out for page in document.pages]
    written: bytes = laid_out[0].copy(pages).write_pdf(**_OPTIONS)
    return written
