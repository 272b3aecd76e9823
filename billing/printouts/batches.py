"""The file of a batch, in its style. The same batch gives the same bytes, whenever it is drawn."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from billing.choices import BatchStyle
from billing.cms1500.draw import Margins, Style, render
from billing.cms1500.form import Form1500
from billing.models import ClaimBatch
from billing.x12.professional import Envelope, interchange

Progress = Callable[[int], None]
#: The first day that zip archives know: the hour of packing would make each archive another.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class Drawn(NamedTuple):
    """A file's name and kind, and how many of what it holds."""

    name: str
    content_type: str
    unit: str
    number: int


def write_batch(batch: ClaimBatch, forms: Iterable[Form1500], *, out: BinaryIO, on_progress: Progress) -> Drawn:
    """Write the claims of a batch on ``out``, one at a time; nothing of them is kept.

    Raises billing.cms1500.draw.FormError or billing.x12.professional.ClaimError for a claim that can't be said whole.
    """
    margins = Margins(left=float(batch.margin_left), top=float(batch.margin_top))
    match BatchStyle(batch.style):
        case BatchStyle.X12:
            return _write_837p(batch, forms, out, on_progress)
        case BatchStyle.ZIP:
            return _write_zip(forms, margins, out, on_progress)
        case style:
            pages = render(forms, out=out, style=Style(style), margins=margins, on_progress=on_progress)
            return Drawn("claims.pdf", "application/pdf", "pages", pages)


def _write_837p(batch: ClaimBatch, forms: Iterable[Form1500], out: BinaryIO, on_progress: Progress) -> Drawn:
    envelope = Envelope.from_data(batch.envelope or {})
    count = 0
    for text in interchange(envelope, _counted(forms, on_progress)):
        out.write(text.encode("ascii"))
        count += 1
    return Drawn(f"claims-{envelope.control_number:09}.837", "application/edi-x12", "segments", count)


def _write_zip(forms: Iterable[Form1500], margins: Margins, out: BinaryIO, on_progress: Progress) -> Drawn:
    pages = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for form in _counted(forms, on_progress):
            content = io.BytesIO()
            pages += render([form], out=content, margins=margins)
            archive.writestr(zipfile.ZipInfo(f"claim-{form.account_number}.pdf", _NO_DATE), content.getvalue())
    return Drawn("claims.zip", "application/zip", "pages", pages)


def _counted(forms: Iterable[Form1500], on_progress: Progress) -> Iterator[Form1500]:
    """The same forms, telling after each that it is done."""
    for done, form in enumerate(forms, start=1):
        yield form
        on_progress(done)
