"""Reading a page as its reader does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

_ERROR = re.compile(r'<div class="error" id="(?:id_|day_|end_)?(\w+)_error">.*?<span>(.*?)</span>', re.DOTALL)


def text(response: Any) -> str:
    """The page with its markup, on one line."""
    return " ".join(unescape(response.content.decode()).split())


def errors(response: Any) -> dict[str, str]:
    """What is said beside each field."""
    return {name: unescape(said) for name, said in _ERROR.findall(response.content.decode())}
