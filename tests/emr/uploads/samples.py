"""Files as people and attackers send them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pydyf
from PIL import Image

#: The harmless text that every scanner takes for a virus (EICAR), in two parts, so that none takes this file for one.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A PNG of some hundred bytes that says it is ``side`` pixels wide and high."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def archive() -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("evil.exe", "MZ")
    return out.getvalue()


def paper(pages: int = 1, *, script: str = "", attachment: bytes = b"") -> bytes:
    """A PDF, on demand with a script that runs when it is opened, or with a file in it."""
    made = pydyf.PDF()
    for _ in range(pages):
        made.add_page(
            pydyf.Dictionary(
                {"Type": "/Page", "Parent": made.pages.reference, "MediaBox": pydyf.Array([0, 0, 612, 792])}
            )
        )
    names = {}
    if script:
        action = pydyf.Dictionary({"S": "/JavaScript", "JS": pydyf.String(script)})
        made.add_object(action)
        names["JavaScript"] = pydyf.Dictionary({"Names": pydyf.Array([pydyf.String("a"), action.reference])})
    if attachment:
        stream = pydyf.Stream([attachment], {"Type": "/EmbeddedFile"})
        made.add_object(stream)
        inside = pydyf.Dictionary({"F": stream.reference})
        spec = pydyf.Dictionary({"Type": "/Filespec", "F": pydyf.String("evil.exe"), "EF": inside})
        made.add_object(spec)
        names["EmbeddedFiles"] = pydyf.Dictionary({"Names": pydyf.Array([pydyf.String("evil.exe"), spec.reference])})
    if names:
        made.catalog["Names"] = pydyf.Dictionary(names)
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()
