"""What narrows the calendar: its address and nothing else."""

from __future__ import annotations

from datetime import date
from typing import cast
from uuid import UUID

from django import forms
from django.http import QueryDict

from emr.shared.dates import on_calendar, parse_date
from emr.ui.forms import Form, IdempotencyField
from scheduling.chosen import GROUPS, ZOOM, ZOOMS, Chosen

#: As many columns can be chosen one by one.
_MOST = 50


class DayForm(Form):
    """``?practitioner=…&practitioner=…&view=list&status=here&zoom=5&columns=rooms&day=…``; what is unusable counts as
    not given."""

    view = forms.ChoiceField(required=False, choices=[("grid", "Grid"), ("list", "List"), ("print", "Print")])
    status = forms.ChoiceField(required=False, choices=[(word, label) for word, (label, _) in GROUPS.items()])
    zoom = forms.TypedChoiceField(required=False, choices=[(str(one), one) for one in ZOOMS], coerce=int)
    columns = forms.ChoiceField(required=False, choices=[("rooms", "Rooms")])
    day = forms.CharField(required=False, max_length=40)

    def chosen(self) -> Chosen:
        """What was asked for."""
        self.is_valid()
        data = self.cleaned_data
        typed = data.get("day") or ""
        found: date | None = parse_date(typed) if typed else None
        if found is not None and not on_calendar(found):
            found = None
        return Chosen(
            practitioners=_keys(cast(QueryDict, self.data).getlist("practitioner")),
            view=data.get("view") or "grid",
            status=data.get("status") or "",
            zoom=data.get("zoom") or ZOOM,
            columns=data.get("columns") or "",
            day=found,
            unread=typed if typed and found is None else "",
        )


class MonthForm(DayForm):
    """The same for the month beside it: ``shown`` is the day on the page, ``week_of`` whose week it shows."""

    shown = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    week_of = forms.UUIDField(required=False)

    def place(self) -> tuple[date | None, UUID | None]:
        """The day on the page, and whose week it is."""
        self.is_valid()
        return self.cleaned_data.get("shown"), self.cleaned_data.get("week_of")


class SheetsForm(Form):
    """The day sheets of everybody, asked for."""

    request_token = IdempotencyField()


def _keys(texts: list[str]) -> tuple[UUID, ...]:
    """The keys among what an address names, each once."""
    found: dict[UUID, None] = {}
    for text in texts[:_MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return tuple(found)
