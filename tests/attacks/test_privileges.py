"""Rights that one gives oneself: fields that no form asked for, one's own role, others' exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.db import models
from django.db.models import CompositePrimaryKey
from django.test import Client
from django.urls import resolve, reverse

from clinic.models import Patient
from emr.access.roles import ROLES
from emr.accounts.models import User
from tests.attacks.fingerprint import changed, fingerprint
from tests.attacks.html_forms import Page, send
from tests.attacks.registry import Town
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("escalation")]

#: What no form may set by being sent it.
GUARDED = ("id", "patient", "created_by", "created_at", "author", "signed_at", "signed_by", "is_staff", "is_superuser")
GUARDED_ACCOUNT = ("is_superuser", "is_active", "email", "password")
#: A button that signs is there to be pressed, and fills the signature.
BUTTONS = r"logout|/(orders|prescriptions|letters)/[^/]+/sign/$"
#: So often a form of the same fields is sent to the same view.
TIMES = 3


def _smuggled(client: Client, town: Town) -> dict[str, Any]:
    """A hostile value for every field of every model of ours, under its own name and as a key."""
    other = town.foreign["another"].patient.pk
    found: dict[str, Any] = {
        "groups": "1",
        "user_permissions": "1",
        "is_staff": "on",
        "is_superuser": "on",
        "pk": other,
    }
    for model in _models():
        for column in model._meta.fields:
            value = _value(column, other, client.user)
            found[column.name] = value
            found[column.attname] = value
    return found


def _value(column: models.Field[Any, Any], other: Any, user: User) -> str:
    if isinstance(column, models.ForeignKey):
        return str(other if column.related_model is Patient else user.pk)
    if isinstance(column, models.BooleanField):
        return "on"
    if isinstance(column, models.DateTimeField):
        return "2020-01-01T00:00:00Z"
    return str(other) if column.name == "id" else "zzsmuggled"


def _models() -> Iterator[type[models.Model]]:
    ours = {"accounts", "audit", "clinic", "scheduling", "billing", "jobs"}
    return (
        model
        for model in apps.get_models()
        # The words of names have a key of several columns: triggers alone write them, and they name nobody.
        if model._meta.app_label in ours and model._meta.managed and not isinstance(model._meta.pk, CompositePrimaryKey)
    )


def _guarded() -> dict[str, dict[Any, tuple[Any, ...]]]:
    """The guarded columns of every row there is."""
    found = {}
    for model in _models():
        names = [column.attname for column in model._meta.fields if column.name in GUARDED]
        names += [name for name in GUARDED_ACCOUNT if model is User]
        if len(names) > 1:
            found[model._meta.label] = {row[0]: row for row in model._base_manager.values_list("pk", *names)}
    return found


@pytest.mark.attack("idor-hidden-field")
@pytest.mark.parametrize("role", ROLES)
def test_fields_that_no_form_asked_for_are_not_taken(role: str, town: Town, as_role: Callable[..., Client]) -> None:
    """Every form of every page as it stands, with a value for every column of every table beside what it asks.

    A form that stands on every page or beside every row is sent a few times. One beside the other patient's own row
    (lay this credit on what they owe) is for that patient, and left alone: what names them then was smuggled in.
    """
    client = as_role(role)
    client.raise_request_exception = False
    before, extra = _guarded(), _smuggled(client, town)
    other = town.foreign["another"].patient.pk
    sent: Counter[tuple[str, ...]] = Counter()
    for url in every_url():
        if url.third_party or url.door is None or url.door.permission not in ROLES[role].permissions:
            continue
        path = town.paths(url)[0]
        page = client.get(path)
        if not page.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for form in Page(page.content.decode()).forms:
            to = urljoin(path, form.action)
            if form.method != "post" or re.search(BUTTONS, to):
                continue
            at = resolve(urlsplit(to).path)
            kind = (at.view_name, *sorted(form.fields))
            if sent[kind] < TIMES and at.kwargs.get("patient_id") != other:
                asked = {name: values for name, values in form.fields.items() if values}
                body = asked | {name: value for name, value in extra.items() if name not in form.fields}
                assert send(client, to, body).status_code < 500, url.name
                sent[kind] += 1
    assert len(sent) > 3
    after = _guarded()
    for label, rows in before.items():
        assert {key: after[label].get(key, row) for key, row in rows.items()} == rows, label
    for model in _models():
        label, columns = model._meta.label, {column.name for column in model._meta.fields}
        new = model._base_manager.filter(pk__in=after.get(label, {}).keys() - before.get(label, {}).keys())
        if "created_by" in columns:
            assert set(new.values_list("created_by", flat=True)) <= {client.user.pk}, label
        if "patient" in columns and not label.startswith("audit."):
            assert other not in set(new.values_list("patient", flat=True)), label
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.feature("A02")
@pytest.mark.parametrize("role", ROLES)
def test_nobody_makes_themselves_a_superuser(role: str, as_role: Callable[..., Client]) -> None:
    client = as_role(role)
    user: User = client.user
    body = {"first_name": "A", "last_name": "B", "email": user.email, "roles": list(ROLES), "is_active": "on"}
    client.post(reverse("accounts:people_edit", args=[user.pk]), {**body, "is_superuser": "on", "is_staff": "on"})
    user.refresh_from_db()
    assert (user.is_superuser, user.is_active) == (False, True)
    if role != "manager":
        assert set(user.groups.values_list("name", flat=True)) == {role}


@pytest.mark.feature("K04")
@pytest.mark.attack("print-export")
def test_the_logs_are_for_the_privacy_officer(town: Town, as_role: Callable[..., Client]) -> None:
    """Every address under /audit/, exports included, refuses everybody else."""
    pages = [url for url in every_url() if url.name.startswith("audit:")]
    readers = {role for role, held in ROLES.items() if "audit.view" in held.permissions}
    assert readers == {"privacy_officer"}
    before = fingerprint()
    for role in ROLES.keys() - readers:
        client = as_role(role)
        barred = [url for url in pages if url.door and url.door.permission not in ROLES[role].permissions]
        assert [url.name for url in barred if client.get(town.paths(url)[0]).status_code not in {403, 405}] == []
    assert set(changed(before)) <= {"accounts_practitioner", "accounts_user", "accounts_user_groups", "audit_logentry"}
