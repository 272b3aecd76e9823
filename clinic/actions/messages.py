"""Messages of colleagues: sent, read, put away. What was written stays as it was written."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from clinic.models import Communication, CommunicationRecipient, Patient
from clinic.queries.people import staff
from clinic.rules import can
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.shared.records import uuid7


@action
def send_message(
    *,
    by: User,
    to: Iterable[User],
    subject: str,
    text: str,
    patient: Patient | None = None,
    urgent: bool = False,
    answer_to: Communication | None = None,
    request_token: UUID | None = None,
) -> Communication:
    """Send a message, new or as an answer within its exchange. The same form sent twice sends one.

    Raises DomainError without a receiver or a text, and where a receiver may not know the patient.
    """
    known = Communication.objects.filter(pk=request_token, created_by=by).first() if request_token else None
    if known is not None:
        return known
    people = {person.pk: person for person in to if person.pk != by.pk}
    if not people:
        raise DomainError("Choose whom to send it to.", field="to")
    if not text.strip():
        raise DomainError("Write the message.", field="text")
    if answer_to is not None:
        patient = answer_to.patient
    _check_receivers(list(people.values()), patient)
    message = Communication.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        thread=(answer_to.thread or answer_to) if answer_to is not None else None,
        subject=subject.strip()[:150] or "No subject",
        text=text.strip(),
        urgent=urgent,
    )
    for person in people.values():
        CommunicationRecipient.objects.create(created_by=by, communication=message, user=person)
    return message


@action
def read_messages(*, by: User, received: Iterable[CommunicationRecipient]) -> None:
    """Say that the messages were seen by whom they were sent to. Once; who stands in for somebody leaves no mark."""
    now = timezone.now()
    for row in received:
        if row.user_id == by.pk and row.read_at is None:
            row.read_at = now
            row.save(update_fields=["read_at", "updated_at"])


@action
def archive_message(*, by: User, received: CommunicationRecipient) -> CommunicationRecipient:
    """Put a message away: it leaves the inbox, and stays where it was sent and in the chart. Twice is once. Who stands
    in for somebody puts it away unread by them, and its sender is told so."""
    row = CommunicationRecipient.objects.select_for_update().get(pk=received.pk)
    if row.archived_at is None:
        row.archived_at = timezone.now()
        if row.user_id == by.pk:
            row.read_at = row.read_at or row.archived_at
        row.save(update_fields=["archived_at", "read_at", "updated_at"])
    return row


@action
def bring_back_message(*, by: User, received: CommunicationRecipient) -> CommunicationRecipient:
    """Put a message back into the inbox, one's own as not read yet."""
    row = CommunicationRecipient.objects.select_for_update().get(pk=received.pk)
    row.archived_at = None
    if row.user_id == by.pk:
        row.read_at = None
    row.save(update_fields=["archived_at", "read_at", "updated_at"])
    return row


def _check_receivers(people: list[User], patient: Patient | None) -> None:
    """Raise DomainError for who has left, and for who may not know the patient."""
    here = set(staff().filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True))
    for person in people:
        if person.pk not in here:
            raise DomainError(f"{person} doesn't work here any more.", field="to")
        if patient is not None and not can(person, Permission.VIEW_TASKS, patient).allowed:
            raise DomainError(f"{person} may not open this chart. Leave them out.", field="to")
