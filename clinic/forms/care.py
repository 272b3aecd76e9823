"""What is entered of the care team, of goals and of care plans."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.forms.demographics import phone_or_error
from clinic.forms.lists import ListForm, unstated
from clinic.models import CarePlan, Condition, Goal, Patient, RelatedPerson
from clinic.models.care import CarePlanStatus, GoalAchievement, GoalStatus
from clinic.queries.care import who_is
from clinic.queries.conditions import current_conditions
from clinic.vitals import VITALS
from emr.accounts.models import Practitioner
from emr.ui.forms import DateTextField, PickedDateField

#: What goals are measured by beside vital signs: LOINC code, words, UCUM unit.
_MORE_MEASURES = {"4548-4": ("Hemoglobin A1c", "%"), "13457-7": ("LDL cholesterol", "mg/dL")}


def _measures() -> dict[str, tuple[str, str]]:
    """LOINC code to words and UCUM unit."""
    vitals = {code: (vital.label, vital.units[0]) for code, vital in VITALS.items()}
    return {**vitals, **_MORE_MEASURES}


class MemberForm(ListForm):
    """Somebody of the care team: of the clinic or the family by choice, from outside by name."""

    widths: ClassVar = {"phone": 6, "fax": 6}

    who = forms.ChoiceField(label="Who", required=False)
    name = forms.CharField(label="Name, from outside", max_length=120, required=False)
    organization = forms.CharField(max_length=120, required=False)
    role = forms.CharField(max_length=80, help_text="Primary care, cardiologist, case manager, daughter.")
    phone = forms.CharField(max_length=30, required=False)
    fax = forms.CharField(max_length=30, required=False)
    period_start = DateTextField(label="Since", required=False)

    def prepare(self, patient: Any) -> None:
        """Offer the clinic's practitioners and the patient's own people."""
        self._seers = {f"practitioner:{one.pk}": one for one in Practitioner.objects.filter(active=True)}
        own = patient.related_persons.filter(period_end=None, entered_in_error_at=None)
        self._own: dict[str, RelatedPerson] = {f"person:{one.pk}": one for one in own}
        family = [(key, f"{one.given_name} {one.family_name} ({one.relationship})") for key, one in self._own.items()]
        clinic = [(key, str(one)) for key, one in self._seers.items()]
        self.offer("who", [("", "From outside"), ("This clinic", clinic), ("The patient's people", family)])  # type: ignore[list-item]

    def show(self, row: Any, *, values: bool) -> None:
        """A member who isn't offered any more stays a choice."""
        super().show(row, values=values)
        one = row.practitioner or row.related_person
        if one is None:
            return
        key = f"practitioner:{one.pk}" if row.practitioner else f"person:{one.pk}"
        if key not in {**self._seers, **self._own}:
            (self._seers if row.practitioner else self._own)[key] = one
            self.offer("who", [*self.fields["who"].choices, (key, who_is(row))])  # type: ignore[attr-defined]
        self.initial["who"] = key

    def clean_phone(self) -> str:
        """The number as it is stored."""
        return phone_or_error(self.cleaned_data["phone"])

    def clean_fax(self) -> str:
        """As the telephone."""
        return phone_or_error(self.cleaned_data["fax"])

    def clean(self) -> dict[str, Any]:
        """The choice as the row that it is."""
        data = super().clean() or {}
        chosen = data.pop("who", "")
        return {**data, "practitioner": self._seers.get(chosen), "related_person": self._own.get(chosen)}


class EndMemberForm(ListForm):
    """The end of a membership."""

    on = DateTextField(label="Until", required=False, help_text="Empty for today.")


class GoalForm(ListForm):
    """A goal in words, with a measure where there is one."""

    widths: ClassVar = dict.fromkeys(("start_date", "due_date", "target_low", "target_high"), 6)
    folded: ClassVar = ("measure_code", "target_low", "target_high", "care_plan", "start_date", "note")
    fold_title: ClassVar = "Measure, care plan, start, note"

    description = forms.CharField(label="Goal", max_length=300, help_text="In the patient's words, if they said it.")
    expressed_by_patient = forms.BooleanField(label="The patient's own goal", required=False)
    addresses = forms.ModelChoiceField(
        label="For the problem", queryset=Condition.objects.none(), required=False, empty_label="None"
    )
    due_date = PickedDateField(label="Due", required=False)
    measure_code = forms.ChoiceField(label="Measured by", required=False)
    target_low = forms.DecimalField(label="At least", required=False)
    target_high = forms.DecimalField(label="At most", required=False)
    care_plan = forms.ModelChoiceField(queryset=CarePlan.objects.none(), required=False, empty_label="None")
    start_date = PickedDateField(label="From", required=False)
    note = forms.CharField(max_length=500, required=False)

    def prepare(self, patient: Any) -> None:
        """Offer the patient's problems and plans."""
        self._offer(patient)

    def show(self, row: Any, *, values: bool) -> None:
        """What the goal points to stays a choice, though it is over."""
        super().show(row, values=values)
        self._offer(row.patient, row)

    def clean(self) -> dict[str, Any]:
        """The measure with its words and unit."""
        data = super().clean() or {}
        label, unit = _measures().get(data.get("measure_code", ""), ("", ""))
        return {**data, "measure_display": label, "target_unit": unit}

    def _offer(self, patient: Patient, row: Goal | None = None) -> None:
        problems, plans_of_row = ([row.addresses_id], [row.care_plan_id]) if row else ([], [])
        plans = patient.care_plans.filter(status__in=["draft", "active", "on-hold"], entered_in_error_at=None)
        self.offer("addresses", current_conditions(patient) | patient.conditions.filter(pk__in=filter(None, problems)))
        self.offer("care_plan", plans | patient.care_plans.filter(pk__in=filter(None, plans_of_row)))
        words = [(code, f"{label} ({unit})") for code, (label, unit) in _measures().items()]
        if row is not None and row.measure_code and row.measure_code not in _measures():
            words.append((row.measure_code, row.measure_display))
        self.offer("measure_code", unstated(words))


class GoalChangeForm(GoalForm):
    """A goal and how far it is reached."""

    widths: ClassVar = {**GoalForm.widths, "status": 6, "achievement": 6}

    status = forms.ChoiceField(label="State", choices=GoalStatus.choices)
    achievement = forms.ChoiceField(label="Reached", choices=unstated(GoalAchievement.choices), required=False)
    field_order = ("description", "achievement", "status")


class PlanForm(ListForm):
    """A care plan in words."""

    title = forms.CharField(label="Plan", max_length=120)
    description = forms.CharField(label="What is done", widget=forms.Textarea, required=False, max_length=4000)
    period_start = PickedDateField(label="From", required=False)


class PlanChangeForm(PlanForm):
    """A care plan, or a pause of it."""

    status = forms.ChoiceField(
        label="State",
        choices=[
            (one.value, one.label) for one in (CarePlanStatus.DRAFT, CarePlanStatus.ACTIVE, CarePlanStatus.ON_HOLD)
        ],
    )


class EndPlanForm(ListForm):
    """How a plan ended."""

    status = forms.ChoiceField(
        label="How it ended",
        choices=[(one.value, one.label) for one in (CarePlanStatus.COMPLETED, CarePlanStatus.REVOKED)],
    )
    reason = forms.CharField(label="Why, if early", max_length=300, required=False)
    on = DateTextField(label="On", required=False, help_text="Empty for today.")
