"""Which outside log-in opens which account is said by the clinic's people, and is on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from emr.accounts.actions.federation import link_identity
from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from emr.shared.errors import DomainError
from tests.emr.accounts.federation.provider import come_back, leave, log_in_there
from tests.factories.accounts import PASSWORD, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A02")]


def links() -> list[tuple[str, str]]:
    return sorted(SocialAccount.objects.values_list("user__email", "uid"))


def events() -> list[tuple[str, str, str]]:
    found = SecurityEvent.objects.filter(kind__startswith="identity_").order_by("id")
    return [(event.kind, str(event.target_user), event.detail) for event in found]


@pytest.fixture
def nina(outside: str) -> User:
    return make_person("nurse", email="nina@riverside.test", first_name="Nina", last_name="Nurse")


def _logged_in(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def test_a_person_links_their_own_account(nina: User) -> None:
    client = _logged_in(nina)
    answer = come_back(client, log_in_there(leave(client, "oidc_link"), "sub-of-nina"))
    assert (answer.status_code, answer["Location"]) == (303, reverse("mfa_index"))
    assert links() == [(nina.email, "sub-of-nina")]
    assert events() == [("identity_linked", "Nina Nurse", "by themselves")]
    client.post(reverse("oidc_unlink"))
    assert links() == []
    assert events()[1:] == [("identity_unlinked", "Nina Nurse", "by themselves")]


def test_nobody_links_who_is_not_logged_in(nina: User) -> None:
    for page in ("oidc_link", "oidc_unlink"):
        assert Client().post(reverse(page))["Location"].startswith(reverse("account_login"))


def test_a_link_is_made_for_who_began_it(nina: User) -> None:
    """Somebody else who logs in meanwhile in the same browser gets nothing."""
    client = _logged_in(nina)
    back = log_in_there(leave(client, "oidc_link"), "sub-of-nina")
    states = client.session["socialaccount_states"]
    client.post(reverse("account_logout"))
    other = make_person("nurse")
    client = _logged_in(other)
    session = client.session
    session["socialaccount_states"] = states
    session.save()
    come_back(client, back)
    assert links() == []


def test_a_subject_opens_one_account(nina: User) -> None:
    manager, other = make_person("manager"), make_person("nurse")
    link_identity(by=manager, user=other, subject="taken")
    with pytest.raises(DomainError, match="opens another person's account"):
        link_identity(by=nina, user=nina, subject="taken")
    assert links() == [(other.email, "taken")]


def test_a_manager_enters_the_subject(outside: str, nina: User, as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    page = reverse("accounts:identity_edit", args=[nina.pk])
    assert manager.post(page, {"subject": "sub-1"}).status_code == 303
    assert manager.post(page, {"subject": "sub-2"}).status_code == 303
    assert links() == [(nina.email, "sub-2")]
    assert manager.post(page, {"subject": ""}).status_code == 303
    assert links() == []
    assert [kind for kind, *_ in events()] == ["identity_linked", "identity_linked", "identity_unlinked"]


def test_who_is_linked_is_told_by_mail(
    outside: str,
    nina: User,
    as_role: Callable[..., Client],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Or a manager could link their own outside account with a colleague's, and sign notes as them unseen."""
    manager = as_role("manager")
    with django_capture_on_commit_callbacks(execute=True):
        manager.post(reverse("accounts:identity_edit", args=[nina.pk]), {"subject": "sub-of-the-manager"})
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([nina.email], "An outside sign-in opens your account")
    ]
    assert f"{manager.user} has linked" in mail.outbox[0].body  # type: ignore[attr-defined]
    assert "sub-of" not in mail.outbox[0].body


def test_a_manager_gets_into_no_superusers_account(outside: str, as_role: Callable[..., Client]) -> None:
    above = make_person("manager", is_superuser=True)
    page = reverse("accounts:identity_edit", args=[above.pk])
    assert "another superuser" in as_role("manager").post(page, {"subject": "mine"}).content.decode()
    assert links() == []
    link_identity(by=above, user=above, subject="theirs")
    assert links() == [(above.email, "theirs")]


def test_a_refusal_stands_beside_the_field(outside: str, nina: User, as_role: Callable[..., Client]) -> None:
    link_identity(by=make_person("manager"), user=make_person("nurse"), subject="taken")
    answer = as_role("manager").post(reverse("accounts:identity_edit", args=[nina.pk]), {"subject": "taken"})
    assert answer.status_code == 200
    assert "opens another person&#39;s account already" in answer.content.decode()


def test_without_a_provider_nothing_is_linked(as_role: Callable[..., Client]) -> None:
    manager, nurse = as_role("manager"), make_person("nurse")
    assert manager.post(reverse("accounts:identity_edit", args=[nurse.pk]), {"subject": "x"}).status_code == 404
    assert manager.post(reverse("oidc_link")).status_code == 404


def test_a_session_without_its_factor_links_nothing(nina: User, settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    assert _logged_in(nina).post(reverse("oidc_link"))["Location"] == reverse("factors_start")
