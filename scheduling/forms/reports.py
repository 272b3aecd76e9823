"""Which days a report is about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from emr.shared.dates import clinic_today
from emr.ui.forms import Form, PickedDateField
from scheduling.forms.fields import PractitionerField

_MOST = timedelta(days=366)


class ThroughputFilter(Form):
    """A period of at most a year, and whose visits. Without one, the last seven days (``usual`` before the last)."""

    usual: ClassVar[timedelta] = timedelta(days=6)
    first = PickedDateField(label="From", required=False)
    last = PickedDateField(label="Until", required=False)
    practitioner = PractitionerField(label="With", empty_label="Everybody")

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day; what can't be read is the usual."""
        data: dict[str, Any] = self.cleaned_data if self.is_bound and hasattr(self, "cleaned_data") else {}
        last = data.get("last") or clinic_today()
        return data.get("first") or last - self.usual, last

    def clean(self) -> dict[str, Any]:
        """The last day doesn't come before the first, nor more than a year after it."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last") or clinic_today()
        if first and last < first:
            self.add_error("last", "The last day comes before the first.")
        elif first and last - first > _MOST:
            self.add_error("first", "Choose a year at most.")
        return data
