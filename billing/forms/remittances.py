"""What is typed about remittances: the file, its payer, why it isn't posted."""

from __future__ import annotations

from django import forms

from clinic.models import Payer
from emr.ui.forms import Form
from emr.uploads.incoming import Limits, UploadField
from emr.uploads.kinds import Kind

#: Bytes: more than ten thousand claims take.
MAX_BYTES = 25 * 1024 * 1024


class ReceiveForm(Form):
    """A file of a payer or a clearinghouse."""

    file = UploadField(
        Limits((Kind.X12,), MAX_BYTES),
        label="File",
        widget=forms.FileInput({"accept": ".835,.era,.edi,.x12,.txt,.dat,.999,.277,.ta1"}),
        help_text="X12: 835 remittances, 999, 277CA and TA1 acknowledgements, up to 25 MB.",
    )


class PostForm(Form):
    """Whether a person has looked at what is irregular."""

    looked = forms.BooleanField(label="I have looked at this, and it is right to post", required=False)


class PayerForm(Form):
    """Which payer sent a remittance."""

    payer = forms.ModelChoiceField(Payer.objects.order_by("name"), empty_label="Choose the payer")


class SetAsideForm(Form):
    """Why a remittance is never posted."""

    reason = forms.CharField(label="Why it isn't posted", max_length=200)
