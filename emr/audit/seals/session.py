"""A database session of its own, for what must see and commit apart from the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

# Text must not depend on who asks; a long read must not be cut off.
_OPTIONS = (
    " -c timezone=UTC -c datestyle=ISO,YMD -c bytea_output=hex -c extra_float_digits=1 -c client_encoding=UTF8"
    " -c search_path=public -c enable_sort=off"
    " -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=10000"
)


@contextmanager
def own_session(*, autocommit: bool = True) -> Iterator[psycopg.Connection[Any]]:
    """A session to Django's database, outside any pool; closed at the end."""
    params = connection.get_connection_params()
    for django_only in ("cursor_factory", "context"):
        params.pop(django_only, None)
    params["options"] = (params.get("options") or "") + _OPTIONS
    params["application_name"] = "chartroom seal"
    session = psycopg.connect(**params, autocommit=autocommit)
    try:
        yield session
    finally:
        session.close()
