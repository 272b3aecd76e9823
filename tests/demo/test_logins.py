"""The printed log-ins open the pages of their roles."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from demo.logins import Login, demo_logins
from emr.access.roles import ROLES
from emr.accounts.models import User


def test_each_role_has_one() -> None:
    assert [login.role for login in demo_logins()] == list(ROLES)


def test_the_table_names_each_with_the_password() -> None:
    out = io.StringIO()
    call_command("demo_logins", stdout=out)
    for login in demo_logins():
        assert login.email in out.getvalue()
        assert ROLES[login.role].label in out.getvalue()
    assert demo_logins()[0].password in out.getvalue()


@pytest.mark.parametrize("login", demo_logins(), ids=lambda login: login.role)
def test_each_logs_in_by_the_form(sample: str, login: Login) -> None:
    client = Client()
    answer = client.post(reverse("account_login"), {"login": login.email, "password": login.password}, follow=True)
    user = User.objects.get(email=login.email)
    assert answer.status_code == 200
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.role_names == {login.role}
    validate_password(login.password, user)
