"""What is asked of how a patient lives: one form, in which every question may stay open."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.forms.lists import ListForm
from clinic.growth import age_in_months
from clinic.queries.social_history import latest_answers
from clinic.social import Question, questions
from emr.shared.dates import clinic_today
from emr.ui.forms import PickedDateField


class SocialForm(ListForm):
    """All questions of ``clinic.social`` that suit the patient; below each stands what was said last."""

    widths: ClassVar = dict.fromkeys(("pack_years", "alcohol", "drugs", "occupation", "gestation"), 6)
    folded: ClassVar = ("on",)
    fold_title: ClassVar = "Another day than today"

    on = PickedDateField(label="On", required=False)

    def prepare(self, patient: Any) -> None:
        """Ask what suits the patient, and tell what was answered last."""
        said = latest_answers(patient)
        months = age_in_months(patient.birth_date, clinic_today())
        asked = [question for question in questions().values() if question.asked_of(patient.gender, months)]
        for question in asked:
            field = _field(question)
            field.help_text = f"Last: {said[question.name]}" if question.name in said else ""
            self.fields[question.name] = field
        self.order_fields([question.name for question in asked])


def _field(question: Question) -> forms.Field:
    if question.answers:
        offered = [("", "Not asked"), *question.answers.items()]
        return forms.ChoiceField(label=question.label, choices=offered, required=False)
    if question.unit:
        return forms.DecimalField(label=question.label, required=False, min_value=0)
    return forms.CharField(label=question.label, max_length=200, required=False)
