"""What is typed from an explanation of benefits on paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from billing.actions.manual_remittances import EnteredLine, Reason
from billing.forms.payments import MoneyField
from billing.models import ClaimItem, ClaimResponse
from clinic.models import Payer
from emr.ui import formats
from emr.ui.forms import Form, IdempotencyField, PickedDateField

METHODS = [("CHK", "Check"), ("ACH", "Bank transfer"), ("NON", "Nothing came, only the paper")]
#: What the columns of the paper mean: the name of the field, its label, group and CARC.
COLUMNS = [
    ("agreed", "Above the agreed fee", "CO", "45"),
    ("deductible", "Deductible", "PR", "1"),
    ("coinsurance", "Coinsurance", "PR", "2"),
    ("copay", "Copay", "PR", "3"),
]
_CODE = re.compile(r"(CO|PR|OA|PI)[ -]?([A-Z]?\d{1,3})")


class BeginForm(Form):
    """A payment whose explanation came on paper."""

    payer = forms.ModelChoiceField(Payer.objects.order_by("name"), empty_label="Choose the payer")
    method = forms.ChoiceField(label="How it came", choices=METHODS)
    trace_number = forms.CharField(label="Number of the check or transfer", max_length=50)
    payment_date = PickedDateField(label="Dated")
    amount = MoneyField(label="Amount", min_value=0)
    request_token = IdempotencyField()


class DecisionForm(Form):
    """What the paper says of the lines of one claim; lines left empty stay as they are."""

    payer_control_number = forms.CharField(label="The payer's number of the claim", required=False, max_length=50)
    request_token = IdempotencyField()

    def __init__(self, *args: Any, items: Sequence[ClaimItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(items)
        for item in self.items:
            for name, label in (("paid", "Paid"), *((name, label) for name, label, _, _ in COLUMNS)):
                self.fields[_name(name, item)] = MoneyField(
                    label=f"{label}, line {item.sequence}", required=False, min_value=0
                )
            self.fields[_name("other", item)] = MoneyField(
                label=f"Another amount, line {item.sequence}", required=False, min_value=0
            )
            self.fields[_name("other_code", item)] = forms.CharField(
                label=f"Its group and reason, line {item.sequence}", required=False, max_length=8
            )

    @property
    def rows(self) -> list[tuple[ClaimItem, list[forms.BoundField]]]:
        """Each line with its fields, in the order of the columns."""
        names = ("paid", *(name for name, _, _, _ in COLUMNS), "other", "other_code")
        return [(item, [self[_name(name, item)] for name in names]) for item in self.items]

    def clean(self) -> dict[str, Any]:
        """Another amount has its group and reason, such as CO-50, and the other way round."""
        data: dict[str, Any] = super().clean() or {}
        for item in self.items:
            amount, code = data.get(_name("other", item)), data.get(_name("other_code", item), "").upper()
            if bool(amount) != bool(code) or (code and not _CODE.fullmatch(code)):
                wrong = ValidationError("Enter an amount and its group and reason, like CO-50.")
                self.add_error(_name("other_code", item), wrong)
        return data

    def entered(self) -> list[EnteredLine]:
        """The lines of which something is said."""
        found = []
        for item in self.items:
            typed = {name: self.cleaned_data.get(_name(name, item)) for name in ("paid", "other", *_NAMES)}
            said: dict[str, Decimal] = {name: amount for name, amount in typed.items() if amount is not None}
            if not said:
                continue
            reasons = [Reason(group, code, said[name]) for name, _, group, code in COLUMNS if said.get(name)]
            code = _CODE.fullmatch(self.cleaned_data[_name("other_code", item)].upper())
            if code is not None:
                reasons.append(Reason(code[1], code[2], said["other"]))
            found.append(EnteredLine(item, said.get("paid", Decimal(0)), reasons))
        return found


class ReversalForm(Form):
    """Which of the decisions that stand on a claim the paper takes back."""

    takes_back = forms.BooleanField(widget=forms.HiddenInput, initial=True)
    # Not a field of choices: the second half of a double click names one that is offered no more.
    former = forms.UUIDField(
        label="Former decision",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the former decision.", "invalid": "Choose the former decision."},
    )
    request_token = IdempotencyField()

    def __init__(self, *args: Any, former: Sequence[ClaimResponse], **kwargs: Any) -> None:
        # It stands on one page with the decision's own form.
        super().__init__(*args, auto_id="back_%s", **kwargs)
        self.offered = [(str(one.pk), _told(one)) for one in former]
        cast(forms.RadioSelect, self.fields["former"].widget).choices = self.offered
        if len(former) == 1:
            self.initial["former"] = str(former[0].pk)


def _told(decision: ClaimResponse) -> str:
    """``20-Mar-2026: $35.00 paid, CO-45 PR-3, trace 4711``."""
    row = decision.reconciliation
    reasons = " ".join(decision.reason_codes) or "no reasons"
    return f"{formats.day(row.payment_date)}: ${formats.money(decision.paid)} paid, {reasons}, trace {row.trace_number}"


class TakeOutForm(Form):
    """Why a decision is taken out again."""

    reason = forms.CharField(label="What was wrong with it", max_length=200)


_NAMES = [name for name, _, _, _ in COLUMNS]


def _name(name: str, item: ClaimItem) -> str:
    return f"{name}_{item.sequence}"
