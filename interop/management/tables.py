"""Whether the database can take an import."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def require_tables() -> None:
    """Raise CommandError, with what to do, when the database lacks tables or columns that the code knows."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database's tables are not up to date. Run ./manage.py migrate first.")
