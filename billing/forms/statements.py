"""Forms of statements: who gets one, why one is void, how the clinic asks for money."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.forms.claims import KeysField
from billing.forms.payments import MoneyField
from billing.models import BillingPolicy
from billing.models.accounts import TIERS
from billing.queries.billing_policy import TIER_WORDS
from billing.queries.statement_accounts import Standing
from emr.ui.forms import Form, IdempotencyField


class StatementFilterForm(Form):
    """The list's address: standing, tier, page. Nonsense in it shows what is to be sent."""

    state = forms.ChoiceField(required=False, choices=[(one.value, one.label) for one in Standing])
    tier = forms.IntegerField(required=False, min_value=1, max_value=TIERS)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def chosen(self) -> tuple[Standing, int | None, int]:
        """Standing, tier (None for any) and page from 1."""
        self.is_valid()
        data = self.cleaned_data
        return Standing(data.get("state") or Standing.READY), data.get("tier"), data.get("page") or 1


class StatementRunForm(Form):
    """The accounts that are chosen on the list, each by the patient by whom it is filed; or ``all`` that it lists."""

    patient = KeysField(required=False)
    all = forms.BooleanField(required=False)
    request_token = IdempotencyField()


class HoldForm(Form):
    """Why a patient is sent no statements."""

    reason = forms.CharField(label="Reason", max_length=200, help_text="Such as: the family disputes the charge.")


class CollectionsForm(Form):
    """Who asks for the money from now on."""

    reason = forms.CharField(
        label="Agency and reason", max_length=100, help_text="Such as: Midwest Recovery, no answer to five statements."
    )


class VoidForm(Form):
    """Why a statement is void."""

    reason = forms.CharField(label="Reason", max_length=200, help_text="Such as: sent before the insurance paid.")


class BillingPolicyForm(Form):
    """When statements go out and what they say."""

    minimum_balance = MoneyField(label="Smallest balance that is asked for", min_value=0)
    due_days = forms.IntegerField(label="Days until it is due", min_value=1, max_value=120)
    repeat_days = forms.IntegerField(label="Days between two statements", min_value=1, max_value=365)
    pay_url = forms.URLField(
        label="Page for paying online",
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text="Statements carry it as a link and a code, with the statement's number and nothing else.",
    )
    self_pay_discount = forms.DecimalField(
        label="Discount for who pays themselves, %", min_value=0, max_value=100, max_digits=5, decimal_places=2
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for tier in range(1, TIERS + 1):
            self.fields[f"days_{tier}"] = forms.IntegerField(
                label=f"Tier {tier}, from day", min_value=0, max_value=3650, disabled=tier == 1
            )
            self.fields[f"words_{tier}"] = forms.CharField(
                label=f"Words of tier {tier}", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
            )

    @property
    def tiers(self) -> list[tuple[Any, Any]]:
        """Day and words of each tier, as fields."""
        return [(self[f"days_{tier}"], self[f"words_{tier}"]) for tier in range(1, TIERS + 1)]

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by the policy's columns. Words that are ours aren't kept: they follow the program."""
        data = self.cleaned_data
        names = ("minimum_balance", "due_days", "repeat_days", "pay_url", "self_pay_discount")
        typed = [" ".join(data[f"words_{tier}"].split()) for tier in range(1, TIERS + 1)]
        return {name: data[name] for name in names} | {
            "tier_days": [data[f"days_{tier}"] for tier in range(1, TIERS + 1)],
            "tier_messages": [own if own != ours else "" for own, ours in zip(typed, TIER_WORDS, strict=True)],
        }

    @staticmethod
    def of(policy: BillingPolicy) -> dict[str, Any]:
        """What the form begins with."""
        own = [*policy.tier_messages, *[""] * TIERS][:TIERS]
        said = {f"words_{n}": words or ours for n, (words, ours) in enumerate(zip(own, TIER_WORDS, strict=True), 1)}
        days = {f"days_{n}": day for n, day in enumerate(policy.tier_days, 1)}
        names = ("minimum_balance", "due_days", "repeat_days", "pay_url", "self_pay_discount")
        return {name: getattr(policy, name) for name in names} | said | days
