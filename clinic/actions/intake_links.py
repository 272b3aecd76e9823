"""The way in for a patient: made by staff, opened by the date of birth, used once.

The token of a mailed link is made by the job that mails it: until then nobody knows it. Of tokens and codes only keyed
hashes are kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from clinic.intaking import LinkKind, PublicationStatus, QuestionnairePurpose, ResponseSource
from clinic.models import ConsentForm, IntakeAsk, IntakeLink, Patient, Questionnaire, QuestionnaireResponse
from clinic.queries.intake_details import details_on_file
from emr.accounts.models import Clinic, User
from emr.audit.action import action
from emr.jobs.queue import enqueue
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

MAIL_JOB = "clinic.mail_intake_link"
#: How long each way in is open from the moment it is made.
LIFE = {
    LinkKind.LINK: timedelta(hours=settings.INTAKE_LINK_HOURS),
    LinkKind.CODE: timedelta(hours=2),
    LinkKind.KIOSK: timedelta(hours=1),
}
#: Wrong dates of birth after which a way in is closed for good.
MOST_TRIES = 5
#: Letters of a short code: no vowels, so that it spells nothing, and none that look alike. Ten of 28 are 48 bits.
_LETTERS = "BCDFGHJKMNPQRSTVWXYZ23456789"
_CODE_LENGTH = 10
_SALT = "clinic.intake"


class Proof(StrEnum):
    """What came of a try to open a way in."""

    OPEN = "open"
    WRONG = "wrong"
    CLOSED = "closed"


@action
def create_intake_link(
    *,
    by: User,
    patient: Patient,
    kind: str,
    questionnaires: Sequence[Questionnaire] = (),
    forms: Sequence[ConsentForm] = (),
    appointment_id: UUID | None = None,
    link_base: str = "",
    request_token: UUID | None = None,
) -> IntakeLink:
    """A way in for one patient, with what is asked there, in this order. A link by e-mail is sent by a job.

    The ``request_token`` becomes its key: the same form sent twice gives the same link. Raises DomainError where
    nothing is asked, a draft is, or there is no e-mail address to send it to.
    """
    known = (
        IntakeLink.objects.filter(pk=request_token, created_by=by, patient=patient).first() if request_token else None
    )
    if known is not None:
        return known
    if not questionnaires and not forms:
        raise DomainError("Choose at least one thing to ask.")
    if {row.status for row in questionnaires} | {row.status for row in forms} != {PublicationStatus.ACTIVE}:
        raise DomainError("One of the questionnaires or texts is not in use any more. Choose again.")
    if kind == LinkKind.LINK and not details_on_file(patient)["email"]:
        raise DomainError("No e-mail address is on file. Enter one under Details, or show a code.", field="kind")
    link = IntakeLink.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        kind=kind,
        appointment_id=appointment_id,
        expires_at=timezone.now() + LIFE[LinkKind(kind)],
    )
    for rank, questionnaire in enumerate(questionnaires, 1):
        IntakeAsk.objects.create(link=link, rank=rank, questionnaire=questionnaire)
    for rank, form in enumerate(forms, len(questionnaires) + 1):
        IntakeAsk.objects.create(link=link, rank=rank, form=form)
    if kind == LinkKind.LINK:
        payload = {"link": str(link.pk), "base": link_base}
        enqueue(MAIL_JOB, key=f"intake:{link.pk}", by=by, payload=payload)
    return link


@action
def mail_intake_link(*, by: User, link_id: UUID, link_base: str) -> None:
    """Make the token and mail the link, in words that name neither the patient nor what is asked.

    Raises DomainError when the way in is closed, or the address is gone.
    """
    link = IntakeLink.objects.select_for_update(of=("self",)).select_related("patient").get(pk=link_id)
    problem = why_closed(link, timezone.now())
    address = details_on_file(link.patient)["email"]
    if problem or not address:
        raise DomainError(problem or "No e-mail address is on file any more.")
    token = secrets.token_urlsafe(32)
    link.token_hash, link.sent_at = digest(token), timezone.now()
    link.save(update_fields=["token_hash", "sent_at", "updated_at"])
    clinic = Clinic.objects.first()
    context = {"clinic": clinic, "link": f"{link_base}{token}/", "until": link.expires_at}
    text = render_to_string("intake/mail.txt", context)
    send_mail(f"Before your visit to {clinic or 'the clinic'}", text, settings.DEFAULT_FROM_EMAIL, [address])


@action
def show_code(*, by: User, link: IntakeLink) -> str:
    """A new short code for a way in, to be shown on the screen; the one before ends. Raises DomainError when closed."""
    row = IntakeLink.objects.select_for_update().get(pk=link.pk)
    problem = why_closed(row, timezone.now())
    if problem:
        raise DomainError(problem)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    row.code_hash = digest(code)
    row.save(update_fields=["code_hash", "updated_at"])
    return code


@action
def withdraw_intake_link(*, by: User, link: IntakeLink) -> IntakeLink:
    """Close a way in. What was answered stays. Raises DomainError for one that was used."""
    row = IntakeLink.objects.select_for_update().get(pk=link.pk)
    if row.used_at:
        raise DomainError("The answers were sent already. Review them instead.")
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = timezone.now(), by
        row.save(update_fields=["withdrawn_at", "withdrawn_by", "updated_at"])
    return row


@action
def prove_birth_date(*, by: User, link_id: UUID, birth_date: date) -> Proof:
    """Open a way in by the patient's date of birth. Each try is counted before it is answered; the fifth wrong one
    closes it. The right one begins what is to be answered.
    """
    link = IntakeLink.objects.select_for_update(of=("self",)).select_related("patient").filter(pk=link_id).first()
    if link is None or why_closed(link, timezone.now()):
        return Proof.CLOSED
    if birth_date != link.patient.birth_date:
        link.tries += 1
        link.save(update_fields=["tries", "updated_at"])
        return Proof.CLOSED if link.tries >= MOST_TRIES else Proof.WRONG
    if link.opened_at is None:
        link.opened_at = timezone.now()
        link.save(update_fields=["opened_at", "updated_at"])
    _begin(by, link)
    return Proof.OPEN


def why_closed(link: IntakeLink, now: datetime) -> str:
    """Why a way in is closed, in a sentence for staff; empty while it is open."""
    if link.used_at:
        return "The answers were sent already."
    if link.withdrawn_at:
        return "It was taken back."
    if link.expires_at <= now:
        return "Its time is over."
    return "It is closed after too many wrong dates of birth." if link.tries >= MOST_TRIES else ""


def digest(secret: str) -> str:
    """What is kept of a token or a code: a keyed hash, since a short code alone could be found by trying all."""
    return salted_hmac(_SALT, secret, algorithm="sha256").hexdigest()


def _begin(by: User, link: IntakeLink) -> None:
    for ask in link.asks.filter(questionnaire__isnull=False, response=None).select_related("questionnaire"):
        questionnaire = ask.questionnaire
        assert questionnaire is not None  # noqa: S101  the filter says so
        details = questionnaire.purpose == QuestionnairePurpose.DEMOGRAPHICS
        ask.response = QuestionnaireResponse.objects.create(
            created_by=by,
            questionnaire=questionnaire,
            patient=link.patient,
            appointment_id=link.appointment_id,
            source=ResponseSource.PATIENT,
            baseline=details_on_file(link.patient) if details else {},
        )
        ask.save(update_fields=["response"])
