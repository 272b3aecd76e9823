"""What the listener does with a message: keep it, file it, answer it. No text of a message reaches the log."""

from __future__ import annotations

import logging

from django.db import close_old_connections

from emr.accounts.clinic import in_clinic_zone
from emr.audit.actor import service_user
from interop.actions.messages import receive_message
from interop.hl7v2.acknowledging import Outcome, acknowledgment
from interop.hl7v2.framing import decoded, framed
from interop.hl7v2.oru import UnreadableMessage

_log = logging.getLogger("chartroom.mllp")
_LATER = "It could not be kept just now. Send it again."


def answered(content: bytes) -> bytes | None:
    """Take a message in; the framed answer, or None where its sender wants none. Never raises."""
    text = decoded(content)
    outcome, reason = _received(text)
    answer = acknowledgment(text, outcome, reason)
    return framed(answer) if answer is not None else None


def too_long(head: bytes) -> bytes | None:
    """The answer to a message that is refused for its length, of which this is the beginning."""
    answer = acknowledgment(decoded(head), Outcome.REJECTED, "The message is longer than is taken here.")
    return framed(answer) if answer is not None else None


def _received(text: str) -> tuple[Outcome, str]:
    close_old_connections()
    try:
        with in_clinic_zone():
            receipt = receive_message(by=service_user("results"), text=text)
    except UnreadableMessage as refused:
        _log.warning("A message was rejected: %s", str(refused).split(":", 1)[0])
        return Outcome.REJECTED, str(refused)
    except Exception as error:  # One bad message must not end the listener; its sender is told.
        _log.error("A message was not kept: %s.", type(error).__name__)
        return Outcome.ERROR, _LATER
    finally:
        close_old_connections()
    _log.info("A message was taken in: %s.", receipt.became)
    return Outcome.ACCEPTED, ""
