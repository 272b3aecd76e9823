"""What a privacy officer asks of the logs."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms

from emr.accounts.models import User
from emr.audit.models import AccessAction, AccessOutcome, LogEntry, PurposeOfUse, SecurityKind
from emr.audit.queries.reports import CHANGES, EVENTS, Asked, Log
from emr.audit.registry import recorded_models
from emr.audit.sections import PARTS
from emr.ui import formats
from emr.ui.forms import Form, IdempotencyField, PickedDateField

_CHANGES = [
    (str(LogEntry.Action.CREATE), "Made"),
    (str(LogEntry.Action.UPDATE), "Changed"),
    (str(LogEntry.Action.DELETE), "Removed"),
]
_FIELDS = {
    "changes": ("action", "section"),
    "reads": ("action", "section", "outcome", "purpose"),
    "events": ("kind",),
}


class ReportForm(Form):
    """Filters in the URL: keys, codes and days, never a name."""

    user = forms.ModelChoiceField(
        User.objects.order_by("last_name", "first_name", "email"), required=False, empty_label="Anyone"
    )
    since = PickedDateField(required=False, label="From")
    until = PickedDateField(required=False, label="Until")
    action = forms.ChoiceField(required=False, label="What was done", choices=[("", "Any"), *AccessAction.choices])
    section = forms.ChoiceField(
        required=False, label="Part", choices=[("", "Any"), *sorted(PARTS.items(), key=lambda part: part[1])]
    )
    outcome = forms.ChoiceField(required=False, choices=[("", "Any"), *AccessOutcome.choices])
    purpose = forms.ChoiceField(required=False, choices=[("", "Any"), *PurposeOfUse.choices])
    kind = forms.ChoiceField(required=False, label="Kind", choices=[("", "Any"), *SecurityKind.choices])
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    order = forms.CharField(required=False, widget=forms.HiddenInput)

    ours: ClassVar[tuple[str, ...]] = ("user", "since", "until", "action", "section", "outcome", "purpose", "kind")

    def __init__(self, *args: Any, log: Log, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log = log
        for name in ("action", "section", "outcome", "purpose", "kind"):
            if name not in _FIELDS[log.name]:
                del self.fields[name]
        if log is EVENTS:
            del self.fields["patient"]
            return
        if log is CHANGES:
            self.fields["action"] = forms.ChoiceField(
                required=False, label="What was done", choices=[("", "Any"), *_CHANGES]
            )
            self.fields["section"] = forms.ChoiceField(required=False, label="Kind", choices=tables())

    def clean_order(self) -> str:
        """One of the orders that this log has; anything else is by time."""
        order = str(self.cleaned_data["order"])
        return order if order.removeprefix("-") in self.log.orders else "-at"

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "The period ends before it begins.")
        return data

    def asked(self) -> Asked:
        """What is asked for; what could not be read is not asked."""
        if not self.is_bound:
            return Asked()
        data = self.cleaned_data if self.is_valid() else {**self.cleaned_data, "order": "-at"}
        plain = {name: data.get(name) or "" for name in ("action", "section", "outcome", "purpose", "kind")}
        user = data.get("user")
        return Asked(
            user_id=user.pk if user else None,
            patient_id=data.get("patient"),
            since=data.get("since"),
            until=data.get("until"),
            order=data.get("order") or "-at",
            **plain,
        )

    def shown(self) -> list[Any]:
        """The fields that people fill, in order."""
        return [self[name] for name in self.ours if name in self.fields]


class ExportForm(Form):
    """Asks for a report as a file; the token makes a double click one file."""

    token = IdempotencyField()


class PatientLookUpForm(Form):
    """A patient to whom the report is narrowed: typed in a body, never in a URL."""

    q = forms.CharField(
        label="Patient",
        max_length=120,
        widget=forms.TextInput({"placeholder": "Name or whole MRN", "autocomplete": "off"}),
    )


def tables() -> list[tuple[str, str]]:
    """The recorded tables, by the names that people know."""
    pairs = {(str(model._meta.model_name), str(model._meta.verbose_name).capitalize()) for model in recorded_models()}
    return [("", "Any"), *sorted(pairs, key=lambda pair: pair[1])]


class PeriodForm(Form):
    """A period of days, both inside; either may be left open."""

    since = PickedDateField(required=False, label="From")
    until = PickedDateField(required=False, label="Until")

    def period(self) -> tuple[date | None, date | None]:
        """First and last day; what could not be read is open."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return data.get("since"), data.get("until")

    def query(self) -> dict[str, str]:
        """The period as a URL has it."""
        return {name: day.isoformat() for name, day in zip(("since", "until"), self.period(), strict=True) if day}

    def words(self) -> str:
        """The period in words."""
        since, until = (formats.day(day) for day in self.period())
        return " ".join(filter(None, [f"from {since}" if since else "", f"until {until}" if until else ""])) or "so far"
