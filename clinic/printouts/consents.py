"""A signed consent on paper: the very text, the signature, who signed, when, and the hash of what was shown."""

from __future__ import annotations

import base64
from datetime import datetime

from clinic.intaking import SignerRelationship
from clinic.models import ConsentForm, Patient
from emr.accounts.models import Clinic
from emr.pdf import render_pdf
from emr.ui import formats
from emr.uploads.incoming import Incoming, Limits, check
from emr.uploads.kinds import Kind

_LIMITS = Limits({Kind.PDF}, max_bytes=5 * 1024 * 1024)


def consent_paper(
    patient: Patient,
    form: ConsentForm,
    *,
    signer_name: str,
    signer_relationship: str,
    signature: Incoming | None,
    signed_at: datetime,
    shown: str,
    taken_by: str = "",
) -> Incoming:
    """The PDF of a consent, checked like any file that is taken in."""
    drawn = f"data:image/png;base64,{base64.b64encode(signature.content).decode()}" if signature else ""
    context = {
        "patient": patient,
        "form": form,
        "paragraphs": [part.strip() for part in form.text.split("\n\n") if part.strip()],
        "signer_name": signer_name,
        "relationship": SignerRelationship(signer_relationship).label,
        "drawn": drawn,
        "signed_at": formats.instant(signed_at),
        "shown": shown,
        "taken_by": taken_by,
        "clinic": Clinic.objects.first() or Clinic(),
    }
    pdf = render_pdf("clinic/consents/print.html", context)
    return check(pdf, f"{form.key}-{form.version}.pdf", _LIMITS)
