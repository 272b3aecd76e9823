"""What is typed to order something, and to say what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.forms.lists import ListForm
from clinic.models.orders import OrderCategory, OrderPriority, OrderStep
from clinic.orderables import Orderable, orderable, orderables
from clinic.queries.orders import current_problems, requesters
from emr.accounts.models import Practitioner
from emr.codes.coding import Coding
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM
from emr.ui.forms import Form, IdempotencyField, PickedDateField


class OrderForm(ListForm):
    """An order: the words first, then what it is for. What the house orders often brings its kind and code along."""

    widths: ClassVar = {"category": 6, "priority": 6, "occurrence_date": 6, "follow_up_on": 6}
    folded: ClassVar = (
        "performer",
        "performer_contact",
        "instructions",
        "occurrence_date",
        "follow_up_on",
        "requester",
    )
    fold_title: ClassVar = "To whom, when, by whom"

    what = forms.CharField(
        label="Order", max_length=200, widget=forms.TextInput({"list": "orderables-words", "autocomplete": "off"})
    )
    category = forms.ChoiceField(label="Kind", choices=[("", "As listed"), *OrderCategory.choices], required=False)
    priority = forms.ChoiceField(choices=OrderPriority.choices, initial=OrderPriority.ROUTINE)
    problems = forms.MultipleChoiceField(
        label="For these problems", required=False, widget=forms.CheckboxSelectMultiple
    )
    diagnosis = CodeField(system=ICD10CM, label="Another diagnosis", required=False)
    reason = forms.CharField(label="Reason in words", max_length=500, required=False)
    performer = forms.CharField(label="To", max_length=120, required=False, help_text="Laboratory, center, colleague.")
    performer_contact = forms.CharField(label="Their address or telephone", max_length=200, required=False)
    instructions = forms.CharField(max_length=500, required=False, help_text="Empty: as listed for this order.")
    occurrence_date = PickedDateField(label="To be done on", required=False)
    follow_up_on = PickedDateField(label="Remind if not back by", required=False)
    requester = forms.ModelChoiceField(
        label="Ordered by", queryset=Practitioner.objects.none(), required=False, empty_label="Me"
    )
    again = forms.BooleanField(label="Order it again", required=False)
    request_token = IdempotencyField(required=False)

    def prepare(self, patient: Any) -> None:
        """Offer the patient's problems, who may answer for an order, and the list of the house."""
        self.known = {str(row.pk): row for row in current_problems(patient)}
        self.offer("problems", [(key, f"{row.code} {row.display}") for key, row in self.known.items()])
        if not self.known:
            del self.fields["problems"]
        self.offer("requester", requesters())

    @property
    def words(self) -> dict[str, list[str]]:
        """What is offered while one types."""
        return {"orderables": [row.display for row in orderables().values()]}

    def main_fields(self) -> list[forms.BoundField]:
        """The box to order twice is shown only where it is on order already."""
        return [one for one in super().main_fields() if one.name != "again" or one.errors or one.value()]

    def clean(self) -> dict[str, Any]:
        """Find what was typed in the list of the house; else its kind must be said."""
        data = super().clean() or self.cleaned_data
        text = " ".join((data.get("what") or "").split())
        known = orderable(text) or Orderable(data.get("category") or "", "", text, "")
        data["category"] = data.get("category") or known.category
        if text and not data["category"]:
            self.add_error("category", "This is not on the list of the house: choose its kind.")
        data["coding"] = known.coding
        data["instructions"] = data.get("instructions") or known.instructions
        chosen = [self.known[key] for key in data.get("problems") or []]
        data["diagnoses"] = [(Coding(row.system, row.code, row.display), row) for row in chosen]
        more = data.get("diagnosis")
        if more is not None and more.code not in {row.code for row in chosen}:
            data["diagnoses"].append((more, None))
        return data


class MoveForm(Form):
    """How far an order has come."""

    step = forms.ChoiceField(label="It is", choices=OrderStep.choices)
    scheduled_on = PickedDateField(label="Scheduled for", required=False)


class SignForm(Form):
    """Nothing to enter: the button is the answer."""


class DoneForm(Form):
    """What came of an order without a result here."""

    comment = forms.CharField(label="What came of it", max_length=300, required=False)


class HoldForm(Form):
    """Why an order rests."""

    reason = forms.CharField(label="Why does it rest", max_length=300)


class CancelForm(Form):
    """Why an order is cancelled."""

    reason = forms.CharField(label="Why is it cancelled", max_length=300)


class WrongForm(Form):
    """Why an order is wrong."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="The order stays on file, marked as entered in error."
    )
