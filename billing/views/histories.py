"""The histories of charges and claims, in plain words."""

from __future__ import annotations

from billing.models import ChargeItem, Claim
from clinic.views.history import Kind, history_page, owned
from emr.access.permissions import Permission

charges = history_page(
    Kind(
        *("History of a charge", "charges", Permission.EDIT_CHARGES, "billing:charges_edit", owned(ChargeItem)),
        key="charge_id",
        back_by=("encounter_id",),
    )
)
claims = history_page(
    Kind(
        *("History of a claim", "billing", Permission.VIEW_BILLING, "billing:claims_detail", owned(Claim)),
        key="claim_id",
        back_by=("pk",),
    )
)
