"""Batches: many claims printed or sent in one file, by a job."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.actions.ledger import lock_patients
from billing.choices import BatchStyle, ClaimStatus
from billing.models import Claim, ClaimBatch, ClaimBatchItem, TradingPartner
from billing.queries.batches import sent_before, unprintable, unsendable
from billing.x12.professional import Envelope
from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.shared.dates import clinic_zone
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

JOB = "billing.claim_batch_pdf"
#: Half an inch either way: more than any printer is off by, less than would print beside the paper. In points.
MAX_MARGIN = 36


@action
def create_batch(
    *,
    by: User,
    claims: Sequence[Claim],
    style: BatchStyle = BatchStyle.DATA_ONLY,
    margin_left: Decimal | int = 0,
    margin_top: Decimal | int = 0,
    partner: TradingPartner | None = None,
    again: bool = False,
    request_token: UUID | None = None,
) -> ClaimBatch:
    """Ask for one file of submitted claims, in the order given. The same token again gives the batch that is there.

    Margins are in points, to shift the print on the paper; an 837P goes to a ``partner``. Raises DomainError when
    nothing is chosen, a margin is off the paper, a claim isn't submitted (only what is frozen goes to a payer), one
    can't be said in an 837P or on the paper, or one went out before in another batch and ``again`` doesn't say that
    this is meant.
    """
    token = request_token or uuid7()
    there = ClaimBatch.objects.filter(request_token=token).first()
    if there is not None:
        return _own(there, by)
    numbers = _checked(claims, margin_left, margin_top)
    # Under the claims' locks: the other half of a double click may have made it meanwhile.
    there = ClaimBatch.objects.filter(request_token=token).first()
    if there is not None:
        return _own(there, by)
    if style != BatchStyle.REVIEW and not again and (before := sent_before(numbers)):
        raise DomainError(f"{before.words} Say that you mean to send them again.", field="again")
    if style != BatchStyle.X12 and (faults := unprintable(numbers)):
        raise DomainError(f"{' '.join(faults[:5])} Send these as an 837P, and leave them out here.")
    envelope = _envelope(partner, numbers) if style == BatchStyle.X12 else None
    try:
        with transaction.atomic():
            batch = ClaimBatch.objects.create(
                created_by=by,
                style=style,
                margin_left=margin_left,
                margin_top=margin_top,
                partner=partner if envelope else None,
                control_number=envelope.control_number if envelope else None,
                envelope=envelope.to_data() if envelope else None,
                request_token=token,
            )
    except IntegrityError:
        # The other half of a double click was faster.
        return _own(ClaimBatch.objects.get(request_token=token), by)
    ClaimBatchItem.objects.bulk_create(
        ClaimBatchItem(batch=batch, claim_id=key, position=position) for position, key in enumerate(numbers, 1)
    )
    return _draw(by, batch)


@action
def draw_again(*, by: User, batch: ClaimBatch) -> ClaimBatch:
    """Draw the file of a batch again, the same to the byte, for whoever asks; nothing while it is being drawn."""
    row = ClaimBatch.objects.select_for_update(of=("self",)).select_related("job").get(pk=batch.pk)
    if row.job is not None and not row.job.is_finished:
        return row
    return _draw(by, row)


def _draw(by: User, batch: ClaimBatch) -> ClaimBatch:
    batch.job = enqueue(JOB, key=f"{JOB}:{batch.pk}:{uuid7()}", by=by, payload={"batch": str(batch.pk)})
    batch.save(update_fields=["job"])
    return batch


def _envelope(partner: TradingPartner | None, keys: Sequence[UUID]) -> Envelope:
    """What stands on the file, under the next number of interchanges."""
    clinic = current_clinic()
    if partner is None or not partner.active:
        raise DomainError("Choose whom the file is sent to.", field="partner")
    if clinic is None:
        raise DomainError("The clinic has no name and address yet.")
    if faults := unsendable(keys):
        more = f" And {len(faults) - 5} more." if len(faults) > 5 else ""
        raise DomainError(f"{' '.join(faults[:5])}{more} Print these, and leave them out here.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_interchange_seq')")
        number = int(cursor.fetchone()[0])
    return Envelope(
        sender_qualifier=partner.sender_qualifier,
        sender_id=partner.sender_id,
        receiver_qualifier=partner.receiver_qualifier,
        receiver_id=partner.receiver_id,
        usage=partner.usage,
        control_number=number,
        created=timezone.now().astimezone(clinic_zone()).replace(microsecond=0),
        submitter=clinic.name,
        contact_name=partner.contact_name,
        contact_phone=partner.contact_phone,
        receiver=partner.name,
    )


def _own(batch: ClaimBatch, by: User) -> ClaimBatch:
    if batch.created_by_id != by.pk:
        raise Conflict("Somebody else sent this page already. Open the list of claims again.")
    return batch


def _checked(claims: Sequence[Claim], left: Decimal | int, top: Decimal | int) -> list[UUID]:
    """The claims' keys, each once, in order. They are locked against being voided in the same moment, after their
    patients, as everywhere.
    """
    if not claims:
        raise DomainError("Choose at least one claim.")
    for name, margin in (("margin_left", left), ("margin_top", top)):
        if not -MAX_MARGIN <= margin <= MAX_MARGIN:
            raise DomainError(f"Shift the print by at most {MAX_MARGIN} points, half an inch.", field=name)
    keys = list(dict.fromkeys(claim.pk for claim in claims))
    lock_patients(claim.patient_id for claim in claims)
    rows = Claim.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    open_ones = [number for number, status in rows.values_list("number", "status") if status != ClaimStatus.ACTIVE]
    if open_ones:
        shown = ", ".join(open_ones[:10]) + (f" and {len(open_ones) - 10} more" if len(open_ones) > 10 else "")
        raise DomainError(f"Not submitted: {shown}. Submit them first.")
    return keys
