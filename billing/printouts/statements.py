"""Statements on paper, from what was fixed when they were made: the same bytes whenever they are printed."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import segno
from django.template.loader import render_to_string

from billing.models import Invoice, StatementRun
from emr.pdf import join_pdfs, pdf_of, pdfs_of

_PAGE = "billing/statements/print.html"
#: Statements fetched at a time while drawing: memory stays the same for ten and for a thousand.
_CHUNK = 100


def statement_pdf(invoice: Invoice) -> bytes:
    """One statement by itself."""
    return pdf_of(_html(invoice.number, invoice.snapshot, _logo(invoice.snapshot, {})))


def write_statements(run: StatementRun, *, out: BinaryIO, on_progress: Callable[[int], None]) -> int:
    """Write all statements of a run on ``out``, one after the other, void ones left out; gives how many pages.

    Raises ValueError where none is left.
    """
    return join_pdfs(_counted(pdfs_of(_pages(run)), on_progress), out)


def _pages(run: StatementRun) -> Iterator[str]:
    logos: dict[int, str] = {}
    rows = run.invoices.filter(cancelled_at=None).order_by("number").values_list("number", "snapshot")
    for number, snapshot in rows.iterator(chunk_size=_CHUNK):
        yield _html(number, snapshot, _logo(snapshot, logos))


def _counted(pdfs: Iterator[bytes], on_progress: Callable[[int], None]) -> Iterator[bytes]:
    for done, pdf in enumerate(pdfs, start=1):
        yield pdf
        on_progress(done)


def _html(number: int, snapshot: dict[str, Any], logo: str) -> str:
    context = {**snapshot, "number": number, "logo_url": logo, "qr": _qr(snapshot["pay_link"])}
    return render_to_string(_PAGE, context)


def _logo(snapshot: dict[str, Any], known: dict[int, str]) -> str:
    """The logo of a statement, which the first that had it keeps for the others."""
    logo = snapshot["logo"]
    if not logo:
        return ""
    number = logo["number"]
    if number not in known:
        known[number] = Invoice.objects.values_list("snapshot__logo__picture", flat=True).get(number=number) or ""
    return known[number]


def _qr(link: str) -> str:
    """The link as a QR code in a ``data:`` URL; empty without one."""
    if not link:
        return ""
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=4, border=2)
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
