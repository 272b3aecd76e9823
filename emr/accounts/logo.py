"""The clinic's logo: what may be uploaded as one."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 200 * 1024
MAX_PIXELS = 2000
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


@dataclass(frozen=True)
class Logo:
    """A picture: its bytes, its media type as told by its content, its SHA-256."""

    content: bytes
    type: str
    sha256: str


def read_logo(content: bytes) -> Logo:
    """The logo in uploaded bytes, drawn anew so that nothing but its pixels is kept.

    Raises ValidationError for what is too large, no PNG or JPEG by its content, or broken.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(f"The logo is larger than {MAX_BYTES // 1024} kB. Make it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=list(_TYPES))
            if max(picture.size) > MAX_PIXELS:
                raise ValidationError(f"The logo is more than {MAX_PIXELS} pixels wide or high. Make it smaller.")
            kind = str(picture.format)
            drawn = io.BytesIO()
            picture.convert("RGBA" if kind == "PNG" else "RGB").save(drawn, kind, optimize=True)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise ValidationError("The file is no PNG or JPEG picture.") from error
    clean = drawn.getvalue()
    return Logo(clean, _TYPES[kind], hashlib.sha256(clean).hexdigest())
