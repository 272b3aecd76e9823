"""The log of reads, a table a month: as append-only as one table, and asked only where it must be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from emr.audit.models import AccessEvent
from emr.audit.partitions import add_months, first_key, keys_within
from tests.factories.base import someone

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K01")]

MARCH, APRIL = datetime(2031, 3, 1, tzinfo=UTC), datetime(2031, 4, 1, tzinfo=UTC)


def _read(at: datetime) -> AccessEvent:
    return AccessEvent.objects.create(
        id=UUID(int=first_key(at).int + uuid4().int % 2**60), at=at, user=someone(), patient_id=uuid4(), action="view",
        section="s", url_name="x", request_id="r",
    )  # fmt: skip


def _table_of(event: AccessEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_accessevent WHERE id = %s", [event.pk])
        return str(cursor.fetchone()[0])


def test_a_row_stands_in_its_month_or_in_the_default() -> None:
    assert _table_of(_read(MARCH)) == "audit_accessevent_default"
    assert add_months(date(2031, 4, 10), 2) == 2
    assert _table_of(_read(APRIL)) == "audit_accessevent_203104"
    assert add_months(date(2031, 4, 1), 2) == 0


def test_a_month_that_the_default_holds_rows_of_stays_there() -> None:
    event = _read(MARCH)
    assert add_months(MARCH.date(), 1) == 0
    assert _table_of(event) == "audit_accessevent_default"


def test_a_question_about_a_period_reads_its_months_only() -> None:
    add_months(MARCH.date(), 2)
    one, _ = _read(MARCH), _read(APRIL)
    asked = AccessEvent.objects.filter(keys_within(MARCH, APRIL))
    assert list(asked) == [one]
    plan = asked.explain()
    assert "audit_accessevent_203103" in plan
    assert "audit_accessevent_203104" not in plan


def test_no_key_counts_from_before_1970() -> None:
    assert first_key(datetime(1926, 11, 1, tzinfo=UTC)) == first_key(datetime(1970, 1, 1, tzinfo=UTC)) == UUID(int=0)


def test_the_app_has_no_way_into_a_month() -> None:
    add_months(MARCH.date(), 1)
    _read(MARCH)
    for table in ("audit_accessevent_203103", "audit_accessevent_default", "audit_accessevent"):
        for statement in ("UPDATE {} SET section = 'x'", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
            with (
                pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement.format(table))


def test_every_month_has_the_triggers_for_its_owner_too() -> None:
    add_months(MARCH.date(), 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text, (SELECT array_agg(substring(tgname from '(append_only|no_truncate|own_tr)')"
            " ORDER BY tgname) FROM pg_trigger WHERE tgrelid = relid AND NOT tgisinternal AND tgenabled = 'O')"
            " FROM pg_partition_tree('audit_accessevent') WHERE isleaf"
        )
        found = dict(cursor.fetchall())
    assert "audit_accessevent_203103" in found
    assert {tuple(names) for names in found.values()} == {("no_truncate", "append_only", "own_tr")}


@pytest.mark.feature("K02")
@pytest.mark.parametrize("table", ["audit_accessevent", "audit_logentry", "audit_securityevent"])
def test_an_entry_names_no_transaction_but_its_own(table: str) -> None:
    with (
        pytest.raises(DatabaseError, match="belongs to the transaction that writes it"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT INTO {table} (txid) VALUES ('9000000000')")
