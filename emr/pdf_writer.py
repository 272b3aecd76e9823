"""The pages of a PDF: the one place that uses WeasyPrint. Loading it takes a fifth of a process's start, so that only
who prints does (emr.pdf), and the web server, where somebody would wait for it (emr.gunicorn).

The writer can reach nothing: neither files nor the network, only what stands in the page itself (``data:``). A link to
``file:///…`` or to an address inside the clinic's network, smuggled into a text, is an empty image.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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


@functools.cache
def _style() -> Any:
    """The style of paper, read once for all papers: reading it takes as long as laying out a page. It names no font
    of its own and no counter, which would belong to one paper's configuration.
    """
    return CSS(string=stylesheet(), url_fetcher=DataOnlyFetcher())


def laid_out(parts: Iterable[str], options: Mapping[str, Any]) -> Iterator[Any]:
    """Each HTML document as WeasyPrint's, laid out when it is asked for."""
    fonts, fetcher = FontConfiguration(), DataOnlyFetcher()
    for html in parts:
        document = HTML(string=html, url_fetcher=fetcher, media_type="print", base_url=_NOWHERE)
        yield document.render(font_config=fonts, stylesheets=[_style()], **options)
