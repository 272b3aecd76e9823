"""Every page in a browser: axe finds nothing on it, and the console is silent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.backends.jinja2 import Template
from django.test import Client, override_settings
from django.utils import timezone

from emr.access.roles import ROLES
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import User
from tests.factories.accounts import ClinicFactory, make_person
from tests.policy.lives import Life, a_life, the_house
from tests.policy.urls import Url, every_url
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers

#: Pages that Django draws, that end the session, or that are a sheet of paper.
NOT_OURS = ("admin:", "account_logout", "ui:gallery_print")
#: The same template looks different by these.
ALSO = ("/schedule/?view=list", "/schedule/?view=print", "/schedule/?columns=rooms")


@pytest.mark.timeout(900)
@pytest.mark.feature("M05")
def test_axe_finds_nothing_on_any_page(committed_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        everyone = make_person(*ROLES, email="everyone@example.org")
    with in_clinic_zone():
        life = a_life(make_person("clinician"), make_person("biller"))
        the_house()
    pages = _a_page_of_each_template(everyone, life, monkeypatch)
    assert len(pages) > 60, "too few pages were found, so this proves little"
    # Where the server of the story keeps files.
    (tmp_path / "media").symlink_to(settings.MEDIA_ROOT)
    with running(tmp_path) as address, browsers(address) as sit_down:
        person = sit_down("everyone")
        person.log_in(everyone.email)
        person.page.wait_for_url(lambda url: "/login/" not in url)
        for template, path in pages.items():
            _visit(person, template, path)
        for path in ALSO:
            _visit(person, path, path)
    assert not person.faults, "\n".join(person.faults)


def _a_page_of_each_template(everyone: User, life: Life, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The template of each page that may be opened, with one address that shows it."""
    client = Client()
    client.force_login(everyone, backend="emr.accounts.backends.LoginBackend")
    drawn: list[str] = []
    render = Template.render

    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        page = render(self, *args, **kwargs)
        drawn.append(str(self.template.name))
        return page

    monkeypatch.setattr(Template, "render", noted)
    found: dict[str, str] = {}
    for url in every_url():
        if url.name.startswith(NOT_OURS):
            continue
        for path in _paths(url, life):
            drawn.clear()
            response = client.get(path)
            # The page is done when everything in it is; a fragment is looked at in its page.
            whole = drawn and not drawn[-1].rpartition("/")[2].startswith("_")
            if response.status_code == 200 and whole and "text/html" in response.headers["Content-Type"]:
                found.setdefault(drawn[-1], path)
                break
    monkeypatch.undo()
    return found


def _paths(url: Url, life: Life) -> Iterator[str]:
    """The URL's addresses: with each of the patient's rows that its arguments may mean."""
    names = [name for name, _ in url.converters if name in life.keys]
    today = {"day": timezone.localdate()}
    for n in range(max((len(life.keys[name]) for name in names), default=1)):
        keys = {name: life.keys[name][n % len(life.keys[name])] for name in names}
        yield url.path(patient_id=life.patient.pk, **today, **keys)


def _visit(person: Person, template: str, path: str) -> None:
    before = len(person.faults)
    person.go(path)
    person.looks(template)
    person.faults[before:] = [f"{template} ({path}): {fault}" for fault in person.faults[before:]]
