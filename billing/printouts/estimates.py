"""Good-faith estimates on paper."""

from __future__ import annotations

from billing.models import GoodFaithEstimate
from billing.queries.estimates import DISPUTED_FROM
from emr.pdf import render_pdf


def estimate_pdf(estimate: GoodFaithEstimate) -> bytes:
    """The estimate from its snapshot: the same bytes whenever it is printed."""
    context = {"number": estimate.number, "disputed_from": f"{DISPUTED_FROM:.0f}", **estimate.snapshot}
    return render_pdf("billing/estimates/print.html", context)
