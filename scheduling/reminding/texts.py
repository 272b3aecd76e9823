"""What a reminder says: that there is an appointment and when, and nothing of why, with whom, or for whom."""

from __future__ import annotations

import re
from datetime import datetime

from emr.accounts.models import Clinic
from emr.ui import formats
from scheduling.choices import ReminderReply

_MAIL = """You have an appointment at {clinic} on {when}.

To say that you will come, or that you can't, open this link:
{link}

If you have questions, call {phone}. Please don't answer this message.
"""
_SMS = (
    "{clinic}: you have an appointment on {when}. Reply Y to confirm, N if you can't come, STOP for no more messages."
    " {phone}"
)

_WORDS = {
    ReminderReply.CONFIRM: {"y", "yes", "c", "confirm", "confirmed", "ok", "okay", "1", "si", "sí"},
    ReminderReply.CANCEL: {"n", "no", "x", "cancel", "2"},
    ReminderReply.STOP: {"stop", "stopall", "unsubscribe", "end", "quit"},
}


def subject() -> str:
    """Of the e-mail; it may stand on a locked screen."""
    return "Your appointment"


def mail_text(clinic: Clinic, start_at: datetime, link: str) -> str:
    """The e-mail."""
    return _MAIL.format(clinic=clinic.name, when=when(start_at), link=link, phone=formats.phone(clinic.phone))


def sms_text(clinic: Clinic, start_at: datetime) -> str:
    """The text message."""
    return _SMS.format(clinic=clinic.name, when=when(start_at), phone=formats.phone(clinic.phone))


def when(start_at: datetime) -> str:
    """``Tuesday, 24 November 2026 at 09:20``, on the clinic's wall clock."""
    return f"{formats.day_long(start_at)} at {formats.clock(start_at)}"


def meaning(text: str) -> ReminderReply:
    """What a text message answers. Only a message that says nothing else is taken for a yes or a no."""
    said = re.sub(r"[\s.!,'\"]+", " ", text).strip().casefold()
    return next((reply for reply, words in _WORDS.items() if said in words), ReminderReply.OTHER)
