"""What a page says, for tests that compare pages or look for words in them."""

from __future__ import annotations

import re
from typing import Any

_DRAWN = re.compile(r'(?:csrfmiddlewaretoken" value|(?:csrf-token|session)" content|token" value)="[^"]*"')


def said(response: Any) -> str:
    """A page without what is drawn anew each time: 64 random letters spell any two-letter word now and then."""
    return without_drawn(response.content.decode())


def without_drawn(page: str) -> str:
    return _DRAWN.sub("", page)
