"""A pharmacy network that is built in: for training, for the sample clinic, for tests.

What it answers depends on the last digit of the pharmacy's NCPDP id alone: 8 does not answer, 9 is unknown to it, all
others take what comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from clinic.erx.adapter import Sent, Unsent
from clinic.erx.messages import (
    Answer,
    CancelRx,
    CancelRxResponse,
    Header,
    Incoming,
    NewRx,
    Request,
    RxRenewalRequest,
    Status,
)


class Simulator:
    """The pharmacies behind every NCPDP id. ``mail`` is what they sent; who trains or tests puts it there."""

    name = "simulator"
    mail: ClassVar[list[Incoming]] = []

    def send(self, message: Request) -> Sent:
        """Answer at once. Raises Unsent for the pharmacies that stand for trouble."""
        header = message.header
        if header.receiver.endswith("8"):
            raise Unsent("The pharmacy did not answer.")
        if header.receiver.endswith("9") or not header.receiver:
            raise Unsent("The network does not know this pharmacy.")
        if isinstance(message, CancelRx):
            said = CancelRxResponse(_back(header), Answer.APPROVED, "Not dispensed.")
            return Sent(said, f"{message.pharmacy.name} cancelled it: not dispensed.")
        return Sent(Status(_back(header), "Taken."), "The pharmacy has it (simulated).")

    def fetch(self) -> Sequence[Incoming]:
        """What is in the mail."""
        return tuple(self.mail)

    def taken(self, message: Incoming) -> None:
        """Take it out."""
        self.mail.remove(message)

    def renewal_of(self, message: NewRx, *, filled_on: date, note: str = "") -> RxRenewalRequest:
        """What the pharmacy asks when the last fill of a prescription was dispensed."""
        header = replace(_back(message.header), message_id=f"{message.header.message_id}-renewal")
        return RxRenewalRequest(header, message.patient, message.pharmacy, message.drug, filled_on, note)


def _back(header: Header) -> Header:
    return Header(
        message_id=f"{header.message_id}-answer",
        sender=header.receiver,
        receiver=header.sender,
        sent_at=header.sent_at,
        relates_to=header.message_id,
        prescriber_order_number=header.prescriber_order_number,
    )
