"""The form of a visit's particulars for its claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from billing.actions.supporting_info import FIELDS
from billing.choices import IllnessQualifier, OtherDateQualifier, ReferringRole
from billing.models import ClaimSupportingInfo
from billing.queries.supporting_info import Referrer
from emr.ui.forms import ModelForm, PickedDateField

_DAYS = (
    *("illness_date", "other_date", "unable_to_work_start", "unable_to_work_end"),
    *("hospitalization_start", "hospitalization_end"),
)
_KINDS = {
    "illness_qualifier": IllnessQualifier.choices,
    "other_date_qualifier": OtherDateQualifier.choices,
    "referring_role": ReferringRole.choices,
}
_LABELS = {
    "employment": "Employment (10a)",
    "auto_accident": "Auto accident (10b)",
    "auto_accident_state": "State of the accident",
    "other_accident": "Other accident (10c)",
    "claim_codes": "Condition codes (10d)",
    "illness_date": "Day",
    "illness_qualifier": "What happened",
    "other_date": "Day",
    "other_date_qualifier": "What happened",
    "unable_to_work_start": "From",
    "unable_to_work_end": "Until",
    "hospitalization_start": "From",
    "hospitalization_end": "Until",
    "referring_role": "What they did",
    "referring_given_name": "First name",
    "referring_family_name": "Last name",
    "referring_credentials": "Credentials",
    "referring_npi": "NPI (17b)",
    "additional_information": "Additional information (19)",
    "outside_lab": "An outside laboratory was paid by the clinic (20)",
    "outside_lab_charge": "What it charged the clinic",
    "facility_name": "Name",
    "facility_line": "Street",
    "facility_city": "City",
    "facility_state": "State",
    "facility_postal_code": "ZIP code",
    "facility_npi": "NPI (32a)",
    "other_referrer": "Another referring practitioner",
    "biller_note": "Note to the biller",
}


class SupportingInfoForm(ModelForm):
    """Boxes 10, 14 to 20 and 32, and what has no box. A referrer who is known is chosen by one click."""

    known = forms.ChoiceField(
        label="One who is known",
        required=False,
        help_text="Of this clinic, or entered before. Fills the name and the NPI.",
    )

    class Meta:
        model = ClaimSupportingInfo
        fields: ClassVar = FIELDS
        labels: ClassVar = _LABELS
        field_classes: ClassVar = dict.fromkeys(_DAYS, PickedDateField)
        widgets: ClassVar = {"biller_note": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, referrers: Sequence[Referrer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._referrers = {referrer.key: referrer for referrer in referrers}
        for name, kinds in _KINDS.items():
            self.offer(name, [("", "–"), *kinds])
        self.offer("known", [("", "–"), *((one.key, one.label) for one in referrers)])

    def clean(self) -> dict[str, Any]:
        """The referrer who was chosen, spelled out; a state in capitals."""
        data = super().clean() or {}
        chosen = self._referrers.get(data.pop("known", ""))
        if chosen is not None:
            data |= {
                "referring_given_name": chosen.given[:35],
                "referring_family_name": chosen.family[:60],
                "referring_credentials": chosen.credentials[:20],
                "referring_npi": chosen.npi,
            }
        for name in ("auto_accident_state", "facility_state", "claim_codes"):
            data[name] = (data.get(name) or "").strip().upper()
        return data

    def validate_constraints(self) -> None:
        """What belongs together is judged by the action, which has words for it."""
