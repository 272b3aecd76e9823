"""What the page of labels asks."""

from __future__ import annotations

from django import forms

from clinic.printouts.face_sheets import SHEET, LabelStyle
from emr.ui.forms import Form

_STYLES = [
    (LabelStyle.SHEET.value, "Sheet of 30 (letter, 1 × 2⅝ in)"),
    (LabelStyle.SINGLE.value, "Label printer (1 × 2⅝ in)"),
    (LabelStyle.WRISTBAND.value, "Wristband (1 × 10 in)"),
]


class LabelForm(Form):
    """What to print on, how many, and where the sheet begins."""

    style = forms.ChoiceField(
        label="Print on", choices=_STYLES, widget=forms.RadioSelect, initial=LabelStyle.SHEET.value
    )
    count = forms.IntegerField(label="How many", min_value=1, max_value=SHEET, initial=6)
    skip = forms.IntegerField(
        label="Places used up on the sheet", min_value=0, max_value=SHEET - 1, initial=0, required=False
    )
