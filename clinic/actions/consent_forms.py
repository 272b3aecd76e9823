"""Texts to sign: written, put in force, replaced by a new version, retired. A text that was in force never changes."""

from __future__ import annotations

from datetime import date

from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from clinic.intaking import PublicationStatus
from clinic.models import ConsentForm
from clinic.questionnaires import shipped
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

_STANDING = ["status", "retired_at", "retired_by", "updated_at"]


@action
def add_shipped_text(*, by: User, key: str) -> ConsentForm:
    """A draft of a text that comes with the program, for the clinic to adapt. One that is there already stays.

    Raises DomainError where there is none of that name.
    """
    source = shipped.texts().get(key)
    if source is None:
        raise DomainError("No text of that name comes with Chartroom.")
    known = ConsentForm.objects.filter(key=key).order_by("-version").first()
    if known is not None:
        return known
    return ConsentForm.objects.create(
        created_by=by,
        key=source.key,
        kind=source.kind,
        title=source.title,
        text=source.text,
        required=source.required,
        renew_months=source.renew_months,
        effective=clinic_today(),
    )


@action
def save_consent_form(
    *,
    by: User,
    form: ConsentForm | None = None,
    kind: str,
    title: str,
    text: str,
    effective: date,
    required: bool = True,
    renew_months: int | None = None,
) -> ConsentForm:
    """Write a text, as a draft. A draft is changed; of a text that was in force this becomes the next version.

    Raises DomainError for an empty one.
    """
    if not text.strip():
        raise DomainError("Enter the text that is to be signed.", field="text")
    fields = {
        "kind": kind,
        "title": title.strip(),
        "text": text.replace("\r\n", "\n").strip(),
        "effective": effective,
        "required": required,
        "renew_months": renew_months,
    }
    if form is None:
        key = f"{slugify(title)[:30] or 'text'}-{str(uuid7())[-6:]}"
        return ConsentForm.objects.create(created_by=by, key=key, **fields)
    row = ConsentForm.objects.select_for_update().get(pk=form.pk)
    if row.status == PublicationStatus.DRAFT:
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=[*fields, "updated_at"])
        return row
    versions = ConsentForm.objects.filter(key=row.key)
    if versions.filter(status=PublicationStatus.DRAFT).exists():
        raise DomainError("There is a draft of the next version already. Change that one, or retire it.")
    newest = versions.aggregate(newest=Max("version"))["newest"]
    return ConsentForm.objects.create(created_by=by, key=row.key, version=newest + 1, **fields)


@action
def publish_consent_form(*, by: User, form: ConsentForm) -> ConsentForm:
    """Put a draft in force from its day on. The version before is asked until then, and nobody need retire it.

    Raises DomainError for what is no draft, and for a day before that of the version in force.
    """
    versions = list(ConsentForm.objects.select_for_update().filter(key=form.key))
    row = next(row for row in versions if row.pk == form.pk)
    if row.status != PublicationStatus.DRAFT:
        raise DomainError("Only a draft is put in force.")
    before = [other.effective for other in versions if other.status == PublicationStatus.ACTIVE]
    if before and row.effective < max(before):
        raise DomainError("Its day lies before that of the version in force. Choose a later one.", field="effective")
    row.status = PublicationStatus.ACTIVE
    row.save(update_fields=_STANDING)
    return row


@action
def retire_consent_form(*, by: User, form: ConsentForm) -> ConsentForm:
    """Ask for it no more. What was signed stays. Retired twice, the first time counts."""
    row = ConsentForm.objects.select_for_update().get(pk=form.pk)
    if row.status != PublicationStatus.RETIRED:
        row.status, row.retired_at, row.retired_by = PublicationStatus.RETIRED, timezone.now(), by
        row.save(update_fields=_STANDING)
    return row
