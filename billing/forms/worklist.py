"""Forms of the claims' worklist: what it shows, and what is done to the claims that are chosen on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import TextChoices

from billing.actions.claim_life import MAX_LABEL
from billing.choices import ClaimState
from billing.forms.claims import KeysField
from billing.queries.asking import Asking
from billing.queries.claim_filter import LATEST, ORDERS, Filter
from billing.queries.claim_rows import COLUMNS
from billing.queues import QUEUES
from emr.accounts.models import User
from emr.ui.forms import Form, PickedDateField


class KeyField(forms.UUIDField):
    """A key, or one of some words in the place of one."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def to_python(self, value: Any) -> UUID | str | None:  # type: ignore[override]
        """The word as it is, else the key."""
        return value if value in self.words else super().to_python(value)


class ClaimFilterForm(Form):
    """The worklist's address: what is shown, how, and where the page begins. Nonsense in it shows all."""

    queue = forms.ChoiceField(required=False, choices=[(queue.key, queue.label) for queue in QUEUES])
    state = forms.MultipleChoiceField(required=False, choices=ClaimState.choices)
    payer = KeyField("self", required=False)
    practitioner = forms.UUIDField(required=False)
    assignee = KeyField("me", "nobody", required=False)
    label = forms.CharField(label="Label", required=False, max_length=MAX_LABEL)
    asking = forms.ChoiceField(
        label="Patients asked",
        required=False,
        choices=[("", "In any way"), *((one.value, one.label) for one in Asking)],
    )
    since = PickedDateField(label="Service from", required=False)
    until = PickedDateField(label="Service to", required=False)
    days = forms.IntegerField(label="Days in its state, at least", required=False, min_value=0, max_value=9999)
    filing = forms.IntegerField(label="Payer's limit within days", required=False, min_value=0, max_value=3650)
    owing = forms.BooleanField(label="Only what payers still owe", required=False)
    snoozed = forms.BooleanField(label="Show what is snoozed, too", required=False)
    order = forms.ChoiceField(
        required=False, choices=[(f"{sign}{name}", name) for name in ORDERS for sign in ("", "-")]
    )
    columns = forms.MultipleChoiceField(
        label="Columns",
        required=False,
        choices=[(column.key, column.label) for column in COLUMNS],
        widget=forms.CheckboxSelectMultiple,
    )
    before = forms.UUIDField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "narrow_%s", **kwargs})

    def chosen(self) -> Filter:
        """What is to be shown."""
        self.is_valid()
        said = {name: value for name, value in self.cleaned_data.items() if value not in ("", [], None)}
        said.pop("before", None)
        lists = {"states": tuple(said.pop("state", ())), "columns": tuple(said.pop("columns", ()))}
        return Filter(**{"order": LATEST, **said, **lists})

    def before_key(self) -> UUID | None:
        """Where the page begins, None for the first."""
        key: UUID | None = self.cleaned_data.get("before")
        return key


class Act(TextChoices):
    """What can be done to claims on the worklist; each but the last two asks for a field."""

    SNOOZE = "snooze", "Snooze"
    ASSIGN = "assign", "Assign"
    LABEL = "label", "Add"
    UNLABEL = "unlabel", "Take off"
    NOTE = "note", "Add note"
    HOLD = "hold", "Put on hold"
    RELEASE = "release", "Release"
    WAKE = "wake", "Wake"


#: The field without which an act can't be done, and what it is asked for by.
_NEEDS = {
    Act.SNOOZE: ("snooze_until", "Choose the day until which the claim is out of sight."),
    Act.ASSIGN: ("assignee", "Choose who is to work on it."),
    Act.LABEL: ("label", "Enter the label."),
    Act.UNLABEL: ("label", "Enter the label."),
    Act.NOTE: ("text", "Write what there is to say."),
    Act.HOLD: ("hold_reason", "Say what the claim waits for."),
}


class WorkForm(Form):
    """One thing to do to a claim. Sent by the Enter key, which presses no button, it is what the one field says."""

    act = forms.ChoiceField(required=False, choices=Act.choices)
    snooze_until = PickedDateField(label="Snooze until", required=False)
    assignee = KeyField("me", "nobody", label="Assign to", required=False)
    label = forms.CharField(label="Label", required=False, max_length=MAX_LABEL)
    text = forms.CharField(label="Note", required=False, max_length=1000)
    hold_reason = forms.CharField(label="Waits for", required=False, max_length=500)
    hold_until = PickedDateField(label="On hold until", required=False)

    def __init__(self, *args: Any, people: list[User], user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "work_%s", **kwargs})
        self.people, self.user = {row.pk: row for row in people}, user
        others = [(str(row.pk), str(row)) for row in people if row.pk != user.pk]
        self.fields["assignee"].widget = forms.Select(
            choices=[("", "Choose"), ("me", "Myself"), *others, ("nobody", "Nobody")]
        )

    def clean_assignee(self) -> Any:
        """The person who is meant; ``nobody`` stays that word."""
        said = self.cleaned_data["assignee"]
        if said == "me":
            return self.user
        if isinstance(said, UUID) and said not in self.people:
            raise forms.ValidationError("Choose somebody who works on claims.")
        return self.people[said] if isinstance(said, UUID) else said

    @property
    def to(self) -> User | None:
        """Who gets the claim; None for nobody."""
        said = self.cleaned_data["assignee"]
        return said if isinstance(said, User) else None

    def clean(self) -> dict[str, Any]:
        """What is to be done, with what that needs."""
        data: dict[str, Any] = super().clean() or {}
        data["act"] = Act(data.get("act") or self._meant(data))
        name, asked = _NEEDS.get(data["act"], ("", ""))
        if name and not data.get(name) and name not in self.errors:
            self.add_error(name, asked)
        return data

    def _meant(self, data: dict[str, Any]) -> Act:
        # A field that can't be read is filled all the same, and says itself what is wrong with it.
        said = {name for name, _ in _NEEDS.values() if data.get(name) or name in self.errors}
        filled = [act for act, (name, _) in _NEEDS.items() if name in said and act != Act.UNLABEL]
        if len(filled) != 1:
            raise forms.ValidationError("Press the button of what is to be done.")
        return filled[0]


class ManyForm(WorkForm):
    """One thing to do to all claims that are chosen."""

    claim = KeysField()


class FindForm(Form):
    """The number of a claim: ours, or the payer's."""

    number = forms.CharField(label="Claim number", max_length=50)

    def clean_number(self) -> str:
        """As claims spell it."""
        return str(self.cleaned_data["number"]).upper()


class NumberForm(Form):
    """The payer's own number of a claim."""

    number = forms.CharField(label="Payer's claim number", max_length=50)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "payers_%s", **kwargs})
