"""The audit guard reads of the log what is about each row, however much one transaction writes.

Once it read all that its transaction had written, for each row of it: ten thousand claims took minutes to commit.
"""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.audit.bulk import bulk_create_recorded, bulk_save_recorded
from emr.shared.records import uuid7
from tests import database
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone

pytestmark = pytest.mark.feature("K01")

#: The log of a clinic: every transaction wrote little, and rows were changed again and again. The planner then takes a
#: transaction for as good a key as a row, and from some ten thousand entries on its index is the less deep one.
_HISTORY = """
ALTER TABLE audit_logentry DISABLE TRIGGER USER;
INSERT INTO audit_logentry (content_type_id, object_pk, object_repr, action, changes, actor_id, timestamp, cid,
    remote_addr, reason, txid)
SELECT content_type_id, pks[1 + n % 20000], '', action, changes, actor_id, timestamp, '', remote_addr, '',
    (n + 10)::text::xid8
FROM (SELECT * FROM audit_logentry ORDER BY id LIMIT 1) AS one,
    (SELECT array_agg(gen_random_uuid()) AS pks FROM generate_series(1, 20000)) AS keys,
    generate_series(1, 100000) AS n;
ALTER TABLE audit_logentry ENABLE TRIGGER USER;
ANALYZE audit_logentry;
"""


def _read_for(rows: int) -> int:
    """How many entries the guard reads for one transaction that makes so many rows, and changes each."""
    made = [Practitioner(id=uuid7(), family_name=f"Number {n}", given_name="A") for n in range(rows)]
    with transaction.atomic(), acting(someone()), connection.cursor() as cursor:
        bulk_create_recorded(made)
        for row in made:
            row.phone = "217"
        bulk_save_recorded(made, ["phone"])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'audit_logentry'"
        )
        return int(cursor.fetchone()[0])


def test_what_the_guard_reads_grows_with_the_rows_alone(committed_db: str) -> None:
    PractitionerFactory()
    with psycopg.connect(database.with_name(database.OWNER_URL, committed_db), autocommit=True) as owner:
        for statement in _HISTORY.strip().split(";\n"):
            owner.execute(statement)  # type: ignore[call-overload]
    # Each row is looked up twice, when it was made and when it was changed, and has two entries; the first
    # transaction writes its actor, too. By the transaction's index it was 640,800 for 400 rows.
    for rows in (50, 400):
        assert 4 * rows <= _read_for(rows) <= 5 * rows
