"""The little Markdown that a note's text may have: paragraphs, line breaks, lists with ``-``, and ``**bold**``.

No more, on purpose. Clinical text is full of signs that Markdown would swallow: ``+ Murphy``, ``2*3``, ``#2``,
``> 3 s``, numbered plans that it would number anew. What a writer types, a reader sees.
"""

from __future__ import annotations

import functools
import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {"p", "br", "ul", "li", "strong"}
#: Characters that would start something else; escaped, they stand for themselves. A pair of stars stays: it is bold.
_LITERAL = re.compile(r"\\|_|(?<!\*)\*(?!\*)")
#: A bullet other than "-", or a number with its dot, at the start of a line.
_LINE_START = re.compile(r"^(\s*)([+]|\d{1,9}(?=[.)]))([.)]?)(?=\s|$)", re.MULTILINE)


@functools.cache
def _parser() -> MarkdownIt:
    return MarkdownIt("zero", {"html": False, "breaks": True}).enable(["newline", "escape", "list", "emphasis"])


def to_html(text: str) -> Markup:
    """The text as HTML of five tags without attributes; whatever HTML was typed is shown as typed."""
    literal = _LITERAL.sub(r"\\\g<0>", text)
    literal = _LINE_START.sub(_plain, literal)
    return Markup(nh3.clean(_parser().render(literal), tags=_TAGS, attributes={}))  # noqa: S704  cleaned


def _plain(match: re.Match[str]) -> str:
    space, sign, dot = match.groups()
    return f"{space}\\{sign}" if sign == "+" else f"{space}{sign}\\{dot}"
