"""A PDF written object by object as it comes, so that a file of thousands of pages needs the memory of one.

The objects are pydyf's; pydyf's own document keeps each until the end. Here only their offsets are kept. Nothing of
the clock or of chance goes in: the same objects give the same bytes. ``out`` need not be seekable.
"""

import zlib
from typing import BinaryIO

import pydyf

LETTER = (612, 792)
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_PAGES, _CATALOG = 1, 2
# Viewers would shrink the page to the printer's margins, and the text would miss the boxes of the red form.
_UNSCALED = b"<</PrintScaling /None>>"


class PdfStream:
    """One file under way: ``add`` objects, ``add_page`` pages, then ``close``."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._position = 0
        self._offsets: dict[int, int] = {}
        self._pages: list[int] = []
        self._next = _CATALOG + 1
        self._write(_HEADER)

    def add(self, item: pydyf.Object) -> int:
        """Write an object; returns its number."""
        number = self._next
        self._next += 1
        self._put(number, item)
        return number

    def add_page(self, content: bytes, resources: int) -> None:
        """Write one letter page with its compressed content; ``resources`` is the number of the shared dictionary."""
        contents = self.add(compressed(content))
        page = {
            "Type": "/Page",
            "Parent": f"{_PAGES} 0 R",
            "Contents": f"{contents} 0 R",
            "Resources": f"{resources} 0 R",
        }
        self._pages.append(self.add(pydyf.Dictionary(page)))

    def close(self, *, title: str) -> None:
        """Write the page list, the catalogue, the cross references and the end. The file itself stays open."""
        kids = pydyf.Array([f"{number} 0 R" for number in self._pages])
        box = pydyf.Array([0, 0, *LETTER])
        self._put(
            _PAGES, pydyf.Dictionary({"Type": "/Pages", "Kids": kids, "Count": len(self._pages), "MediaBox": box})
        )
        catalog = {"Type": "/Catalog", "Pages": f"{_PAGES} 0 R", "ViewerPreferences": _UNSCALED}
        self._put(_CATALOG, pydyf.Dictionary(catalog))
        info = self.add(pydyf.Dictionary({"Title": pydyf.String(title)}))
        start = self._position
        self._write(f"xref\n0 {self._next}\n0000000000 65535 f \n".encode())
        for number in range(1, self._next):
            self._write(f"{self._offsets[number]:010} 00000 n \n".encode())
        trailer = pydyf.Dictionary({"Size": self._next, "Root": f"{_CATALOG} 0 R", "Info": f"{info} 0 R"})
        self._write(b"trailer\n" + trailer.data + f"\nstartxref\n{start}\n%%EOF\n".encode())

    def _put(self, number: int, item: pydyf.Object) -> None:
        item.number = number
        self._offsets[number] = self._position
        self._write(item.indirect + b"\n")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._position += len(data)


def compressed(content: bytes, extra: dict[str, object] | None = None) -> pydyf.Stream:
    """A stream object of already joined content; level 6 packs text as well as 9 and twice as fast."""
    return pydyf.Stream([zlib.compress(content, 6)], {"Filter": "/FlateDecode", **(extra or {})})
