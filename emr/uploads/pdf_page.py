"""A program: reads a PDF from standard input and writes one page of it as PNG. It may use little memory and time and
open no file of its own, like the probe beside it. Arguments: the page, from 1, and the picture's width in pixels.
"""

from __future__ import annotations

import io
import resource
import sys

_MEMORY = 1 << 30
_CPU_SECONDS = 10


def main() -> int:
    """Write the picture; nothing and 1 where there is no such page."""
    import PIL.PngImagePlugin  # noqa: F401  loaded before the limits
    import pypdfium2  # type: ignore[import-untyped]
    from PIL import Image

    number, width = int(sys.argv[1]), int(sys.argv[2])
    content = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        document = pypdfium2.PdfDocument(content)
        page = document[number - 1]
        picture: Image.Image = page.render(scale=min(width / page.get_width(), 6), may_draw_forms=False).to_pil()
    except (pypdfium2.PdfiumError, IndexError):
        return 1
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    sys.stdout.buffer.write(out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
