"""A claim as a PDF of the paper form."""

from __future__ import annotations

import io

from billing.cms1500.draw import Margins, Style, render
from billing.models import Claim
from billing.queries.forms1500 import form_of

__all__ = ["claim_pdf", "form_of"]


def claim_pdf(claim: Claim, style: Style = Style.DATA_ONLY, margins: Margins | None = None) -> bytes:
    """One claim on paper: a submitted one as it was submitted, a draft as it stands.

    Raises billing.cms1500.draw.FormError when the form has a text that can't be printed, which its edits name.
    """
    out = io.BytesIO()
    render([form_of(claim)], out=out, style=style, margins=margins)
    return out.getvalue()
