"""Letters on paper: the clinic's head, the receiver, the text, who signed; the patient and page x of y on each page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string

from clinic.letters import fill, usual_letters
from clinic.models import Letter, LetterTemplate, Patient
from clinic.models.letters import LetterKind
from clinic.queries.addresses import mail_lines
from clinic.queries.letters import envelope_values
from clinic.queries.notes import named
from emr.accounts.models import Clinic, User
from emr.pdf import pdf_and_parts, render_pdf
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.markdown import to_html
from emr.uploads.incoming import Incoming, Limits, check
from emr.uploads.kinds import Kind

_LIMITS = Limits({Kind.PDF}, max_bytes=10 * 1024 * 1024)
_TEMPLATE = "clinic/letters/print.html"


def letter_pdf(letter: Letter, *, by: User | None = None, signed_at: datetime | None = None) -> bytes:
    """A letter as it stands; with ``by`` and ``signed_at``, as it is signed by them."""
    return render_pdf(_TEMPLATE, _context(letter, by, signed_at))


def letter_paper(letter: Letter, *, by: User, signed_at: datetime) -> Incoming:
    """The signed letter, checked like any file that is taken in."""
    return check(letter_pdf(letter, by=by, signed_at=signed_at), f"{letter.kind}-letter.pdf", _LIMITS)


def recall_letters(patients: Sequence[Patient]) -> tuple[bytes, list[Incoming]]:
    """A letter for each patient who should come again, as one PDF to print and each by itself to keep: in the patient's
    language where there is such a template, with page numbers of its own. It names no reason: who opens another's mail
    learns nothing of the chart. Raises DomainError for a patient whom no letter reaches.
    """
    lost = [patient.sort_name for patient in patients if not mail_lines(patient)]
    if lost:
        raise DomainError(f"No address is on file of {'; '.join(lost)}. Leave them out, or record where they live.")
    texts = _recall_texts()
    whole, each = pdf_and_parts(render_to_string(_TEMPLATE, _recall(patient, texts)) for patient in patients)
    return whole, [check(paper, "recall-letter.pdf", _LIMITS) for paper in each]


def _recall_texts() -> dict[str, tuple[str, str]]:
    """Subject and text by language: the clinic's own before those that come with the program."""
    usual = {row.language: (row.subject, row.body) for row in usual_letters() if row.kind == LetterKind.RECALL}
    own = LetterTemplate.objects.filter(kind=LetterKind.RECALL, active=True).order_by("-created_at")
    return usual | {row.language: (row.subject, row.body) for row in own}


def _recall(patient: Patient, texts: dict[str, tuple[str, str]]) -> dict[str, Any]:
    subject, body = texts.get(patient.language[:2]) or texts["en"]
    values = envelope_values(patient)
    letter = Letter(
        patient=patient,
        kind=LetterKind.RECALL,
        recipient=patient.full_name,
        recipient_address="\n".join(mail_lines(patient)),
        subject=fill(subject, values),
        body=fill(body, values),
    )
    return {**_context(letter, None, None), "draft": False}


def _context(letter: Letter, by: User | None, signed_at: datetime | None) -> dict[str, Any]:
    day: date | datetime = signed_at or clinic_today()
    clinic = Clinic.objects.first() or Clinic()
    return {
        "letter": letter,
        "patient": letter.patient,
        "body": to_html(letter.body),
        "day": formats.day(day),
        "signed_by": named(by) if by else "",
        "signed_at": formats.instant(signed_at) if signed_at else "",
        "draft": signed_at is None,
        "clinic": clinic,
        "clinic_phone": formats.phone(clinic.phone),
    }
