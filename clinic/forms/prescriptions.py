"""What is entered of prescriptions and of requests to refill them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from clinic.actions.lists import stamp
from clinic.actions.safety import NONE_GIVEN
from clinic.forms.safety import SafetyMixin
from clinic.models import MedicationRequest, MedicationStatement, Patient, Pharmacy
from clinic.models.prescriptions import DrugSchedule, PrescriptionMethod, RefillSource
from clinic.prescribing import NOT_CONTROLLED, fitting_schedule
from clinic.queries.medications import HOW, directions
from clinic.queries.pharmacies import active_pharmacies
from clinic.queries.prescriptions import directions_now, more_directions
from clinic.queries.safety import unanswered
from clinic.safety import Check
from emr.accounts.models import Practitioner, User
from emr.codes.coding import Coding
from emr.codes.fields import CodeField
from emr.codes.systems import RXNORM
from emr.ui.forms import Form, IdempotencyField

_MOST_REFILLS = 12
#: What the pharmacy is told beside the directions.
_KEPT = ("quantity", "quantity_unit", "days_supply", "refills", "pharmacy", "substitution_allowed", "schedule")


class SupplyForm(SafetyMixin, Form):
    """How much of a drug, and where it is filled: what a new prescription and an approved refill both say."""

    quantity = forms.DecimalField(min_value=Decimal("0.001"), max_value=Decimal(100_000))
    quantity_unit = forms.CharField(label="Of what", max_length=40, help_text="tablets, mL, inhaler")
    days_supply = forms.IntegerField(label="Days", min_value=1, max_value=400, required=False)
    refills = forms.IntegerField(
        min_value=0, max_value=_MOST_REFILLS, initial=0, help_text="Beside the first fill; none is 0."
    )
    pharmacy = forms.ModelChoiceField(Pharmacy.objects.none(), required=False, empty_label="The patient chooses")
    substitution_allowed = forms.BooleanField(label="The pharmacist may give the generic", required=False, initial=True)
    schedule = forms.ChoiceField(
        label="Controlled",
        required=False,
        choices=[("", "As the drug is listed"), (NOT_CONTROLLED, "Not controlled"), *DrugSchedule.choices],
    )
    note_to_pharmacist = forms.CharField(max_length=200, required=False)

    def fit_schedule(self, display: str) -> None:
        """Say beside the field what is wrong with the schedule of the drug, or that it is not known."""
        _, wrong = fitting_schedule(display, self.cleaned_data.get("schedule", ""))
        if wrong:
            self.add_error("schedule", wrong)

    def prepare(self, patient: Patient) -> None:
        """The pharmacies, the patient's own first chosen."""
        super().prepare(patient)
        self.offer("pharmacy", active_pharmacies(patient.primary_pharmacy_id))
        self.initial.setdefault("pharmacy", patient.primary_pharmacy_id)


class PrescriptionForm(SupplyForm):
    """A prescription. For a drug of the list, the drug is shown and not asked for."""

    coding = CodeField(system=RXNORM, label="Drug", allow_text=True, help_text="Generic name, strength and form.")
    dose_quantity = forms.DecimalField(label="Dose", required=False, min_value=Decimal("0.0001"))
    dose_unit = forms.CharField(label="Unit", max_length=40, required=False, help_text="mg, tablet, puff")
    route = forms.CharField(max_length=60, required=False, help_text="by mouth")
    frequency = forms.CharField(max_length=120, required=False, help_text="In words: twice a day.")
    as_needed = forms.BooleanField(label="As needed", required=False)
    more = forms.CharField(label="More directions", max_length=300, required=False, help_text="with food")
    reason = forms.CharField(label="For", max_length=300, required=False, help_text="Is printed on it.")
    prescriber = forms.ModelChoiceField(Practitioner.objects.none(), empty_label="Choose")
    request_token = IdempotencyField(required=False)

    medication: MedicationStatement | None = None

    def prepare_for(self, patient: Patient, user: User, medication: MedicationStatement | None) -> None:
        """Offer the prescribers; show what is known of the drug, if it is one of the list."""
        self.prepare(patient)
        prescribers = Practitioner.objects.filter(active=True)
        self.offer("prescriber", prescribers)
        own = prescribers.filter(user=user).first()
        self.initial.setdefault("prescriber", (own and own.pk) or patient.primary_care_id)
        self.medication = medication
        if medication is not None:
            del self.fields["coding"]
            self.initial.update({name: getattr(medication, name) for name in (*HOW, "reason")})
            self.initial.update({"more": medication.dosage_text, "refills": medication.refills or 0})
            self.initial.update({"quantity": medication.quantity, "quantity_unit": medication.form})

    def show_draft(self, draft: MedicationRequest) -> None:
        """Show what a draft says so far, and remember which state of it was shown."""
        self.initial.update({name: getattr(draft, name) for name in (*_KEPT, "reason", "note_to_pharmacist")})
        self.initial.update({"prescriber": draft.prescriber_id, "pharmacy": draft.pharmacy_id})
        self.initial.update({"schedule": draft.schedule or NOT_CONTROLLED, "more": more_directions(draft)})
        del self.fields["request_token"]
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, initial=stamp(draft))

    @property
    def drug(self) -> Coding:
        """The drug, chosen here or of the list."""
        if self.medication is None:
            return self.cleaned_data["coding"]  # type: ignore[no-any-return]
        return Coding(self.medication.system, self.medication.code, self.medication.display)

    def clean(self) -> dict[str, Any]:
        """Directions must be there; schedule and refills lawful; what stops the drug is asked."""
        data = super().clean() or self.cleaned_data
        if not data.get("frequency") and not data.get("more"):
            self.add_error("frequency", "Say how it is taken: the pharmacist prints it on the bottle.")
        if self.medication is not None:
            self.ask(Check(alerts=tuple(unanswered(self.medication))))
        else:
            self.weigh(data.get("coding"))
        if self.medication is not None or data.get("coding"):
            self.fit_schedule(self.drug.display)
        return data

    def written(self) -> dict[str, Any]:
        """What the actions take of a prescription, whatever its drug."""
        data = self.cleaned_data
        how = {name: data[name] if data[name] is not None else None for name in HOW}
        shown = directions(MedicationStatement(**how)).replace(" · ", " ")
        return {
            "how": how,
            "dosage_text": ", ".join(part for part in (shown, data["more"]) if part)[:500],
            "reasons": data.get("reasons") or NONE_GIVEN,
            **{name: data[name] for name in (*_KEPT, "reason", "note_to_pharmacist", "prescriber")},
        }


class TransmitForm(Form):
    """By which way it went to the pharmacy."""

    method = forms.ChoiceField(
        choices=[one for one in PrescriptionMethod.choices if one[0] != PrescriptionMethod.PRINTED]
    )


class ReasonForm(Form):
    """Why."""

    reason = forms.CharField(max_length=300, required=False)


class SignForm(Form):
    """The button is the signature, of the prescription as it was shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class RefillForm(Form):
    """A request for more of a drug."""

    source = forms.ChoiceField(label="Asked by", choices=RefillSource.choices)
    pharmacy = forms.ModelChoiceField(Pharmacy.objects.none(), required=False, empty_label="Not said")
    comment = forms.CharField(label="What was said", max_length=500, required=False)

    def prepare(self, patient: Patient) -> None:
        """The pharmacies, the patient's own first chosen."""
        self.offer("pharmacy", active_pharmacies(patient.primary_pharmacy_id))
        self.initial.setdefault("pharmacy", patient.primary_pharmacy_id)


class ApproveForm(SupplyForm):
    """An approval: as it was before, or changed with a reason."""

    dosage_text = forms.CharField(label="Directions", max_length=500)
    reason = forms.CharField(
        label="Why it is changed", max_length=300, required=False, help_text="Only where it differs from before."
    )

    def prepare_for(self, medication: MedicationStatement, last: MedicationRequest | None) -> None:
        """Show it as it was prescribed last, else as it stands on the list."""
        self.prepare(medication.patient)
        self.medication, self.last = medication, last
        source: Any = last or medication
        shown_first = {
            "dosage_text": directions_now(medication, last),
            "quantity": source.quantity,
            "quantity_unit": last.quantity_unit if last else medication.form,
            "refills": source.refills or 0,
            "days_supply": last.days_supply if last else None,
            "substitution_allowed": last.substitution_allowed if last else True,
            "schedule": (last.schedule or NOT_CONTROLLED) if last else "",
        }
        self.initial.update(shown_first)

    @property
    def changes(self) -> bool:
        """Whether it is to be other than it was prescribed before."""
        told = ("dosage_text", "quantity", "quantity_unit", "refills")
        return self.last is not None and any(self.cleaned_data.get(name) != self.initial[name] for name in told)

    def clean(self) -> dict[str, Any]:
        """A change has a reason; what stops the drug is asked."""
        data = super().clean() or self.cleaned_data
        self.ask(Check(alerts=tuple(unanswered(self.medication))))
        self.fit_schedule(self.medication.display)
        if self.changes and not data.get("reason"):
            self.add_error("reason", "It differs from what was prescribed before: say why.")
        return data
