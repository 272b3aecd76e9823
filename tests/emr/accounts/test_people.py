"""Staff accounts, roles, practitioners."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from emr.accounts.actions.people import add_person, save_practitioner, set_roles, update_person
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting, service_user
from emr.audit.models import LogEntry, SecurityEvent
from emr.jobs import enqueue
from emr.jobs.execute import execute
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


@pytest.mark.feature("A09")
def test_a_deactivated_person_is_out_at_once_and_still_named(person: Callable[..., User]) -> None:
    manager, nurse = person("manager"), person("nurse", first_name="Ann", last_name="Lee")
    client = Client()
    client.force_login(nurse, backend="emr.accounts.backends.LoginBackend")
    assert client.get(reverse("jobs:jobs_list")).status_code == 200
    update_person(by=manager, user=nurse, first_name="Ann", last_name="Lee", roles=["nurse"], is_active=False)
    assert client.get(reverse("jobs:jobs_list")).status_code == 302
    assert str(User.objects.get(pk=nurse.pk)) == "Ann Lee"


@pytest.mark.feature("A09")
def test_deactivating_is_on_record_and_its_jobs_stop(person: Callable[..., User]) -> None:
    manager, nurse = person("manager"), person("nurse")
    job = enqueue("jobs.prune", key="a-test", by=nurse)
    update_person(by=manager, user=nurse, first_name="A", last_name="B", roles=["nurse"], is_active=False)
    execute(job.pk)
    job.refresh_from_db()
    assert (job.status, "deactivated meanwhile" in job.error) == ("failed", True)
    service = enqueue("jobs.prune", key="a-service", by=service_user("jobs"))
    execute(service.pk)
    service.refresh_from_db()
    assert service.status == "succeeded"
    event = SecurityEvent.objects.get(kind="deactivated")
    assert (event.user, event.target_user) == (manager, nurse)


@pytest.mark.feature("A09")
def test_an_account_is_never_deleted(person: Callable[..., User]) -> None:
    """The app's role may not delete; and rows that name a person keep the database from it, whoever asks."""
    nurse = person("nurse")
    for statement in ("DELETE FROM accounts_user WHERE id = %s", "TRUNCATE accounts_user CASCADE"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [nurse.pk] if "%s" in statement else None)
    with pytest.raises(DatabaseError), transaction.atomic(), acting(nurse):
        nurse.delete()


@pytest.mark.feature("A01")
def test_nobody_gives_themselves_roles(person: Callable[..., User], as_role: Callable[..., Client]) -> None:
    client = as_role("manager")
    manager = client.user  # type: ignore[attr-defined]
    sent = {"first_name": "A", "last_name": "B", "roles": ["manager", "clinician"], "is_active": "on"}
    page = client.post(reverse("accounts:people_edit", args=[manager.pk]), sent)
    assert (page.status_code, "your own roles" in page.content.decode()) == (422, True)
    assert User.objects.get(pk=manager.pk).role_names == {"manager"}
    first = User.objects.create_superuser("first@example.org", PASSWORD)
    set_roles(by=first, user=first, roles=["manager", "clinician"])
    assert User.objects.get(pk=first.pk).role_names == {"manager", "clinician"}


@pytest.mark.feature("A01")
def test_the_last_manager_stays(person: Callable[..., User]) -> None:
    first, second = person("manager"), person("manager")
    named = {"first_name": "A", "last_name": "B"}
    set_roles(by=first, user=second, roles=["nurse"])
    with pytest.raises(DomainError, match="only manager"):
        set_roles(by=second, user=first, roles=["nurse"])
    with pytest.raises(DomainError, match="only manager"):
        update_person(by=second, user=first, **named, roles=["manager"], is_active=False)
    set_roles(by=first, user=second, roles=["nurse", "manager"])
    update_person(by=second, user=first, **named, roles=["manager"], is_active=False)
    assert not User.objects.get(pk=first.pk).is_active
    event = SecurityEvent.objects.filter(kind="role_changed", target_user=second).latest("id")
    assert (event.user, event.detail) == (first, "+manager")


@pytest.mark.feature("A09")
@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("elevenchars", False),
        ("password1234", False),
        ("twelve chars", True),
        ("aaaaaaaaaaaaaaaaaaaa bbbb", True),
        ("ünïcödé 漢字 wörds", True),
        ("w" * 127 + "!", True),
        ("w" * 128 + "!", False),
    ],
)
def test_a_password_is_long_and_uncommon_and_may_be_anything_else(
    password: str, taken: bool, as_role: Callable[..., Client]
) -> None:
    client = as_role("nurse")
    form = client.get(reverse("account_change_password")).content.decode()
    assert "maxlength" not in form
    sent = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post(reverse("account_change_password"), sent).status_code == (302 if taken else 200)
    user = User.objects.get(pk=client.user.pk)  # type: ignore[attr-defined]
    assert user.check_password(password) is taken


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


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_people_costs_the_same_for_any_number(
    count: int, as_role: Callable[..., Client], person: Callable[..., User], django_assert_num_queries: object
) -> None:
    client = as_role("manager")
    for _ in range(count):
        person("nurse", "front_desk")
    client.get(reverse("accounts:people_list"))
    with django_assert_num_queries(9):  # type: ignore[operator]
        assert client.get(reverse("accounts:people_list")).status_code == 200
