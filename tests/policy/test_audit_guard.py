"""A recorded row can't change without an entry in the log, whichever way it is written."""

from __future__ import annotations

from copy import copy

import pytest
from django.db import DatabaseError, connection, transaction

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.audit.bulk import bulk_create_recorded, bulk_save_recorded
from emr.audit.context import AuditContext, audit_context
from emr.audit.models import LogEntry, MissingActor
from emr.shared.records import uuid7
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone

pytestmark = [pytest.mark.feature("K01"), pytest.mark.usefixtures("committed_db")]


def test_save_is_recorded_with_actor_and_values() -> None:
    row = PractitionerFactory(family_name="Before")
    with transaction.atomic(), acting(someone()):
        row.family_name = "After"
        row.save(update_fields=["family_name"])
    entry = LogEntry.objects.filter(object_pk=row.pk).first()
    assert entry is not None
    assert entry.changes == {"family_name": ["Before", "After"]}
    assert entry.actor == someone()


def test_update_of_a_queryset_is_refused() -> None:
    row = PractitionerFactory(family_name="Before")
    with pytest.raises(DatabaseError, match=r"unaudited change of accounts\.practitioner"):
        Practitioner.objects.filter(pk=row.pk).update(family_name="After")
    assert Practitioner.objects.get(pk=row.pk).family_name == "Before"


def test_raw_insert_update_and_delete_are_refused() -> None:
    row = PractitionerFactory()
    statements = [
        "UPDATE accounts_practitioner SET phone = '1'",
        "INSERT INTO accounts_practitioner (id, family_name, given_name, credentials, npi, taxonomy_code, phone,"
        " active, bookable, dea_number, state_license) SELECT gen_random_uuid(), family_name, given_name, credentials,"
        " npi, taxonomy_code, phone, active, bookable, dea_number, state_license FROM accounts_practitioner",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError, match="unaudited"), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_practitioner")
    assert list(Practitioner.objects.all()) == [row]


def test_bulk_create_is_refused_unless_recorded() -> None:
    with pytest.raises(DatabaseError, match="unaudited insert"):
        Practitioner.objects.bulk_create([Practitioner(family_name="A", given_name="B")])
    with acting(someone()):
        bulk_create_recorded([Practitioner(family_name="A", given_name="B")])
    assert Practitioner.objects.count() == 1
    assert LogEntry.objects.filter(content_type__model="practitioner").count() == 1


def test_rows_made_together_are_told_as_rows_made_alone() -> None:
    said = {"family_name": 'O\'Hara \\ "Lee"', "given_name": "{Ann, NULL}", "active": False}
    alone: Practitioner = PractitionerFactory.create(**said)
    together = [copy(alone) for _ in range(2)]
    for row in together:
        row.pk, row._state.adding = uuid7(), True
    with audit_context(AuditContext(actor=someone(), remote_addr="127.0.0.1")):
        bulk_create_recorded(together)
    columns = {field.name for field in Practitioner._meta.concrete_fields}
    first, *others = LogEntry.objects.filter(content_type__model="practitioner").order_by("id")
    assert [entry.object_pk for entry in others] == [row.pk for row in together]
    assert {entry.remote_addr for entry in others} == {"127.0.0.1"}
    assert {(entry.actor, entry.txid) for entry in others} == {(someone(), others[0].txid)} != {(someone(), first.txid)}
    for entry in others:
        told = {name: change for name, change in first.changes.items() if name in columns}
        assert entry.changes == {**told, "id": [None, str(entry.object_pk)]}


def test_many_rows_are_changed_with_an_entry_each_and_unchanged_ones_without() -> None:
    rows: list[Practitioner] = [PractitionerFactory.create(family_name=name, phone="") for name in ("A", "B", "C")]
    rows[0].family_name, rows[1].family_name, rows[1].phone = "New A", "New B's", "217"
    rows[2].credentials = "not asked for"
    with acting(someone()):
        assert bulk_save_recorded(rows, ["family_name", "phone"]) == rows[:2]
    assert list(Practitioner.objects.order_by("family_name").values_list("family_name", "phone")) == [
        ("C", ""),
        ("New A", ""),
        ("New B's", "217"),
    ]
    entries = LogEntry.objects.filter(action=LogEntry.Action.UPDATE).order_by("id")
    assert [(entry.object_pk, entry.changes) for entry in entries] == [
        (rows[0].pk, {"family_name": ["A", "New A"]}),
        (rows[1].pk, {"family_name": ["B", "New B's"], "phone": ["", "217"]}),
    ]
    assert not Practitioner.objects.filter(credentials="not asked for").exists()


def test_a_sneaked_column_beside_a_recorded_one_is_refused() -> None:
    row = PractitionerFactory(family_name="Before")
    with pytest.raises(DatabaseError, match=r"unaudited change .* given_name"), transaction.atomic(), acting(someone()):
        row.family_name = "After"
        row.save(update_fields=["family_name"])
        Practitioner.objects.filter(pk=row.pk).update(given_name="Sneaked")
    assert Practitioner.objects.get(pk=row.pk).family_name == "Before"


def test_a_save_inside_a_savepoint_passes() -> None:
    row = PractitionerFactory(family_name="Before")
    with transaction.atomic(), acting(someone()), transaction.atomic():
        row.family_name = "After"
        row.save()
    assert Practitioner.objects.get(pk=row.pk).family_name == "After"


def test_without_an_actor_nothing_is_written() -> None:
    with pytest.raises(MissingActor), transaction.atomic():
        Practitioner.objects.create(family_name="A", given_name="B")
    assert not Practitioner.objects.exists()


@pytest.mark.feature("K02")
def test_the_log_is_append_only_for_the_app() -> None:
    PractitionerFactory()
    for statement in (
        "UPDATE audit_logentry SET reason = 'x'",
        "DELETE FROM audit_logentry",
        "TRUNCATE audit_logentry",
        "ALTER TABLE audit_logentry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_entry_covers_only_the_value_that_it_tells() -> None:
    row = PractitionerFactory(family_name="Before")
    with (
        pytest.raises(DatabaseError, match=r"unaudited change .* family_name"),
        transaction.atomic(),
        acting(someone()),
    ):
        row.family_name = "Told"
        row.save(update_fields=["family_name"])
        Practitioner.objects.filter(pk=row.pk).update(family_name="Untold")
    assert Practitioner.objects.get(pk=row.pk).family_name == "Before"


def test_two_saves_of_one_field_in_one_transaction_pass() -> None:
    row = PractitionerFactory(family_name="Before")
    with transaction.atomic(), acting(someone()):
        for name in ("First", "Second"):
            row.family_name = name
            row.save(update_fields=["family_name"])
    assert Practitioner.objects.get(pk=row.pk).family_name == "Second"
