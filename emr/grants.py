"""What the running app's database role may do: read and write rows, never own a table, never erase a record."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import sql

#: Lists that only a migration writes. Who may rename a role gives it to all who have another; who may rename the kinds
#: of rows makes an entry of the log tell of another table.
_LISTS = {
    "django_migrations",
    "django_content_type",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "accounts_user_user_permissions",
}


def grant_app_role(using: str = "default", **_: Any) -> None:
    """After a migration, grant the app's role its rights on every table; see :func:`rights`.

    Does nothing when the app's role is the one that migrates (a server with one role; the deploy check warns).
    """
    role = settings.DATABASE_APP_ROLE
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        current, exists = cursor.fetchone()
        if current == role or not exists:
            return
        app = sql.Identifier(role)
        _fix_search_path(cursor)
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(app))
        cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(app))
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                sql.SQL("GRANT {} ON {} TO {}").format(
                    sql.SQL(", ").join(map(sql.SQL, rights(table))),
                    sql.Identifier(table),
                    app,
                )
            )


def _fix_search_path(cursor: Any) -> None:
    """Make every trigger function look for its tables in our schema first.

    A temporary table is otherwise found before ours of the same name, and anybody who may log in to the database may
    make one: an empty ``clinic_note`` would open the signed ones, a forged ``audit_logentry`` stand in for the log.
    """
    cursor.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
        " WHERE p.pronamespace = 'public'::regnamespace AND l.lanname = 'plpgsql' AND p.proconfig IS NULL"
        " AND pg_get_userbyid(p.proowner) = current_user"
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"ALTER FUNCTION {function} SET search_path = pg_catalog, public, pg_temp")


def rights(table: str) -> tuple[str, ...]:
    """The rights on one table: append-only for logs, no DELETE for records, none but SELECT for lists."""
    from emr.audit.registry import APPEND_ONLY_TABLES, kept_models

    if table in _LISTS:
        return ("SELECT",)
    if table in APPEND_ONLY_TABLES:
        return ("SELECT", "INSERT")
    kept = {model._meta.db_table for model in kept_models()}
    if table in kept:
        return ("SELECT", "INSERT", "UPDATE")
    return ("SELECT", "INSERT", "UPDATE", "DELETE")
