"""The default run's own PostgreSQL and Valkey, kept in the folder's ``var/``.

:func:`ensure` is the interface (:func:`unused` for a command that asks no server). A server given by ``DATABASE_URL``
or ``BROKER_URL`` is used as it is; only what is missing is started. See ``embedded.py`` for how, ``lifetime.py`` for
how long.
"""

from emr.services.embedded import ensure, unused
from emr.services.errors import ServiceError

__all__ = ["ServiceError", "ensure", "unused"]
