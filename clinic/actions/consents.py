"""Consents: signed or refused once, kept as paper, withdrawn for a reason, never changed."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import ContentFile
from django.utils import timezone

from clinic.actions.documents import add_document
from clinic.actions.errors import enter_in_error
from clinic.intaking import ConsentStatus, PublicationStatus, SignatureMethod, SignerRelationship
from clinic.models import Consent, ConsentForm, IntakeAsk, Patient
from clinic.papers import DocumentCategory
from clinic.queries.consents import digest_of
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.uploads.incoming import Incoming


@action
def sign_consent(
    *,
    by: User,
    patient: Patient,
    form: ConsentForm,
    signer_name: str,
    signer_relationship: str = SignerRelationship.SELF,
    shown: str,
    signed_at: datetime,
    paper: Incoming,
    signature: Incoming | None = None,
    taken_by: User | None = None,
    ask: IntakeAsk | None = None,
) -> Consent:
    """Keep a signed form, with its paper (PDF). ``shown`` is the hash of the text that was on the screen.

    ``signature`` is the drawn one; without it the typed name is the signature. ``ask`` is the place in an intake that
    this answers: asked once, the first answer stays. Raises Conflict where another text is in force by now, DomainError
    without a name.
    """
    known = _answered(ask)
    if known is not None:
        return known
    name = _name(signer_name)
    _check_text(form, shown)
    document = add_document(
        by=by,
        patient=patient,
        category=DocumentCategory.CONSENT,
        file=paper,
        description=f"{form.title}, version {form.version}",
    )
    consent = Consent(
        created_by=by,
        patient=patient,
        form=form,
        status=ConsentStatus.ACTIVE,
        signer_name=name,
        signer_relationship=signer_relationship,
        method=SignatureMethod.DRAWN if signature else SignatureMethod.TYPED,
        signed_at=signed_at,
        shown_sha256=shown,
        document=document,
        taken_by=taken_by,
    )
    if signature is not None:
        consent.signature.save("signature", ContentFile(signature.content), save=False)
    consent.save(force_insert=True)
    _settle(ask, consent)
    return consent


@action
def refuse_consent(
    *,
    by: User,
    patient: Patient,
    form: ConsentForm,
    signer_name: str,
    signer_relationship: str = SignerRelationship.SELF,
    shown: str,
    reason: str = "",
    taken_by: User | None = None,
    ask: IntakeAsk | None = None,
) -> Consent:
    """Keep that a form was shown and not signed: it is an answer too. Raises as :func:`sign_consent` does."""
    known = _answered(ask)
    if known is not None:
        return known
    name = _name(signer_name)
    _check_text(form, shown)
    consent = Consent.objects.create(
        created_by=by,
        patient=patient,
        form=form,
        status=ConsentStatus.REJECTED,
        signer_name=name,
        signer_relationship=signer_relationship,
        method=SignatureMethod.NONE,
        signed_at=timezone.now(),
        shown_sha256=shown,
        refusal_reason=reason.strip(),
        taken_by=taken_by,
    )
    _settle(ask, consent)
    return consent


@action
def withdraw_consent(*, by: User, consent: Consent, reason: str) -> Consent:
    """The patient takes back what was signed, from now on. Raises DomainError for what doesn't stand, or no reason."""
    row = Consent.objects.select_for_update().get(pk=consent.pk)
    if row.status != ConsentStatus.ACTIVE:
        raise DomainError("Only a consent that stands can be taken back.")
    if not reason.strip():
        raise DomainError("Say why, in the patient's words.", field="reason")
    row.status, row.withdrawn_at, row.withdrawn_by = ConsentStatus.INACTIVE, timezone.now(), by
    row.withdrawal_reason = reason.strip()
    row.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawal_reason", "updated_at"])
    return row


@action
def enter_consent_in_error(*, by: User, consent: Consent, reason: str) -> Consent:
    """Say that an answer never was this patient's, or was taken wrongly; its paper is marked with it.

    It stays on file and counts no more, so the text is asked again. Raises DomainError without a reason. Asked twice,
    the first answer stays.
    """
    row = enter_in_error(by=by, row=consent, reason=reason)
    if row.document is not None:
        enter_in_error(by=by, row=row.document, reason=reason)
    return row


def _answered(ask: IntakeAsk | None) -> Consent | None:
    """The answer that is there already. The lock makes a second press of the button wait for the first."""
    if ask is None:
        return None
    return IntakeAsk.objects.select_for_update(of=("self",)).select_related("consent").get(pk=ask.pk).consent


def _settle(ask: IntakeAsk | None, consent: Consent) -> None:
    if ask is not None:
        row = IntakeAsk.objects.get(pk=ask.pk)
        row.consent = consent
        row.save(update_fields=["consent"])


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if len(name) < 2:
        raise DomainError("Please type your full name.", field="signer_name")
    return name


def _check_text(form: ConsentForm, shown: str) -> None:
    in_force = form.status == PublicationStatus.ACTIVE and form.effective <= clinic_today()
    if not in_force or shown != digest_of(form):
        raise Conflict("The text has changed since this page was opened. Please read it again.")
