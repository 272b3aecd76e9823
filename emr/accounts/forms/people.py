"""What a manager types about people and the clinic."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.access.roles import ROLES
from emr.accounts.logo import LIMITS
from emr.accounts.models import Clinic, Practitioner, User
from emr.shared.identifiers import is_dea
from emr.ui.forms import Form, ModelForm
from emr.uploads.incoming import UploadField


class PersonForm(Form):
    """A person's account. The practitioner's part is filled for those whom patients see."""

    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150)
    email = forms.EmailField(label="E-mail", max_length=254, help_text="Used to log in.")
    roles = forms.MultipleChoiceField(
        choices=[(role.name, role.label) for role in ROLES.values()],
        widget=forms.CheckboxSelectMultiple,
        help_text="What each role may do stands on the page Roles.",
    )
    is_active = forms.BooleanField(label="May log in", required=False, initial=True)

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            kwargs["initial"] = {
                "first_name": user.first_name,
                "last_name": user.last_name,
                "email": user.email,
                "roles": sorted(user.role_names),
                "is_active": user.is_active,
            }
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["email"].disabled = True


class PractitionerForm(ModelForm):
    """What claims and notes say of a practitioner."""

    class Meta:
        model = Practitioner
        fields = [
            *("family_name", "given_name", "credentials", "npi", "taxonomy_code", "phone"),
            *("supervisor", "dea_number", "state_license", "bookable", "active"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("supervisor", Practitioner.objects.filter(active=True, supervisor=None).exclude(pk=self.instance.pk))

    def clean_dea_number(self) -> str:
        """The number without spaces, in capitals. Raises ValidationError for a mistyped one."""
        number = "".join(str(self.cleaned_data["dea_number"]).upper().split())
        if number and not is_dea(number):
            raise forms.ValidationError("This is not a DEA number: two letters, seven digits, the last a check digit.")
        return number


class ClinicForm(ModelForm):
    """The clinic's particulars."""

    logo_file = UploadField(
        LIMITS,
        label="Logo",
        required=False,
        help_text="PNG or JPEG, up to 200 kB and 2,000 pixels a side. Stands on every print.",
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)

    class Meta:
        model = Clinic
        fields = [
            "name",
            "npi",
            "tax_id",
            "tax_id_type",
            "taxonomy_code",
            "phone",
            "line1",
            "line2",
            "city",
            "state",
            "postal_code",
            "time_zone",
        ]
