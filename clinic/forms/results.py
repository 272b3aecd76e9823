"""What is typed of a result: by hand, corrected, reviewed, let go to the patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.actions.result_review import FollowUp
from clinic.actions.results import Result
from clinic.choices import Interpretation, ReportStatus
from clinic.models import ServiceRequest
from clinic.orderables import Orderable, orderable, orderables
from clinic.ranges import flag_of, read_range, read_value
from emr.access.roles import ROLES
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, IdempotencyField, PickedDateField, PickedTimeField

#: Lines for results by hand, and those that stand open from the first.
LINES, OPEN_LINES = 12, 4
_FLAGS = [("", "By the range"), *Interpretation.choices]
_ROLES = ("nurse", "front_desk", "clinician")


_STATUSES = [
    (ReportStatus.FINAL, "Final"),
    (ReportStatus.PARTIAL, "Partial: more is to come"),
    (ReportStatus.PRELIMINARY, "Preliminary: values may change"),
]


class LinesForm(Form):
    """A line for each result, and what the report is with them."""

    status = forms.ChoiceField(choices=_STATUSES)
    conclusion = forms.CharField(
        label="Findings in words", required=False, max_length=10_000, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, LINES + 1):
            for name, field in _line_fields(number):
                self.fields[f"{name}_{number}"] = field

    @property
    def words(self) -> dict[str, list[str]]:
        """What is offered while one types."""
        return {"orderables": [row.display for row in orderables().values()]}

    def lines(self) -> list[list[forms.BoundField]]:
        """The fields of each line."""
        names = ("test", "value", "unit", "range", "flag")
        return [[self[f"{name}_{number}"] for name in names] for number in range(1, LINES + 1)]

    @property
    def unfolded(self) -> bool:
        """Whether a line beyond the first ones is filled or wrong."""
        return any(bound.errors or bound.value() for line in self.lines()[OPEN_LINES:] for bound in line)

    def clean(self) -> dict[str, Any]:
        """Read the lines: each needs both a test and a value."""
        data = super().clean() or self.cleaned_data
        for number in range(1, LINES + 1):
            test, value = data.get(f"test_{number}"), data.get(f"value_{number}")
            if bool(test) != bool(value):
                name = "value" if test else "test"
                self.add_error(f"{name}_{number}", "A result needs both, its test and its value.")
        return data

    def results(self) -> Iterator[Result]:
        """The lines that were filled."""
        data = self.cleaned_data
        for number in range(1, LINES + 1):
            if data.get(f"test_{number}"):
                yield _result({name: data[f"{name}_{number}"] for name in ("test", "value", "unit", "range", "flag")})


class ReportForm(LinesForm):
    """A report by hand: what it is called, when the specimen was taken, and a line for each result."""

    order = forms.ModelChoiceField(
        label="Answers the order", queryset=ServiceRequest.objects.none(), required=False, empty_label="None of them"
    )
    what = forms.CharField(
        label="Report", max_length=200, widget=forms.TextInput({"list": "orderables-words", "autocomplete": "off"})
    )
    taken_on = PickedDateField(label="Taken on", initial=clinic_today)
    taken_at = PickedTimeField(label="At", required=False)
    performer = forms.CharField(label="Performed by", max_length=120, required=False)
    request_token = IdempotencyField(required=False)

    field_order = ("order", "what", "taken_on", "taken_at", "performer", "status", "conclusion")

    def __init__(self, *args: Any, orders: QuerySet[ServiceRequest], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("order", orders)

    def clean(self) -> dict[str, Any]:
        """When it was taken, and what the report is called, beside the lines."""
        data = super().clean()
        if data.get("taken_on"):
            moment = datetime.combine(data["taken_on"], data.get("taken_at") or time(0), tzinfo=clinic_zone())
            data["effective_at"] = moment
        text = " ".join((data.get("what") or "").split())
        data["coding"] = (orderable(text) or Orderable("", "", text, "")).coding
        return data


class ContinueForm(LinesForm):
    """What came later to a report that was not complete. ``seen`` is the state of it that the page showed.

    It begins with the status that the report has: that it is final, somebody says.
    """

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].label = "The report is now"
        if self.initial.get("status") not in dict(_STATUSES):
            self.initial["status"] = ReportStatus.PARTIAL
        self.fields["conclusion"].label = "Further findings in words"


def _line_fields(number: int) -> Iterator[tuple[str, forms.Field]]:
    said = f"of line {number}"
    offered = forms.TextInput({"list": "orderables-words", "autocomplete": "off"})
    yield "test", forms.CharField(label=f"Test {said}", max_length=200, required=False, widget=offered)
    yield "value", forms.CharField(label=f"Value {said}", max_length=500, required=False)
    yield "unit", forms.CharField(label=f"Unit {said}", max_length=40, required=False)
    yield "range", forms.CharField(label=f"Range {said}", max_length=200, required=False)
    yield "flag", forms.ChoiceField(label=f"Flag {said}", choices=_FLAGS, required=False)


def _result(said: dict[str, str]) -> Result:
    typed, within = read_value(said["value"]), read_range(said["range"])
    known = orderable(said["test"]) or Orderable("", "", said["test"], "")
    return Result(
        coding=known.coding,
        value=typed.number,
        comparator=typed.comparator,
        words=typed.words,
        unit=said["unit"],
        interpretation=said["flag"] or flag_of(typed, within),
        low=within.low,
        high=within.high,
        range_text=within.text,
    )


class CorrectForm(Form):
    """Another value in the place of one that stands."""

    value = forms.CharField(label="Right value", max_length=500)
    unit = forms.CharField(max_length=40, required=False)
    flag = forms.ChoiceField(choices=_FLAGS, required=False)
    reason = forms.CharField(label="Why it changes", max_length=300, help_text="The value before stays in sight.")


class ReviewForm(Form):
    """Notice taken: what was done, what follows, whether the patient sees it."""

    comment = forms.CharField(
        label="Comment", max_length=500, required=False, widget=forms.Textarea({"rows": 3, "class": "short"})
    )
    release = forms.BooleanField(label="Release to the patient", required=False)
    task = forms.CharField(
        label="Ask for something", max_length=300, required=False, help_text="Names no patient: Repeat in two weeks."
    )
    task_for = forms.ChoiceField(label="Of", required=False)
    task_due = PickedDateField(label="By", required=False)
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("task_for", [("", "Myself"), *((name, f"Everybody: {ROLES[name].label}") for name in _ROLES)])

    def follow_up(self, user: Any) -> FollowUp | None:
        """The task that was asked for."""
        data = self.cleaned_data
        if not data["task"]:
            return None
        role = data["task_for"]
        return FollowUp(data["task"], None if role else user, role, data["task_due"])


class ReleaseForm(Form):
    """Whether the patient sees a report."""

    release = forms.BooleanField(required=False)


class ReportErrorForm(Form):
    """Why a report is wrong."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="The report and its results stay on file, crossed out."
    )


class WorklistForm(Form):
    """What the worklist shows, from its address."""

    show = forms.ChoiceField(choices=[("waiting", "To review"), ("reviewed", "Reviewed")], required=False)
    whose = forms.ChoiceField(choices=[("mine", "Mine"), ("all", "Everybody's")], required=False)

    def chosen(self) -> tuple[str, str]:
        """What and whose; what makes no sense in an address is the first of each."""
        self.is_valid()
        return self.cleaned_data.get("show") or "waiting", self.cleaned_data.get("whose") or "mine"
