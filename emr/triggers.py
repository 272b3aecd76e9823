"""The database's triggers, as they are left after a migration."""

from __future__ import annotations

from typing import Any

from django.db import connections


def close_off_switch(using: str = "default", **_: Any) -> None:
    """After a migration, let no session switch triggers off.

    The triggers of django-pgtrigger ask first whether the session's setting ``pgtrigger.ignore`` names them, and
    anybody who may log in to the database may set it: the audit guard, the signed note and the ledger would stand open
    to whoever runs SQL as the app. The function that answers says no from now on. The library writes it anew with each
    migration of a trigger, so this is done after each. It also saves each trigger a caught error, which is what most
    of a commit took.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean"
            " LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )
