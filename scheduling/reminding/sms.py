"""Text messages, through whatever carrier the clinic has: one POST out, one POST in, both as JSON.

Out: ``SMS_URL`` gets ``{"to", "text", "reference"}`` with the bearer token ``SMS_TOKEN`` and answers ``{"id"}``. The
reference is the same for each try of one message, so that a carrier that knows it sends once. In: the carrier (or a
small bridge to it) posts to our webhook; see scheduling.views.reminder_answers.
"""

from __future__ import annotations

import hashlib
import hmac

import requests
from django.conf import settings

_SECONDS = 10


class NotSent(Exception):
    """A message was refused, or its carrier could not be asked; the text says which, and nothing of the message."""


def is_set_up() -> bool:
    """Whether there is a carrier."""
    return bool(settings.SMS_URL)


def send_sms(*, to: str, text: str, reference: str) -> str:
    """Give a message to the carrier; its name for it. Raises NotSent."""
    if not is_set_up():
        raise NotSent("No carrier for text messages is set up.")
    try:
        answer = requests.post(
            settings.SMS_URL,
            json={"to": to, "text": text, "reference": reference},
            headers={"Authorization": f"Bearer {settings.SMS_TOKEN}"},
            timeout=_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise NotSent(f"The carrier could not be asked ({type(error).__name__}).") from error
    if not 200 <= answer.status_code < 300:
        raise NotSent(f"The carrier refused the message ({answer.status_code}).")
    try:
        name = answer.json()["id"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(name)[:80]


def is_carriers(body: bytes, signature: str) -> bool:
    """Whether an incoming message is the carrier's: HMAC-SHA-256 of the body under ``SMS_WEBHOOK_KEY``, in hex."""
    if not settings.SMS_WEBHOOK_KEY:
        return False
    expected = hmac.new(settings.SMS_WEBHOOK_KEY.encode(), body, hashlib.sha256).hexdigest()
    # As bytes: of two texts it takes ASCII alone, and a header may hold anything.
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())
