"""Pictures: drawn anew, so that nothing of the file but its pixels is kept."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from emr.uploads.kinds import Kind
from emr.uploads.refusals import Refused

#: Pixels of the largest photograph that is taken. Its memory while it is drawn is four bytes for each.
MAX_PIXELS = 24_000_000
MAX_SIDE = 10_000
#: Pixels of a thumbnail's longer side: enough for a banner on a dense screen, and to tell one card from another.
THUMBNAIL_SIDE = 240
_FORMATS = {Kind.PNG: "PNG", Kind.JPEG: "JPEG"}
_ENDS = {Kind.PNG: b"IEND\xaeB`\x82", Kind.JPEG: b"\xff\xd9"}
_TOO_MANY = "The picture has more than {} million pixels. Make it smaller."
_NOT_ONE = "The file is no PNG or JPEG picture, or it is broken. Take the picture again, or save it anew."


def redraw(content: bytes, kind: Kind, *, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS) -> bytes:
    """The picture as a new file of the same kind: upright, its first image alone, without place, camera, comments,
    or what hides behind its end. Raises Refused for a picture that is too large or broken.

    The size is asked of the file's head, before a pixel is unpacked.
    """
    # Asked here, since WeasyPrint tells Pillow, for the whole process, to fill what a cut picture lacks.
    if _ENDS[kind] not in content:
        raise Refused(_NOT_ONE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=[_FORMATS[kind]])
            _measure(picture.size, max_side, max_pixels)
            upright = ImageOps.exif_transpose(picture)
            drawn = Image.new("RGBA" if kind == Kind.PNG else "RGB", upright.size)
            drawn.paste(upright.convert(drawn.mode))
            out = io.BytesIO()
            drawn.save(out, _FORMATS[kind], optimize=True)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise Refused(_NOT_ONE) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refused(_TOO_MANY.format(max_pixels // 1_000_000), recorded="decompression bomb") from error
    return out.getvalue()


def shrink(content: bytes, *, side: int = THUMBNAIL_SIDE) -> bytes:
    """A small JPEG of a picture that was drawn anew here, at most ``side`` pixels wide and high, on white."""
    picture = Image.open(io.BytesIO(content), formats=list(_FORMATS.values()))
    picture.draft("RGB", (side, side))  # A JPEG is unpacked at a fraction of its size.
    picture.thumbnail((side, side))
    small = Image.new("RGB", picture.size, "white")
    small.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _measure(size: tuple[int, int], max_side: int, max_pixels: int) -> None:
    width, height = size
    if max(size) > max_side:
        raise Refused(f"The picture is more than {max_side} pixels wide or high. Make it smaller.")
    if width * height > max_pixels:
        raise Refused(_TOO_MANY.format(max_pixels // 1_000_000))
