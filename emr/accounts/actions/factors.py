"""What a manager may do to another's second factors: take them away, so that the person sets up new ones."""

from __future__ import annotations

from functools import partial

from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.db import models, transaction

from emr.accounts.models import User
from emr.accounts.sessions.ending import end_sessions
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError

_SUBJECT = "Your second factor was reset"
_TEXT = """Hello,

{by} has reset the second factor of your account at {clinic}. You are signed out everywhere. When you sign in the
next time, you are asked to set up a new one.

If you did not ask for this, tell the clinic at once.
"""


class ResetReason(models.TextChoices):
    """Why factors are taken away: the log keeps no typed text."""

    LOST = "lost", "The phone or key is lost"
    NEW = "new", "The phone or key was replaced"
    STOLEN = "stolen", "Somebody else may have it"
    BROKEN = "broken", "It no longer works"


@action
def reset_factors(*, by: User, user: User, reason: ResetReason, clinic: str) -> int:
    """Take all factors of a person away, recovery codes included, and end their sessions; gives how many there were.

    The person is told by mail. Raises DomainError for one's own account, and where there is nothing to take.
    """
    if user == by:
        raise DomainError("You can't reset your own second factor; ask another manager.")
    factors = list(Authenticator.objects.select_for_update().filter(user=user))
    if not factors:
        raise DomainError(f"{user} has no second factor.")
    for factor in factors:
        factor.delete()
    end_sessions(user)
    record_security_event(SecurityKind.MFA_RESET, user=by, target=user, detail=f"by a manager: {reason.label}")
    transaction.on_commit(partial(_tell, user.email, by=str(by), clinic=clinic), robust=True)
    return len(factors)


def _tell(address: str, *, by: str, clinic: str) -> None:
    """A mail server that is away keeps nobody from a reset; the failure is in the application's log."""
    send_mail(_SUBJECT, _TEXT.format(by=by, clinic=clinic), None, [address])
