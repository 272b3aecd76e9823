"""The form that asks why somebody can or can't see something."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.forms.access import PersonField
from clinic.models import Patient
from clinic.queries.explain import Question, read_address
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui.forms import Form


class ExplainForm(Form):
    """A person; and a page by its address, or a right, with a patient by the number where the asker may name one."""

    user = PersonField(label="Person", queryset=User.objects.none(), empty_label="Choose")
    page = forms.CharField(
        label="Address of a page", max_length=300, required=False, help_text="Copied from the browser."
    )
    right = forms.ChoiceField(label="Or a right", required=False)
    mrn = forms.CharField(label="Patient's MRN", max_length=20, required=False, help_text="Only with a right.")

    def __init__(self, *args: Any, patients: QuerySet[Patient] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patients = patients
        self._question: Question | None = None
        # Somebody whose account is closed is asked about too.
        self.offer("user", User.objects.filter(is_service=False).order_by("last_name", "first_name", "email"))
        self.offer("right", [("", "None"), *((one.value, one.label) for one in Permission)])
        if patients is None:
            del self.fields["mrn"]

    def clean_mrn(self) -> str:
        """The digits alone."""
        return "".join(char for char in self.cleaned_data["mrn"] if char.isdigit())

    def clean(self) -> dict[str, Any]:
        """One of the two: a page that exists, or a right; and a patient who exists."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        if bool(data["page"]) == bool(data["right"]):
            self.add_error("page", "Give the address of a page or choose a right, one of the two.")
        elif data["page"]:
            self._question = read_address(data["page"])
            if self._question is None:
                self.add_error("page", "No page has this address.")
        else:
            self._question = self._of_right(data)
        return data

    def question(self) -> Question:
        """What is asked. Only after ``is_valid()``."""
        assert self._question is not None  # noqa: S101  clean() found it, or the form isn't valid
        return self._question

    def _of_right(self, data: dict[str, Any]) -> Question | None:
        right = Permission(data["right"])
        number = data.get("mrn", "")
        if not number or self._patients is None:
            return Question(right.label, right)
        patient = self._patients.filter(mrn=number).only("pk").first()
        if patient is None:
            self.add_error("mrn", "No patient has this number.")
            return None
        return Question(f"{right.label}, of one patient", right, patient.pk)
