"""Second factors and log-in by an outside provider in a real browser, with the browser's own passkeys."""

from __future__ import annotations

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings
from playwright.sync_api import CDPSession, Page, expect

from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from tests.emr.accounts.federation import provider
from tests.emr.jobs.machinery import free_port
from tests.factories.accounts import PASSWORD, ClinicFactory, make_person
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers

_CALLBACK = "/accounts/oidc/callback/"


@pytest.mark.timeout(240)
@pytest.mark.feature("A02")
def test_a_person_sets_up_and_uses_passkeys(committed_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    for name, value in {
        "MFA_REQUIRED": "1",
        "OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "OIDC_CLIENT_ID": provider.CLIENT_ID,
        "OIDC_CLIENT_SECRET": provider.CLIENT_SECRET,
        "OIDC_NAME": "Riverside ID",
    }.items():
        monkeypatch.setenv(name, value)
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):
        ruth = make_person("nurse", "manager", email="ruth@riverside.test", first_name="Ruth", last_name="Nurse")
    with running(tmp_path) as bound:
        # A passkey belongs to a name: an address of numbers has none.
        address = bound.replace("127.0.0.1", "localhost")
        with provider.running(tmp_path, address + _CALLBACK, port), browsers(address) as sit_down:
            person = sit_down("ruth")
            keys = _virtual_keys(person.page)
            _enrols(person)
            _signs_in_by_passkey(person)
            _is_asked_for_the_passkey_after_the_password(person)
            _an_unverified_passkey_is_refused(person, keys)
            _manages(person)
            _links_and_signs_in_outside(person)
            faults = person.faults
    # The console tells of the provider's missing icon, and of our answer to the stranger.
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []
    _is_on_record(ruth)


def _virtual_keys(page: Page) -> tuple[CDPSession, str]:
    """The browser's own authenticator, which verifies its user."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def _enrols(person: Person) -> None:
    page = person.page
    person.go("/accounts/login/")
    person.looks("sign-in")
    person.log_in("ruth@riverside.test")
    expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    person.looks("start")
    page.get_by_role("link", name="Use an authenticator app").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_alt_text("Code to scan")).to_be_visible()
    person.looks("app")
    person.go("/accounts/2fa/webauthn/add/")
    person.looks("add-passkey")
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    person.looks("recovery-codes")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    shown = page.locator("[data-codes] code").all_inner_texts()
    assert [line for line in saved.value.path().read_text().splitlines() if line.isdigit()] == shown
    assert len(shown) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("main")).not_to_contain_text("second step")


def _sign_out(person: Person) -> None:
    person.go("/accounts/logout/")
    person.page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(person.page.get_by_role("heading", name="Sign in")).to_be_visible()


def _signs_in_by_passkey(person: Person) -> None:
    _sign_out(person)
    person.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(person.page.get_by_role("navigation").first).to_be_visible()
    person.go("/accounts/2fa/")
    person.looks("security")


def _is_asked_for_the_passkey_after_the_password(person: Person) -> None:
    _sign_out(person)
    person.log_in("ruth@riverside.test")
    expect(person.page.get_by_role("heading", name="One more step")).to_be_visible()
    person.looks("second-step")
    person.page.get_by_role("button", name="Use a passkey").click()
    expect(person.page.get_by_role("navigation").first).to_be_visible()


def _an_unverified_passkey_is_refused(person: Person, keys: tuple[CDPSession, str]) -> None:
    """By the browser, which is asked to verify; and by the server, when the browser is told not to."""
    page, (session, key) = person.page, keys
    _sign_out(person)
    person.log_in("ruth@riverside.test")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="No passkey was used")).to_be_visible()
    page.locator("form[data-passkey]").evaluate(
        """form => {
            const options = JSON.parse(form.dataset.options);
            options.publicKey.userVerification = "discouraged";
            form.dataset.options = JSON.stringify(options);
        }"""
    )
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Use a passkey").click()
    assert sent.value.status == 200
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("This is not right")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("navigation").first).to_be_visible()


def _manages(person: Person) -> None:
    page = person.page
    person.go("/accounts/2fa/webauthn/")
    person.looks("passkeys")
    page.get_by_role("link", name="Rename").click()
    if page.get_by_role("heading", name="Confirm it is you").is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    person.looks("rename")
    page.get_by_label("Name").fill("Green key")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Green key")).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    person.looks("remove")
    person.go("/people/clinic/factors/")
    person.looks("roles")
    person.go(f"/people/{User.objects.get(email='ruth@riverside.test').pk}/factors/")
    person.looks("how-they-sign-in")


def _links_and_signs_in_outside(person: Person) -> None:
    page = person.page
    person.go("/accounts/2fa/")
    page.get_by_role("button", name="Link", exact=True).click()
    _log_in_there(page)
    expect(page.get_by_text("You may sign in by Riverside ID now.")).to_be_visible()
    _sign_out(person)
    page.get_by_role("button", name="Sign in by Riverside ID").click()
    _log_in_there(page, amr="mfa")
    expect(page.get_by_role("navigation").first).to_be_visible()
    _sign_out(person)
    page.get_by_role("button", name="Sign in by Riverside ID").click()
    _log_in_there(page, sub="a stranger")
    expect(page.get_by_role("heading", name="That account opens nothing here")).to_be_visible()
    person.looks("not-linked")


def _log_in_there(page: Page, *, sub: str = "ruth", amr: str = "") -> None:
    page.get_by_label("Subject").fill(sub)
    page.get_by_label("amr").fill(amr)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: url.startswith("http://localhost:"))
    # The provider asks anew the next time.
    page.context.clear_cookies(domain="127.0.0.1")


def _is_on_record(ruth: User) -> None:
    assert [factor.wrap().name for factor in Authenticator.objects.filter(user=ruth, type="webauthn")] == ["Green key"]
    events = SecurityEvent.objects.filter(target_user=ruth).order_by("id").values_list("kind", "detail")
    told = [f"{kind} {detail}" for kind, detail in events if kind.startswith(("mfa_", "identity_"))]
    assert told == [
        "mfa_added webauthn",
        "mfa_added recovery_codes",
        "mfa_failed webauthn",
        "identity_linked by themselves",
    ]
