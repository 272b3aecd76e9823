"""What a manager types about how a person signs in."""

from __future__ import annotations

from django import forms

from emr.access.roles import ROLES
from emr.accounts.actions.factors import ResetReason
from emr.accounts.actions.federation import SUBJECT_LENGTH
from emr.ui.forms import Form


class ResetForm(Form):
    """Why somebody's factors are taken away."""

    reason = forms.ChoiceField(choices=ResetReason.choices, widget=forms.RadioSelect)


class ExemptForm(Form):
    """Which roles work without a second factor."""

    roles = forms.MultipleChoiceField(
        label="Roles that may work without a second factor",
        choices=[(role.name, role.label) for role in ROLES.values()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Somebody with several roles needs one as soon as one of their roles does.",
    )


class IdentityForm(Form):
    """The subject by which the outside provider knows a person. Empty takes the link away."""

    subject = forms.CharField(
        label="Subject",
        required=False,
        max_length=SUBJECT_LENGTH,
        help_text="The provider's own id of the person (“sub”), not an e-mail address. Leave empty to unlink.",
    )
