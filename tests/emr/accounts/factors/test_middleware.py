"""Nothing before the second factor, whatever is asked and however."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from emr.access.roles import ROLES
from emr.accounts.actions.clinic import exempt_roles
from emr.accounts.factors.middleware import ENROLMENT, OPEN, PROOF
from emr.accounts.models import User
from tests.emr.accounts.factors.apps import enrol_app, recovery_codes
from tests.factories.accounts import PASSWORD, ClinicFactory, make_person
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A02")]


@pytest.fixture(autouse=True)
def _asked(settings: Settings) -> None:
    settings.MFA_REQUIRED = True


def log_in(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize("enrolled", [False, True], ids=["without-a-factor", "without-having-shown-it"])
def test_every_url_sends_to_the_second_factor(enrolled: bool) -> None:
    """Pages, downloads, fragments, forms, the log-in library's own pages: all but the list."""
    user = make_person(*ROLES)
    client = log_in(user)
    if enrolled:
        enrol_app(user)
    reachable = OPEN | (PROOF if enrolled else ENROLMENT)
    to = reverse("mfa_reauthenticate" if enrolled else "factors_start")
    walked = 0
    for url in every_url():
        if url.name in reachable:
            continue
        for method in (client.get, client.post):
            answer = method(url.path())
            assert answer.status_code == 303, f"{url.name} answers {answer.status_code}"
            assert answer["Location"].split("?")[0] == to, url.name
            walked += 1
    assert walked > 200


def test_the_reachable_pages_are_the_projects() -> None:
    """A name that was changed would shut people out, or open a page unawares."""
    assert {url.name for url in every_url()} >= OPEN | ENROLMENT | PROOF


def test_what_is_reachable_shows_no_record() -> None:
    client = log_in(make_person("nurse"))
    for name in sorted(ENROLMENT - {"account_logout"}):
        html = client.get(reverse(name), follow=True).content.decode()
        assert 'class="gate"' in html, f"{name} has the frame of the inside"


def test_a_script_gets_an_answer_of_its_own_kind() -> None:
    client = log_in(make_person("nurse"))
    fragment = client.post(reverse("clinic:patients_search"), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"], fragment.content) == (401, reverse("factors_start"), b"")
    data = client.get(reverse("ui:home"), headers={"Accept": "application/json"})
    assert (data.status_code, data.json()["url"]) == (401, reverse("factors_start"))


def test_a_password_adds_no_factor_to_an_account_that_has_one() -> None:
    """Else a stolen password would do: add one's own passkey, then log in by it."""
    user = make_person("nurse")
    client = log_in(user)
    enrol_app(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    for name in ("mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        assert client.get(reverse(name))["Location"].split("?")[0] == reverse("mfa_reauthenticate")


def test_showing_the_factor_opens_the_session_and_leads_back() -> None:
    user = make_person("nurse")
    client = log_in(user)
    app = enrol_app(user)
    asked = client.get(reverse("clinic:patients_search"))["Location"]
    answer = client.post(asked, {"code": app.code(), "next": reverse("clinic:patients_search")})
    assert answer["Location"] == reverse("clinic:patients_search")
    assert client.get(reverse("clinic:patients_search")).status_code == 200


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_log_in_with_the_factor_is_let_in(kind: str) -> None:
    user = make_person("nurse")
    app, codes = enrol_app(user), recovery_codes(user)
    client = log_in(user)
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": app.code() if kind == "app" else codes[0]})
    assert client.get(reverse("clinic:patients_search")).status_code == 200


@pytest.mark.parametrize(
    ("roles", "exempt", "needed"),
    [
        (("nurse",), (), True),
        (("nurse",), ("nurse",), False),
        (("nurse", "manager"), ("nurse",), True),
        (("nurse", "manager"), ("nurse", "manager"), False),
        ((), ("nurse",), True),
    ],
)
def test_the_clinic_says_which_roles_need_one(roles: tuple[str, ...], exempt: tuple[str, ...], needed: bool) -> None:
    ClinicFactory()
    exempt_roles(by=make_person("manager"), roles=exempt)
    answer = log_in(make_person(*roles)).get(reverse("mfa_index"))
    assert answer.status_code == (303 if needed else 200)


def test_an_administrator_always_needs_one() -> None:
    ClinicFactory()
    exempt_roles(by=make_person("manager"), roles=ROLES)
    assert log_in(make_person("manager", is_staff=True)).get(reverse("mfa_index")).status_code == 303


def test_a_manager_exempts_a_role(settings: Settings, as_role: Callable[..., Client]) -> None:
    settings.MFA_REQUIRED = False
    clinic = ClinicFactory()
    client = as_role("manager")
    assert client.post(reverse("accounts:factors_roles"), {"roles": ["biller"]}).status_code == 303
    clinic.refresh_from_db()
    assert clinic.factor_exempt_roles == ["biller"]
    assert client.post(reverse("accounts:factors_roles"), {"roles": ["nobody"]}).status_code == 200
    client.post(reverse("accounts:factors_roles"), {})
    clinic.refresh_from_db()
    assert clinic.factor_exempt_roles == []


def test_the_switch_is_on_unless_it_is_the_demo(settings: Settings) -> None:
    settings.MFA_REQUIRED = False
    assert "No second factor is asked for" in Client().get(reverse("account_login")).content.decode()
    settings.MFA_REQUIRED = True
    assert "No second factor is asked for" not in Client().get(reverse("account_login")).content.decode()
