"""Staff accounts, roles, practitioners."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.actions.people import add_person, save_practitioner, set_roles, update_person
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting, service_user
from emr.audit.models import LogEntry
from emr.shared.errors import DomainError
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_fresh_install_has_nobody() -> None:
    assert User.objects.count() == 0


def test_somebody_invited_logs_in_by_email_in_any_case(person: Callable[..., User]) -> None:
    manager = person("manager")
    add_person(
        by=manager, email="Ann@Example.org", first_name="Ann", last_name="Lee", roles=["nurse"], password=PASSWORD
    )
    client = Client()
    response = client.post(reverse("account_login"), {"login": "ANN@example.ORG", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get(reverse("accounts:people_list")).status_code == 403
    assert client.get(reverse("jobs:jobs_list")).status_code == 200


def test_nobody_signs_up() -> None:
    response = Client().post(
        reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert response.status_code in {200, 302, 403}
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_email_is_taken_once_whatever_its_case(person: Callable[..., User]) -> None:
    manager = person("manager", email="boss@example.org")
    with pytest.raises(DomainError, match="has an account already"):
        add_person(by=manager, email="BOSS@example.org", first_name="A", last_name="B", roles=[])
    with pytest.raises(IntegrityError), transaction.atomic(), acting(manager):
        User.objects.create(email="BOSS@EXAMPLE.ORG")


def test_a_role_is_in_force_at_the_next_request_and_on_record(person: Callable[..., User]) -> None:
    manager, nurse = person("manager"), person("nurse")
    client = Client()
    client.force_login(nurse, backend="emr.accounts.backends.LoginBackend")
    assert client.get(reverse("accounts:people_list")).status_code == 403
    set_roles(by=manager, user=nurse, roles=["manager"])
    assert client.get(reverse("accounts:people_list")).status_code == 200
    entries = LogEntry.objects.filter(object_pk=nurse.pk, changes__has_key="groups", actor=manager)
    assert {(e.changes["groups"]["operation"], *e.changes["groups"]["objects"]) for e in entries} == {
        ("add", "manager"),
        ("delete", "nurse"),
    }


def test_a_deactivated_person_is_out_at_once_and_still_named(person: Callable[..., User]) -> None:
    manager, nurse = person("manager"), person("nurse", first_name="Ann", last_name="Lee")
    client = Client()
    client.force_login(nurse, backend="emr.accounts.backends.LoginBackend")
    assert client.get(reverse("jobs:jobs_list")).status_code == 200
    update_person(by=manager, user=nurse, first_name="Ann", last_name="Lee", roles=["nurse"], is_active=False)
    assert client.get(reverse("jobs:jobs_list")).status_code == 302
    assert str(User.objects.get(pk=nurse.pk)) == "Ann Lee"


def test_nobody_shuts_themselves_out(person: Callable[..., User]) -> None:
    manager = person("manager")
    with pytest.raises(DomainError, match="your own account"):
        update_person(by=manager, user=manager, first_name="A", last_name="B", roles=["manager"], is_active=False)


def test_an_npi_has_a_check_digit_and_one_owner(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    client, first, second = as_role("manager"), person("clinician"), person("clinician")
    sent = {"family_name": "Okafor", "given_name": "Amara", "credentials": "MD", "active": "on", "bookable": "on"}
    wrong = client.post(reverse("accounts:practitioners_edit", args=[first.pk]), {**sent, "npi": "1234567890"})
    assert "not a valid NPI" in wrong.content.decode()
    client.post(reverse("accounts:practitioners_edit", args=[first.pk]), {**sent, "npi": "1234567893"})
    assert Practitioner.objects.get(user=first).npi == "1234567893"
    with pytest.raises(DomainError, match="belongs to another"):
        save_practitioner(by=client.user, practitioner=second.practitioner, npi="1234567893")  # type: ignore[attr-defined]


def test_a_service_acts_under_its_name_and_cannot_log_in() -> None:
    service = service_user("import")
    assert service_user("import") == service
    assert (service.is_active, service.is_service, service.has_usable_password()) == (False, True, False)


def test_roles_are_read_on_one_page(as_role: Callable[..., Client]) -> None:
    page = as_role("privacy_officer").get(reverse("accounts:roles_list")).content.decode()
    for role in ROLES.values():
        assert role.label in page
    for permission in Permission:
        assert permission.value in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_people_costs_the_same_for_any_number(
    count: int, as_role: Callable[..., Client], person: Callable[..., User], django_assert_num_queries: object
) -> None:
    client = as_role("manager")
    for _ in range(count):
        person("nurse", "front_desk")
    client.get(reverse("accounts:people_list"))
    with django_assert_num_queries(8):  # type: ignore[operator]
        assert client.get(reverse("accounts:people_list")).status_code == 200
