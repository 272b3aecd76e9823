"""What is entered of allergies."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.choices import AllergyCategory, AllergyCriticality, AllergyType, ReactionSeverity
from clinic.forms.lists import PARTIAL, ListForm, unstated
from clinic.models import AllergyReaction
from emr.codes.fields import CodeField
from emr.codes.systems import RXNORM
from emr.shared.dates import clinic_day
from emr.ui import formats
from emr.ui.forms import PartialDateField


class AllergyFactsForm(ListForm):
    """What is known of an allergy beside its substance."""

    widths: ClassVar = {"severity": 6, "criticality": 6, "category": 6, "type": 6}

    reactions = forms.CharField(
        label="Past reactions", max_length=300, required=False, help_text="Separate several by commas."
    )
    severity = forms.ChoiceField(label="Severity of these", choices=unstated(ReactionSeverity.choices), required=False)
    criticality = forms.ChoiceField(choices=unstated(AllergyCriticality.choices), required=False)
    category = forms.ChoiceField(label="Kind", choices=unstated(AllergyCategory.choices), required=False)
    type = forms.ChoiceField(
        label="Mechanism", choices=AllergyType.choices, initial=AllergyType.ALLERGY, required=False
    )
    onset_date = PartialDateField(label="Known since", precision="onset_precision", required=False, help_text=PARTIAL)
    note = forms.CharField(max_length=500, required=False)

    def clean_reactions(self) -> list[str]:
        """The reactions, one by one."""
        return [words.strip() for words in self.cleaned_data["reactions"].split(",") if words.strip()]

    def clean_type(self) -> str:
        """Without a word it is an allergy."""
        return self.cleaned_data["type"] or str(AllergyType.ALLERGY)


class AllergyForm(AllergyFactsForm):
    """An allergy: the substance first."""

    coding = CodeField(
        system=RXNORM,
        label="Drug or substance",
        allow_text=True,
        help_text="A substance without a code is kept as text and not checked by alerts.",
    )
    field_order = ("coding",)


class AllergyChangeForm(AllergyFactsForm):
    """More of an allergy: reactions of one more event, what is known now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reactions"].label = "Further reactions"
        self.fields["reactions"].help_text = "Of one more event. Those on file stay."

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        """All but the reactions, which are rows of their own."""
        return {name: value for name, value in super().values_of(row).items() if name != "reactions"}


class _ReactionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A reaction by its words, its severity and the day on which it was recorded: the same may stand there twice."""

    def label_from_instance(self, obj: Any) -> str:
        """The words of one choice."""
        severity = f" ({obj.severity})" if obj.severity else ""
        return f"{obj.display}{severity}, recorded {formats.day(clinic_day(obj.created_at))}"


class ReactionErrorForm(ListForm):
    """Which past reaction was told wrongly, and why."""

    reaction = _ReactionField(AllergyReaction.objects.none(), empty_label="Choose")
    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="It stays in the history; the allergy stands."
    )

    def show(self, row: Any, *, values: bool) -> None:
        """Offer the reactions of the row that stand."""
        super().show(row, values=values)
        self.offer("reaction", row.reactions.filter(entered_in_error_at=None))
