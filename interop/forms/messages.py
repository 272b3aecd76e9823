"""What is typed about a message: the file that holds it, whose it is, why it is nobody's."""

from __future__ import annotations

from django import forms

from emr.ui.forms import DateTextField, Form
from emr.uploads.incoming import Limits, UploadField
from emr.uploads.kinds import Kind

#: Bytes of a file with messages, and how many it may hold.
MAX_BYTES, MAX_MESSAGES = 5 * 1024 * 1024, 200


class UploadForm(Form):
    """A file of a laboratory."""

    file = UploadField(
        Limits((Kind.HL7,), MAX_BYTES),
        label="File",
        widget=forms.FileInput({"accept": ".hl7,.txt,.dat"}),
        help_text=f"HL7 v2 results (ORU^R01), up to 5 MB and {MAX_MESSAGES} messages.",
    )


class MatchForm(Form):
    """Whose a message is, by two identifiers that are typed anew."""

    mrn = forms.CharField(label="Record number", max_length=20, widget=forms.TextInput({"autocomplete": "off"}))
    birth_date = DateTextField(label="Date of birth")
    reason = forms.CharField(
        label="Why it is this patient", max_length=300, required=False, help_text="Where the message says otherwise."
    )


class DismissForm(Form):
    """Why a message belongs to no chart here."""

    reason = forms.CharField(label="Why it belongs to nobody here", max_length=300)


class UndoForm(Form):
    """Why a report doesn't belong into a chart."""

    reason = forms.CharField(
        label="Why it is not this patient's",
        max_length=300,
        help_text="The report is entered in error here, and its message waits for its patient again.",
    )
