"""Nobody signs up: a mail brings a link that works once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emr.accounts.actions.invitations import mail_invitation
from emr.accounts.models import Invitation, User
from emr.audit.actor import acting
from emr.audit.models import SecurityEvent
from emr.jobs.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]

CHOSEN = "three green lamps by the river"
SENT = {"first_name": "Ann", "last_name": "O'Hara", "email": "ann@example.org", "roles": ["nurse"]}


def invite(manager: Client) -> Invitation:
    """As the page and its job do it."""
    assert manager.post(reverse("accounts:people_add"), SENT).status_code == 303
    invitation = Invitation.objects.get()
    deliver()
    return invitation


def deliver() -> None:
    """Run the newest job that mails."""
    job = Job.objects.filter(name="accounts.send_invitation").latest("id")
    mail_invitation(by=job.created_by, invitation_id=job.payload["invitation"], link_base=job.payload["base"])


def link() -> str:
    """The path in the newest mail."""
    found = re.search(r"http://testserver(/people/invitation/\S+)", mail.outbox[-1].body)
    assert found
    return found.group(1)


def test_from_the_mail_to_the_first_page(as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    invitation = invite(manager)
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]
    assert "Ann O'Hara" in message.body
    assert "O'Hara" in manager.get(reverse("accounts:people_list")).content.decode().replace("&#39;", "'")
    key = link().rsplit("/", 2)[1]
    invitation.refresh_from_db()
    assert key not in invitation.token_hash
    new = Client()
    assert "ann@example.org" in new.get(link()).content.decode()
    weak = new.post(link(), {"password1": "short", "password2": "short"}).content.decode()
    assert "at least 12" in weak
    assert "differ" in new.post(link(), {"password1": CHOSEN, "password2": CHOSEN + "x"}).content.decode()
    assert new.post(link(), {"password1": CHOSEN, "password2": CHOSEN}).status_code == 303
    again = new.post(link(), {"password1": CHOSEN + "2", "password2": CHOSEN + "2"})
    assert (again.status_code, "no longer works" in again.content.decode()) == (404, True)
    assert new.post(reverse("account_login"), {"login": "ann@example.org", "password": CHOSEN}).status_code == 302
    user = User.objects.get(email="ann@example.org")
    kinds = SecurityEvent.objects.filter(target_user=user).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["role_changed", "invited", "invitation_accepted"]


def test_nobody_logs_in_before(as_role: Callable[..., Client]) -> None:
    invite(as_role("manager"))
    for password in ("", "!", CHOSEN):
        Client().post(reverse("account_login"), {"login": "ann@example.org", "password": password})
    assert not SecurityEvent.objects.filter(kind="login", user__email="ann@example.org").exists()


def test_a_link_grows_old_and_a_new_one_ends_it(as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    invitation = invite(manager)
    first = link()
    with acting(manager.user):  # type: ignore[attr-defined]
        invitation.expires_at = timezone.now() - timedelta(minutes=1)
        invitation.save(update_fields=["expires_at"])
    assert Client().get(first).status_code == 404
    assert "Too old" in manager.get(reverse("accounts:people_list")).content.decode()
    manager.post(reverse("accounts:invitations_send", args=[invitation.user_id]))
    assert Client().get(first).status_code == 404
    deliver()
    assert (Client().get(first).status_code, Client().get(link()).status_code) == (404, 200)


def test_a_forgotten_password_is_no_way_round_a_link_that_is_too_old(as_role: Callable[..., Client]) -> None:
    """Within its days it is: then the mail reaches who was invited, by whichever link."""
    invitation = invite(as_role("manager"))

    def forget() -> list[str]:
        before = len(mail.outbox)
        Client().post(reverse("account_reset_password"), {"email": "ann@example.org"})
        return re.findall(r"/accounts/password/reset/key/\S+", "".join(str(one.body) for one in mail.outbox[before:]))

    assert len(forget()) == 1
    with acting(invitation.invited_by):
        invitation.expires_at = timezone.now() - timedelta(minutes=1)
        invitation.save(update_fields=["expires_at"])
    assert forget() == []


def test_it_is_taken_back(as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    invitation = invite(manager)
    manager.post(reverse("accounts:invitations_withdraw", args=[invitation.user_id]))
    assert Client().post(link(), {"password1": CHOSEN, "password2": CHOSEN}).status_code == 404
    invitation.refresh_from_db()
    assert (invitation.withdrawn_by, invitation.user.is_active) == (manager.user, False)  # type: ignore[attr-defined]
    again = manager.post(reverse("accounts:invitations_withdraw", args=[invitation.user_id]), follow=True)
    assert "has no invitation that waits" in again.content.decode()


@pytest.mark.parametrize("key", ["x", "0" * 43, "%00", "a" * 500])
def test_a_guessed_link_tells_nothing(key: str) -> None:
    assert Client().get(f"/people/invitation/{key}/").status_code == 404


def printed(email: str, *more: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("invitation_link", email, *more, stdout=out)
    return out.getvalue().strip()


def test_without_mail_the_server_prints_a_link(as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    invitation = invite(manager)
    mailed = link()
    first, second = (printed("ANN@example.org", "--host", "testserver") for _ in range(2))
    assert re.fullmatch(r"https?://testserver/people/invitation/[\w-]{43}/", second)
    assert [Client().get(path).status_code for path in (mailed, first, second)] == [404, 404, 200]
    invitation.refresh_from_db()
    assert second.rsplit("/", 2)[1] not in invitation.token_hash
    path = second.partition("testserver")[2]
    assert Client().post(path, {"password1": CHOSEN, "password2": CHOSEN}).status_code == 303
    assert Client().get(path).status_code == 404
    events = SecurityEvent.objects.filter(target_user=invitation.user, detail="Link printed on the server")
    assert [(event.kind, event.user) for event in events] == [("invited", manager.user)] * 2  # type: ignore[attr-defined]
    for nobody in ("ann@example.org", "nobody@example.org"):
        with pytest.raises(CommandError, match="Nobody with this e-mail"):
            printed(nobody)


def test_a_link_that_grew_old_is_printed_anew(as_role: Callable[..., Client]) -> None:
    invitation = invite(as_role("manager"))
    with acting(invitation.invited_by):
        invitation.expires_at = timezone.now() - timedelta(days=1)
        invitation.save(update_fields=["expires_at"])
    assert Client().get(printed("ann@example.org", "--host", "testserver")).status_code == 200
