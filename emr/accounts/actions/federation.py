"""Which outside log-in opens which account: linked by its owner, logged in, or by a manager; never by an address."""

from __future__ import annotations

from functools import partial

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction

from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError

#: Longest subject of OpenID Connect is 255 ASCII characters; the library's table keeps 191.
SUBJECT_LENGTH = 191
_SUBJECT = "An outside sign-in opens your account"
_TEXT = """Hello,

{by} linked an account at {name} with your account at the clinic. Whoever signs in there with it works here as you.

If you did not ask for this, tell the clinic at once.
"""


@action
def link_identity(*, by: User, user: User, subject: str) -> SocialAccount:
    """Let the provider's ``subject`` open a person's account. An earlier link of theirs is replaced.

    The owner is told by mail, since whoever logs in there with the subject then works as them. Raises DomainError where
    no provider is set, for a subject that opens another's account, and for a superuser's account, by anybody less.
    """
    if not settings.OIDC_ISSUER:
        raise DomainError("No outside provider is set.")
    if user.is_superuser and not by.is_superuser:
        raise DomainError("Only its owner, or another superuser, links a superuser's account.", field="subject")
    mine = SocialAccount.objects.select_for_update().filter(provider=settings.OIDC_ISSUER)
    if mine.filter(uid=subject).exclude(user=user).exists():
        raise DomainError("This outside account opens another person's account already.", field="subject")
    for old in mine.filter(user=user).exclude(uid=subject):
        old.delete()
    link = mine.filter(user=user, uid=subject).first()
    if link is not None:
        return link
    try:
        with transaction.atomic():
            link = SocialAccount.objects.create(user=user, provider=settings.OIDC_ISSUER, uid=subject)
    except IntegrityError as error:
        raise DomainError("This outside account was linked a moment ago.", field="subject") from error
    record_security_event(SecurityKind.IDENTITY_LINKED, user=by, target=user, detail=_whose(by, user))
    transaction.on_commit(partial(_tell, user.email, by="You have" if by == user else f"{by} has"), robust=True)
    return link


@action
def unlink_identity(*, by: User, user: User) -> int:
    """Take a person's outside log-in away; gives how many links there were."""
    links = list(SocialAccount.objects.select_for_update().filter(user=user))
    for link in links:
        link.delete()
    if links:
        record_security_event(SecurityKind.IDENTITY_UNLINKED, user=by, target=user, detail=_whose(by, user))
    return len(links)


def _tell(address: str, *, by: str) -> None:
    """A mail server that is away keeps nobody from a link; the failure is in the application's log."""
    send_mail(_SUBJECT, _TEXT.format(by=by, name=settings.OIDC_NAME), None, [address])


def _whose(by: User, user: User) -> str:
    return "by themselves" if by == user else "by a manager"
