"""The matrix of rights, as a page and as a file, says what the doors do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from emr.access.matrix import page_lines, pages, rights_lines, roles
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]


def test_every_page_and_every_right_stands_in_it() -> None:
    assert [page.name for page in pages()] == sorted(url.name for url in every_url())
    assert {line.detail for line in rights_lines()} == {right.value for right in Permission}


def test_it_says_of_each_role_what_its_door_does(as_role: Callable[..., Client]) -> None:
    """Pages without a key in their address: refused by 403 where the matrix says no, and only there."""
    plain = {url.name: url for url in every_url() if not url.converters and url.door and url.door.kind == "staff"}
    said = dict(zip([page.name for page in pages()], page_lines(), strict=True))
    for number, role in enumerate(roles()):
        client = as_role(role.name)
        opened = {name: client.get(url.path()).status_code for name, url in plain.items()}
        wrong = [name for name, code in opened.items() if code != 405 and (code == 403) is said[name].may[number]]
        assert wrong == [], role.name


def test_the_file_says_the_same_as_the_page(as_role: Callable[..., Client]) -> None:
    client = as_role("manager")
    sent = b"".join(client.get(reverse("access:matrix_csv") + "?by=rights"))  # type: ignore[arg-type]
    rows = list(csv.reader(io.StringIO(sent.decode("utf-8-sig"))))
    assert rows[0][3:] == [role.label for role in roles()]
    assert [[*row] for row in rows[1:]] == [line.cells() for line in rights_lines()]


def test_it_is_narrowed_by_role_and_words(as_role: Callable[..., Client]) -> None:
    client = as_role("privacy_officer")
    text = client.get(reverse("access:matrix") + "?by=pages&role=biller&q=claims").content.decode()
    assert "/claims/" in text
    assert "/audit/" not in text.split("<tbody>")[1]
    assert "Nothing fits" in client.get(reverse("access:matrix") + "?q=zzzz").content.decode()


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"manager", "privacy_officer"}))
def test_it_is_for_those_who_answer_for_rights(role: str, as_role: Callable[..., Client]) -> None:
    assert as_role(role).get(reverse("access:matrix")).status_code == 403
