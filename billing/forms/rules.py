"""Forms of the clinic's own rules and of authorizations."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from billing.choices import AuthorizationKind, RuleKind, RuleSeverity
from billing.models import Authorization
from clinic.models import Coverage, Patient, Payer
from emr.ui.forms import Form, PickedDateField


class ListField(forms.CharField):
    """Codes as people write lists: with commas, semicolons, spaces or line breaks between them."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The codes, in capitals."""
        return [part.upper() for part in re.split(r"[\s,;]+", super().to_python(value) or "") if part]

    def prepare_value(self, value: Any) -> Any:
        """The list as it is typed."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        """The parts are the action's to judge; the whole has no form of its own."""


class SearchForm(Form):
    """Words that are looked for."""

    q = forms.CharField(required=False, max_length=100)

    def words(self) -> str:
        """What was typed; nonsense finds all."""
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""


class RuleForm(Form):
    """A rule of the clinic."""

    kind = forms.ChoiceField(label="What it looks at", choices=RuleKind.choices)
    payer = forms.ModelChoiceField(
        Payer.objects.filter(active=True), label="Payer", required=False, empty_label="Every payer"
    )
    codes = ListField(
        label="Services",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Codes with commas between them; a star stands for the rest: 992*.",
    )
    values = ListField(
        label="Values",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Modifiers, diagnoses (E11*), other services, places; the most units; or the least and the most age.",
    )
    message = forms.CharField(label="What the biller reads", max_length=300)
    source = forms.CharField(
        label="Where it comes from", max_length=200, required=False, help_text="Policy, letter or manual of the payer."
    )
    severity = forms.ChoiceField(
        label="A claim that breaks it",
        choices=RuleSeverity.choices,
        initial=RuleSeverity.HOLD,
        widget=forms.RadioSelect,
    )
    period_start = PickedDateField(label="For services from", required=False)
    period_end = PickedDateField(label="Until", required=False)
    active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payer = self.initial.get("payer")
        if isinstance(payer, Payer):
            self.offer("payer", Payer.objects.filter(active=True) | Payer.objects.filter(pk=payer.pk))


class AuthorizationForm(Form):
    """What a payer allowed beforehand."""

    coverage = forms.ModelChoiceField(Coverage.objects.none(), label="Policy", empty_label=None)
    kind = forms.ChoiceField(label="Kind", choices=AuthorizationKind.choices)
    number = forms.CharField(label="Number", max_length=40, help_text="As the payer gave it.")
    visits_allowed = forms.IntegerField(
        label="Visits allowed",
        min_value=1,
        max_value=999,
        required=False,
        help_text="Leave empty where there is no limit.",
    )
    period_start = PickedDateField(label="From", required=False)
    period_end = PickedDateField(label="Until", required=False)
    codes = ListField(
        label="Services",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Codes with commas between them, 971* for all that begin so. Empty: every service.",
    )
    comment = forms.CharField(label="Remark", max_length=200, required=False)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("coverage", patient.coverages.filter(entered_in_error_at=None).select_related("payer"))


class ChooseAuthorizationForm(Form):
    """The authorization that a claim carries, or none."""

    authorization = forms.ModelChoiceField(Authorization.objects.none(), required=False)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("authorization", patient.authorizations.filter(entered_in_error_at=None))


class RemedyForm(Form):
    """A fault that is mended at one press."""

    kind = forms.CharField(max_length=20)
    target = forms.CharField(max_length=40)
