"""Invitations: a link, mailed once, with which somebody new sets a password.

The mail is sent by a job, which makes the link: until then nobody knows it, and a mail server that is away keeps no
page waiting. Sending again makes a new link and ends the old one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from emr.accounts import tries
from emr.accounts.actions.people import add_person
from emr.accounts.models import Invitation, User
from emr.accounts.queries.invitations import open_invitation
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.jobs.queue import enqueue
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

JOB = "accounts.send_invitation"


@action
def invite_person(
    *, by: User, email: str, first_name: str, last_name: str, roles: Collection[str], link_base: str
) -> Invitation:
    """An account with its roles, and a mail to its owner. ``link_base`` is the address that a key is appended to.

    Raises DomainError as :func:`emr.accounts.actions.people.add_person` does.
    """
    user = add_person(by=by, email=email, first_name=first_name, last_name=last_name, roles=roles)
    now = timezone.now()
    invitation = Invitation.objects.create(
        user=user, invited_at=now, invited_by=by, expires_at=now + settings.INVITATION_LIFE
    )
    _send(invitation, by, link_base)
    return invitation


@action
def resend_invitation(*, by: User, user: User, link_base: str) -> Invitation:
    """Mail a new link, good for the full time; the old one ends. Raises DomainError when none is open."""
    invitation = _open(user)
    invitation.invited_at, invitation.invited_by = timezone.now(), by
    invitation.expires_at = invitation.invited_at + settings.INVITATION_LIFE
    invitation.token_hash = ""
    invitation.save(update_fields=["invited_at", "invited_by", "expires_at", "token_hash"])
    _send(invitation, by, link_base)
    return invitation


@action
def withdraw_invitation(*, by: User, user: User) -> Invitation:
    """Take an invitation back: its link ends, and the account is deactivated. Raises DomainError when none is open."""
    invitation = _open(user)
    invitation.withdrawn_at, invitation.withdrawn_by = timezone.now(), by
    invitation.save(update_fields=["withdrawn_at", "withdrawn_by"])
    user.is_active = False
    user.save(update_fields=["is_active"])
    record_security_event(SecurityKind.INVITATION_WITHDRAWN, target=user)
    return invitation


@action
def mail_invitation(*, by: User, invitation_id: UUID, link_base: str) -> None:
    """Make the link and mail it. Raises DomainError when the invitation is no longer open."""
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("user").get(pk=invitation_id)
    if invitation.accepted_at or invitation.withdrawn_at:
        raise DomainError("The invitation was accepted or taken back before its mail was sent.")
    link = _new_link(invitation, link_base)
    context = {"person": invitation.user, "link": link, "until": invitation.expires_at, "by": by}
    text = render_to_string("accounts/invitations/mail.txt", context)
    send_mail("Your account at the clinic", text, settings.DEFAULT_FROM_EMAIL, [invitation.user.email])


@action
def hand_over_invitation(*, by: User, user: User, link_base: str) -> str:
    """A new link, good for the full time, to hand over in person where no mail is sent; the old one ends.

    Raises DomainError when no invitation is open, or its account is closed.
    """
    invitation = _open(user)
    if not user.is_active:
        raise DomainError(f"The account of {user} is closed.")
    invitation.expires_at = timezone.now() + settings.INVITATION_LIFE
    invitation.save(update_fields=["expires_at"])
    record_security_event(SecurityKind.INVITED, target=user, detail="Link printed on the server")
    return _new_link(invitation, link_base)


@action
def accept_invitation(*, by: User, invitation: Invitation, password: str) -> User:
    """Set the invited person's password; the link ends. ``by`` is the invited person, who acts for themselves.

    Raises DomainError when the invitation was used, withdrawn or ran out meanwhile.
    """
    row = Invitation.objects.select_for_update(of=("self",)).select_related("user").get(pk=invitation.pk)
    if row.accepted_at or row.withdrawn_at or row.expires_at <= timezone.now() or not row.user.is_active:
        raise DomainError("This link no longer works. Ask the clinic's manager for a new one.")
    user = row.user
    user.set_password(password)
    user.save(update_fields=["password"])
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    EmailAddress.objects.filter(user=user).update(verified=True)
    tries.forget_passwords(user)
    record_security_event(SecurityKind.INVITATION_ACCEPTED, user=user, target=user)
    return user


@action
def note_own_password(*, by: User) -> None:
    """Somebody invited has set a password by "Forgot your password?" instead: the invitation is accepted so."""
    invitation = open_invitation(by)
    if invitation is not None:
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])


def digest(token: str) -> str:
    """What is kept of a link's key, which is long and random: SHA-256, in hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _open(user: User) -> Invitation:
    invitation = open_invitation(user, lock=True)
    if invitation is None:
        raise DomainError(f"{user} has no invitation that waits.")
    return invitation


def _new_link(invitation: Invitation, link_base: str) -> str:
    token = secrets.token_urlsafe(32)
    invitation.token_hash = digest(token)
    invitation.save(update_fields=["token_hash"])
    return f"{link_base}{token}/"


def _send(invitation: Invitation, by: User, link_base: str) -> None:
    payload = {"invitation": str(invitation.pk), "base": link_base}
    enqueue(JOB, key=f"invitation:{invitation.pk}:{uuid7()}", by=by, payload=payload)
    record_security_event(SecurityKind.INVITED, target=invitation.user)
