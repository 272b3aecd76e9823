"""What pharmacies send, and how they are answered: each message is kept before it is taken off the network."""

from __future__ import annotations

from clinic.actions.prescriptions import record_sent
from clinic.actions.renewals import receive_renewal
from clinic.actions.tasks import comment_task, create_task
from clinic.erx.adapter import Adapter, Unsent, chosen, is_electronic
from clinic.erx.build import refusal, renewal_response
from clinic.erx.messages import Answer, CancelRxResponse, Incoming, RxChangeRequest, RxRenewalRequest
from clinic.models import MedicationRequest, RefillRequest
from emr.access.roles import NURSE
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

#: A task that a pharmacy's message makes.
PHARMACY_MESSAGE = "pharmacy-message"


def anything_sent() -> bool:
    """Whether a message of a pharmacy waits. A network that doesn't answer has none."""
    try:
        return is_electronic() and bool(chosen().fetch())
    except Unsent:
        return False


def take_messages(*, by: User) -> int:
    """Take in what pharmacies sent, each message in a transaction of its own; gives how many."""
    way = chosen()
    messages = way.fetch()
    for message in messages:
        receive_message(by=by, message=message, way=way)
        way.taken(message)
    return len(messages)


@action
def receive_message(*, by: User, message: Incoming, way: Adapter) -> None:
    """Keep one message: a renewal as a request that waits, what else there is as a task of who prescribed.

    A renewal that fits nobody here is answered with the reason. Raises Unsent where that didn't reach the pharmacy.
    """
    if not isinstance(message, RxRenewalRequest):
        _tell(by, message)
        return
    try:
        receive_renewal(by=by, message=message)
    except DomainError as refused:
        way.send(refusal(message, refused.message))


@action
def answer_renewal(*, by: User, refill: RefillRequest) -> str:
    """Bring the decision to the pharmacy that asked; what it said. An approval is the prescription itself.

    Raises Unsent where it didn't arrive.
    """
    answer = renewal_response(refill)
    said = chosen().send(answer)
    if answer.answer != Answer.DENIED and refill.prescription is not None:
        record_sent(by=by, prescription=refill.prescription)
    return said.words


def _tell(by: User, message: RxChangeRequest | CancelRxResponse) -> None:
    number = message.header.prescriber_order_number
    row = MedicationRequest.objects.filter(number=number).select_related("prescriber__user", "patient").first()
    if isinstance(message, CancelRxResponse):
        if message.answer == Answer.APPROVED:
            return
        words = "A pharmacy could not cancel a prescription that was taken back. Telephone it."
    else:
        wish = message.kind.value.replace("-", " ")
        words = f"A pharmacy asks to change a prescription ({wish}). Answer it by another one, or telephone."
    owner = row.prescriber.user if row is not None else None
    task = create_task(
        by=by,
        code=PHARMACY_MESSAGE,
        description=words,
        owner=owner,
        owner_role="" if owner else NURSE.name,
        patient=row.patient if row is not None and owner is not None else None,
        about=row,
    )
    offered = ", ".join(drug.description for drug in getattr(message, "offered", ()))
    told = " ".join(
        filter(None, (f"Prescription {number}." if number else "", message.note, offered and f"Offered: {offered}."))
    )
    if told:
        comment_task(by=by, task=task, text=told)
