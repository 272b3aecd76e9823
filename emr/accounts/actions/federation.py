"""Which outside log-in opens which account: linked by its owner, logged in, or by a manager; never by an address."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError

#: Longest subject of OpenID Connect is 255 ASCII characters; the library's table keeps 191.
SUBJECT_LENGTH = 191


@action
def link_identity(*, by: User, user: User, subject: str) -> SocialAccount:
    """Let the provider's ``subject`` open a person's account. An earlier link of theirs is replaced.

    Raises DomainError where no provider is set, and for a subject that opens another's account.
    """
    if not settings.OIDC_ISSUER:
        raise DomainError("No outside provider is set.")
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


def _whose(by: User, user: User) -> str:
    return "by themselves" if by == user else "by a manager"
