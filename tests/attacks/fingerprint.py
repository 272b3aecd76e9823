"""What stands in the database, as one digest a table, to see whether an attack changed anything."""

from __future__ import annotations

from django.db import connection

#: What a mere request may add to: who looked, who tried, who is logged in. Partitions are named after their table.
LOGS = ("audit_accessevent", "audit_securityevent", "django_session", "usersessions_usersession")
#: Code sets, which only a command loads.
_BIG = ("codes_concept", "codes_word")


def tables() -> list[str]:
    """Every table of the database, whether a model knows of it or not, but those."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [name for (name,) in cursor.fetchall() if not name.startswith((*LOGS, *_BIG))]


def fingerprint() -> dict[str, str]:
    """A digest of all rows of each table; equal exactly if no row was added, changed or taken away. Two queries."""
    each = " UNION ALL ".join(
        f"SELECT '{name}', count(*) || ':' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')"
        f' FROM "{name}" t'
        for name in tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(each)
        return dict(cursor.fetchall())


def changed(before: dict[str, str]) -> list[str]:
    """The tables that are no longer as they were."""
    now = fingerprint()
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
