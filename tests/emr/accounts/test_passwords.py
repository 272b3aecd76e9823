"""Words that everybody here would try first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from tests.emr.accounts.test_clinic import DATA
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("Chartroom-2026", False),
        ("chartroom chartroom", False),
        ("NurseNurseNurse!", False),
        ("Front Desk 12345", False),
        ("Welcome Clinic 1", False),
        ("Cedar Hollow 2026!", False),
        ("cedar cedar hollow", False),
        ("chartroom marble otter", True),
        ("cedar marble otter", True),
        ("marble otter swims", True),
    ],
)
def test_words_of_the_house_make_no_password(password: str, taken: bool, as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    manager.post(reverse("accounts:clinic_edit"), {**DATA, "name": "Cedar Hollow Family Practice"})
    codes: list[str] = []
    try:
        validate_password(password, manager.user)  # type: ignore[attr-defined]
    except ValidationError as error:
        codes = [str(found.code) for found in error.error_list]
    assert codes == ([] if taken else ["password_of_house_words"])


def test_the_rules_are_told_as_a_list_and_not_as_its_marks(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("account_change_password")).content.decode()
    assert "<li>Your password must contain at least 12 characters.</li>" in page
    assert "&lt;li" not in page
