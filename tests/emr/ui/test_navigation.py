"""The rail: everything in it exists, and each role sees what it may open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from emr.access.roles import ROLES
from emr.ui import navigation


@pytest.mark.parametrize("item", list(navigation.all_items()), ids=lambda item: item.url_name)
def test_every_entry_leads_somewhere(item: navigation.Item) -> None:
    assert navigation.path_of(item), f"{item.url_name} does not exist"


def test_shortcuts_are_unique() -> None:
    keys = [item.shortcut for item in navigation.all_items() if item.shortcut]
    assert len(keys) == len(set(keys))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_just_what_it_may_open(role: str, as_role: Callable[..., Client]) -> None:
    html = as_role(role).get(reverse("ui:gallery")).content.decode()
    for item in navigation.all_items():
        shown = f'data-shortcut="{item.shortcut}"' in html
        allowed = item.permission in ROLES[role].permissions
        assert shown is (allowed and navigation.path_of(item) is not None), item.label


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_home_leads_to_the_first_entry(role: str, as_role: Callable[..., Client]) -> None:
    client = as_role(role)
    response = client.get(reverse("ui:home"), follow=True)
    assert response.status_code == 200
    assert response.redirect_chain
