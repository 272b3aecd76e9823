"""Forms about the whole chart."""

from __future__ import annotations

from emr.shared.records import uuid7
from emr.ui.forms import Form, IdempotencyField


class ChartPrintForm(Form):
    """Once for each page shown: a second press of the button prints nothing twice."""

    token = IdempotencyField(initial=uuid7)
