"""Millions of reads in a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from psycopg import sql

from emr.accounts.models import User
from emr.audit.actor import acting, service_user
from emr.audit.bulk import bulk_create_recorded
from emr.audit.models import AccessEvent
from emr.audit.partitions import add_months, keys_within
from emr.audit.seals.session import own_session

_NAME = "chartroom_bench"
_PATIENTS, _STAFF, _DAYS, _BATCH = 20_000, 40, 365, 500_000


@contextmanager
def scratch_database() -> Iterator[None]:
    """Point this process at a new, empty database of the same server; it is dropped at the end."""
    settings_dict = connection.settings_dict
    before = settings_dict["NAME"]
    _server_does(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"))
    _server_does(sql.SQL("CREATE DATABASE {}"))
    connection.close()
    settings_dict["NAME"] = _NAME
    try:
        yield
    finally:
        connection.close()
        settings_dict["NAME"] = before
        _server_does(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"))


def fill_reads(rows: int) -> None:
    """So many reads, spread over the last year, by 40 people of 20,000 charts."""
    with acting(service_user("bench")):
        bulk_create_recorded(
            [User(email=f"bench{n}@example.invalid", last_name=f"Bench {n}", is_active=False) for n in range(_STAFF)]
        )
    add_months((timezone.now() - timedelta(days=_DAYS)).date(), 14)
    for first in range(0, rows, _BATCH):
        _fill(rows, first, min(first + _BATCH, rows) - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_accessevent")


def who_opened() -> dict[str, Callable[[], object]]:
    """The privacy officer's questions."""
    patient = AccessEvent.objects.order_by("id").values_list("patient_id", flat=True)[:1].get()
    user = AccessEvent.objects.order_by("id").values_list("user_id", flat=True)[:1].get()
    month_ago = timezone.now() - timedelta(days=30)
    events = AccessEvent.objects.select_related("user")
    return {
        "who opened this chart, ever": lambda: list(events.filter(patient_id=patient).order_by("-at")),
        "who opened this chart, newest page": lambda: list(events.filter(patient_id=patient).order_by("-id")[:51]),
        "who opened this chart, last 30 days": lambda: list(
            events.filter(keys_within(month_ago, None), patient_id=patient, at__gte=month_ago).order_by("-at")
        ),
        "what did this person open, newest page": lambda: list(events.filter(user_id=user).order_by("-id")[:51]),
        "all reads, newest page": lambda: list(events.order_by("-id")[:51]),
    }


def _fill(rows: int, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_accessevent (id, at, user_id, patient_id, action, section, url_name, outcome, purpose,"
            " reason, request_id, remote_addr) SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')"
            " || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid, at, ids[1 + n %% %(staff)s],"
            " md5('p' || (hashint8(n) & 2147483647) %% %(patients)s)::uuid, 'view', 'summary', 'clinic:chart_summary',"
            " 'granted', 'TREAT', '', md5(n::text), '10.0.0.7'"
            " FROM (SELECT n, now() - interval '365 days' + n * (interval '365 days' / %(rows)s) AS at"
            "       FROM generate_series(%(first)s, %(last)s) n) made,"
            "      (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_user) staff",
            {"staff": _STAFF, "patients": _PATIENTS, "rows": rows, "first": first, "last": last},
        )


def _server_does(statement: sql.SQL) -> None:
    with own_session() as session:
        session.execute(statement.format(sql.Identifier(_NAME)))
