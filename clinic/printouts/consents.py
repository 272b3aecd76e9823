"""A signed consent on paper: the very text, the signature, who signed, when, and the hash of what was shown."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from clinic.intaking import SignatureMethod, SignerRelationship
from clinic.models import Consent, ConsentForm, Patient
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
    drawn = _data_url(signature.content) if signature else ""
    context = _context(patient, form, signer_name, signer_relationship, drawn, signed_at, shown)
    pdf = render_pdf("clinic/consents/print.html", {**context, "signed": True, "taken_by": taken_by, "consent": None})
    return check(pdf, f"{form.key}-{form.version}.pdf", _LIMITS)


def standing_consent_pdf(consent: Consent) -> bytes:
    """An answer as it stands now: where it was taken back or entered in error, when and why stands over the text.

    Form, patient and people must be loaded with it. The paper of its time stays among the documents as it was.
    """
    drawn = ""
    if consent.signature:
        with consent.signature.open("rb") as file:
            drawn = _data_url(file.read())
    context = _context(
        *(consent.patient, consent.form, consent.signer_name, consent.signer_relationship, drawn),
        *(consent.signed_at, consent.shown_sha256),
    )
    signed = consent.method != SignatureMethod.NONE
    told = {"signed": signed, "taken_by": str(consent.taken_by or ""), "consent": consent}
    return render_pdf("clinic/consents/print.html", {**context, **told})


def _context(
    patient: Patient,
    form: ConsentForm,
    signer_name: str,
    signer_relationship: str,
    drawn: str,
    signed_at: datetime,
    shown: str,
) -> dict[str, Any]:
    return {
        "patient": patient,
        "form": form,
        "paragraphs": [part.strip() for part in form.text.split("\n\n") if part.strip()],
        "signer_name": signer_name,
        "relationship": SignerRelationship(signer_relationship).label,
        "drawn": drawn,
        "signed_at": formats.instant(signed_at),
        "shown": shown,
        "clinic": Clinic.objects.first() or Clinic(),
    }


def _data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
