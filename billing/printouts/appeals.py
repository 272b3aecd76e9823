"""An appeal on paper: the clinic's head, the payer's address, the claim's facts, the text, room to sign."""

from __future__ import annotations

from billing.models import Appeal
from billing.queries.appeals import appeal_facts
from emr.accounts.models import Clinic
from emr.pdf import render_pdf
from emr.shared.dates import clinic_today
from emr.ui import formats


def appeal_pdf(appeal: Appeal) -> bytes:
    """The letter as it stands; it must come with its claim, the payer, the patient and the coverage."""
    claim = appeal.claim
    clinic = Clinic.objects.first() or Clinic()
    payer = claim.payer
    address = [payer.address_line1, f"{payer.city}, {payer.state} {payer.postal_code}".strip(" ,")] if payer else []
    context = {
        "appeal": appeal,
        "claim": claim,
        "patient": claim.patient,
        "facts": appeal_facts(appeal),
        "member": claim.coverage.subscriber_id if claim.coverage else "",
        "to": [payer.name if payer else "", "Appeals department", *filter(None, address)],
        "day": formats.day(appeal.sent_on or clinic_today()),
        "clinic": clinic,
        "clinic_phone": formats.phone(clinic.phone),
        "paragraphs": [part.splitlines() for part in appeal.text.replace("\r", "").split("\n\n")],
    }
    return render_pdf("billing/appeals/print.html", context)
