"""Forms about insurance."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from clinic.choices import AdministrativeGender, PayerType, SubscriberRelationship
from clinic.claim_filing import ClaimFilingCode
from clinic.forms.fields import PeriodDateField, StateField, ZipField
from clinic.models import Coverage, Patient, Payer, RelatedPerson
from clinic.queries.coverages import ORDER_LABELS, active_payers, subscribers
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from emr.ui.forms import DateTextField, Form, IdempotencyField, PickedDateField

_SUBSCRIBER = (
    *("subscriber_family_name", "subscriber_given_name", "subscriber_middle_name", "subscriber_birth_date"),
    *("subscriber_gender", "subscriber_line1", "subscriber_city", "subscriber_state", "subscriber_postal_code"),
)
_PLAIN = (
    *("payer", "subscriber_id", "group_number", "plan_name", "relationship", "period_start", "period_end", "copay"),
    *("signature_on_file", "assignment_of_benefits"),
)


class CoverageForm(Form):
    """A policy as it stands on the card. The subscriber's part is needed only where that is not the patient."""

    token = IdempotencyField(initial=uuid7)
    payer = forms.ModelChoiceField(label="Payer", queryset=Payer.objects.none(), empty_label="Choose")
    order = forms.TypedChoiceField(label="Place", choices=list(ORDER_LABELS.items()), coerce=int, initial=1)
    plan_name = forms.CharField(label="Plan", max_length=60, required=False)
    subscriber_id = forms.CharField(label="Member ID", max_length=30)
    group_number = forms.CharField(label="Group number", max_length=30, required=False)
    period_start = PeriodDateField(label="From", required=False)
    period_end = PeriodDateField(label="Until", required=False, help_text="Leave empty while it runs.")
    copay = forms.DecimalField(label="Copay", max_digits=8, decimal_places=2, min_value=0, required=False)
    relationship = forms.ChoiceField(
        label="The patient is the subscriber's", choices=SubscriberRelationship, initial=SubscriberRelationship.SELF
    )
    subscriber_person = forms.ModelChoiceField(
        label="Subscriber on file",
        queryset=RelatedPerson.objects.none(),
        required=False,
        empty_label="Somebody else, typed below",
        help_text="What is left empty below is taken from this person.",
    )
    subscriber_family_name = forms.CharField(label="Family name", max_length=80, required=False)
    subscriber_given_name = forms.CharField(label="Given name", max_length=80, required=False)
    subscriber_middle_name = forms.CharField(label="Middle name", max_length=80, required=False)
    subscriber_birth_date = DateTextField(label="Date of birth", required=False)
    subscriber_gender = forms.ChoiceField(
        label="Sex", choices=[("", "Not recorded"), *AdministrativeGender.choices], required=False
    )
    subscriber_line1 = forms.CharField(label="Street", max_length=55, required=False)
    subscriber_city = forms.CharField(label="City", max_length=30, required=False)
    subscriber_state = StateField()
    subscriber_postal_code = ZipField()
    signature_on_file = forms.BooleanField(label="Signature on file", required=False, initial=True)
    assignment_of_benefits = forms.BooleanField(label="Benefits are paid to the clinic", required=False, initial=True)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("payer", active_payers())
        self.offer("subscriber_person", subscribers(patient))

    def coverage(self) -> dict[str, Any]:
        """The fields of the policy. A subscriber's part that doesn't apply is emptied."""
        data = self.cleaned_data
        plain = {name: data[name] for name in _PLAIN}
        if data["relationship"] == SubscriberRelationship.SELF:
            return {**plain, **{name: _EMPTY.get(name, "") for name in _SUBSCRIBER}, "subscriber_person": None}
        person = data["subscriber_person"]
        told = subscriber_fields(person) if person else {}
        typed = {name: data[name] or told.get(name, data[name]) for name in _SUBSCRIBER}
        return {**plain, **typed, "subscriber_person": person}


_EMPTY: dict[str, Any] = {"subscriber_birth_date": None}
#: Where a related person keeps what a policy says of its subscriber.
_OF_PERSON = {
    "subscriber_family_name": "family_name",
    "subscriber_given_name": "given_name",
    "subscriber_birth_date": "birth_date",
    "subscriber_gender": "gender",
    "subscriber_line1": "line1",
    "subscriber_city": "city",
    "subscriber_state": "state",
    "subscriber_postal_code": "postal_code",
}


def subscriber_fields(person: RelatedPerson) -> dict[str, Any]:
    """What a policy says of a subscriber who is a related person on file."""
    return {name: getattr(person, attribute) for name, attribute in _OF_PERSON.items()}


class CoverageEditForm(CoverageForm):
    """A correction of a policy. ``version`` is the state of the row that the page showed."""

    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A payer that is out of use stays that of the policies that name it.
        self.offer("payer", active_payers() | Payer.objects.filter(pk=self.initial["payer"].pk))


class CoverageReplaceForm(CoverageForm):
    """A new policy in the place of another; it needs a first day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["order"]
        self.fields["period_start"].required = True


class CoverageEndForm(Form):
    """The last day of a policy."""

    period_end = PeriodDateField(label="Last day", help_text="The last day on which the policy still pays.")


class OnDayForm(Form):
    """The day that the list of policies is looked at for; nonsense in the address shows today."""

    on = PickedDateField(label="Day of service", required=False)

    def day(self) -> date:
        """The day that was asked for, else today."""
        return (self.cleaned_data.get("on") if self.is_valid() else None) or clinic_today()


class SwapForm(Form):
    """From which day on two policies change places; without one, they were the wrong way round from the beginning.

    ``primary`` is the key of the primary one as the page showed it: what was exchanged meanwhile isn't exchanged back.
    """

    since = PickedDateField(required=False)
    primary = forms.UUIDField()


class EligibilityForm(Form):
    """The day of service for which a payer is asked."""

    service_date = PickedDateField(label="Day of service")
    token = IdempotencyField()


class CoverageErrorForm(Form):
    """Why a policy never was the patient's."""

    reason = forms.CharField(label="What was wrong", max_length=300)


class PayerForm(Form):
    """An insurance company, as claims address it."""

    name = forms.CharField(label="Name", max_length=60)
    payer_id = forms.CharField(
        label="Payer ID", max_length=20, required=False, help_text="As the clearinghouse names it."
    )
    type = forms.ChoiceField(label="Kind", choices=PayerType, initial=PayerType.GROUP)
    claim_filing_code = forms.ChoiceField(
        label="Kind in electronic claims",
        choices=[("", "As its kind says"), *ClaimFilingCode.choices],
        required=False,
        help_text="Only Medicare, Medicaid, TRICARE and CHAMPVA say it by their kind.",
    )
    accepts_assignment = forms.BooleanField(
        label="The clinic accepts assignment (box 27)",
        required=False,
        initial=True,
        help_text="It takes what this payer allows as the whole price.",
    )
    address_line1 = forms.CharField(label="Street", max_length=55, required=False)
    city = forms.CharField(label="City", max_length=30, required=False)
    state = StateField()
    postal_code = ZipField()
    phone = forms.CharField(label="Telephone", max_length=20, required=False)
    timely_filing_days = forms.IntegerField(label="Claims accepted for", min_value=1, max_value=3650, initial=365)
    appeal_days = forms.IntegerField(label="Appeals accepted for", min_value=1, max_value=3650, initial=180)


class PayerEditForm(PayerForm):
    """A correction of a payer. ``version`` is the state of the row that the page showed."""

    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
    active = forms.BooleanField(
        label="In use", required=False, help_text="A payer out of use is offered for no new policy."
    )


_PAYER = (
    *("name", "payer_id", "type", "claim_filing_code", "address_line1", "city", "state", "postal_code", "phone"),
    *("accepts_assignment", "timely_filing_days", "appeal_days"),
    "active",
)


def payer_initial(payer: Payer) -> dict[str, Any]:
    """What the form of a payer on the list shows first."""
    return {**{name: getattr(payer, name) for name in _PAYER}, "version": _version(payer)}


def coverage_initial(coverage: Coverage) -> dict[str, Any]:
    """What the form of a policy on file shows first."""
    return {
        **{name: getattr(coverage, name) for name in (*_PLAIN, *_SUBSCRIBER)},
        "order": coverage.order,
        "subscriber_person": coverage.subscriber_person_id,
        "version": _version(coverage),
    }


def _version(row: Coverage | Payer) -> str:
    return f"{row.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}"
