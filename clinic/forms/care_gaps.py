"""What is entered about care that is due."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from clinic.care_rules import Rule, rules
from clinic.forms.fields import PeriodDateField
from clinic.models.care_gaps import GapDecision
from emr.ui.forms import DateTextField, Form


class GapForm(Form):
    """A decision about one rule. Which fields it needs depends on the decision."""

    decision = forms.ChoiceField(choices=GapDecision.choices, widget=forms.RadioSelect)
    way = forms.ChoiceField(label="What was done", required=False)
    done_on = DateTextField(label="Done on", required=False)
    until = PeriodDateField(label="Until", required=False, help_text="Later: until when. Else empty is for good.")
    reason = forms.CharField(max_length=250, required=False, help_text="Needed where it is declined or does not apply.")

    def __init__(self, data: Any, rule: Rule) -> None:
        super().__init__(data)
        self.rule = rule
        self.offer("way", [(way.label, way.label) for way in rule.ways])

    def decided(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        way = next((way for way in self.rule.ways if way.label == data["way"]), None)
        elsewhere = data["decision"] == GapDecision.DONE_ELSEWHERE
        return {
            "decision": GapDecision(data["decision"]),
            "reason": data["reason"],
            "way": way if elsewhere else None,
            "done_on": data["done_on"] if elsewhere else None,
            "until": None if elsewhere else data["until"],
        }


class TakeBackForm(Form):
    """Why a decision holds no more."""

    reason = forms.CharField(max_length=300)


class DueForm(Form):
    """Which rule's list, and behind whom it goes on; what makes no sense is the first rule's first page."""

    rule = forms.CharField(max_length=60, required=False)
    after = forms.UUIDField(required=False)

    def chosen(self) -> tuple[Rule, UUID | None]:
        """The rule and the patient."""
        self.is_valid()
        wanted = self.cleaned_data.get("rule")
        rule = next((rule for rule in rules() if rule.name == wanted), rules()[0])
        return rule, self.cleaned_data.get("after")
