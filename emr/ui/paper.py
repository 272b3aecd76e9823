"""The style of printed pages, for ``emr.pdf``: read from disk, because the PDF writer fetches nothing but ``data:``.

The screen's typeface is not embedded: its files are subsets of one variable font, and the PDF writer mixes up their
glyphs, so that the text copies right and prints wrong. Paper uses the system's sans serif.
"""

from __future__ import annotations

import functools

from django.conf import settings


@functools.cache
def stylesheet() -> str:
    """Return ``static/css/paper.css``: running head and foot, page x of y, type for paper."""
    path = settings.BASE_DIR / "static" / "css" / "paper.css"
    return str(path.read_text(encoding="utf-8"))
