"""A record number, or an order's, as bars (Code 39, ISO/IEC 16388): plain, self-checking, read by every scanner."""

from __future__ import annotations

import base64
import io

from PIL import Image

#: Nine bars and spaces in turn, beginning with a bar; w is wide.
_PATTERNS = {
    "0": "nnnwwnwnn",
    "1": "wnnwnnnnw",
    "2": "nnwwnnnnw",
    "3": "wnwwnnnnn",
    "4": "nnnwwnnnw",
    "5": "wnnwwnnnn",
    "6": "nnwwwnnnn",
    "7": "nnnwnnwnw",
    "8": "wnnwnnwnn",
    "9": "nnwwnnwnn",
    "L": "nnwnnnnww",
    "*": "nwnnwnwnn",
}
#: Narrow elements that a wide one is wide.
_WIDE = 3


def bars(digits: str) -> str:
    """The bars of some digits, one character for each narrow element: ``#`` is black. Start and stop are put around."""
    signs = []
    for sign in f"*{digits}*":
        pattern = _PATTERNS[sign]
        signs.append(
            "".join(
                ("#" if place % 2 == 0 else " ") * (_WIDE if width == "w" else 1) for place, width in enumerate(pattern)
            )
        )
    return " ".join(signs)


def bars_url(digits: str) -> str:
    """The bars as a picture of one pixel's height, in a ``data:`` URL, to be stretched."""
    line = bars(digits)
    picture = Image.new("1", (len(line), 1), 1)
    for place, sign in enumerate(line):
        if sign == "#":
            picture.putpixel((place, 0), 0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
