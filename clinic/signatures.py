"""A signature drawn on a screen: a PNG that the page sends as text, since strangers send no files."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image

from emr.shared.errors import DomainError
from emr.uploads.incoming import Incoming, Limits, check
from emr.uploads.kinds import Kind
from emr.uploads.refusals import Refused

_HEAD = "data:image/png;base64,"
_LIMITS = Limits({Kind.PNG}, max_bytes=250_000, max_side=2000, max_pixels=1_500_000)
_UNFIT = "The drawn signature can't be read. Clear it and draw it again, or sign with your typed name alone."


def read_signature(data_url: str) -> Incoming | None:
    """The picture in a ``data:`` URL, checked and drawn anew; None for an empty text.

    Raises DomainError for what is no PNG, is too large, or shows nothing.
    """
    if not data_url:
        return None
    if not data_url.startswith(_HEAD):
        raise DomainError(_UNFIT)
    try:
        content = base64.b64decode(data_url.removeprefix(_HEAD), validate=True)
        taken = check(content, "signature.png", _LIMITS)
    except (binascii.Error, Refused) as error:
        raise DomainError(_UNFIT) from error
    if _is_blank(taken.content):
        raise DomainError("Nothing is drawn. Draw your signature, or clear it and sign with your typed name alone.")
    return taken


def _is_blank(content: bytes) -> bool:
    """Whether every point has the same colour."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
        colours = picture.convert("RGBA").getcolors(maxcolors=1)
    return colours is not None
