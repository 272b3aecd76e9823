"""Start or join what the environment does not name, and say so in the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emr.services.folder import Folder

_DEMO_SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "AUDIT_SIGNING_KEY")


@contextmanager
def ensure(root: Path, *, broker: bool = True, durable: bool = True) -> Iterator[dict[str, str]]:
    """PostgreSQL and (with ``broker``) Valkey for the copy in ``root``, within the block.

    Yields the variables that were set in ``os.environ``: ``DATABASE_URL`` (the app's role) and
    ``DATABASE_OWNER_URL`` unless ``DATABASE_URL`` was set, ``BROKER_URL`` and ``CACHE_URL`` unless ``BROKER_URL`` was.
    An embedded database means the demo: ``CHARTROOM_DEMO=1`` unless set, and with it generated secrets as
    ``<NAME>_FILE``. They are removed from the environment again at the end.

    Without ``durable`` the database doesn't wait for the disk: quicker, and gone should the machine crash.

    A server that already runs for the folder is joined; the last of its users to leave stops it.

    Raises:
        ServiceError: a server can't be started.
    """
    folder = Folder(root)
    exported: dict[str, str] = {}
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            exported.update(_use_postgres(folder, stack, durable=durable))
            if "CHARTROOM_DEMO" not in os.environ:
                exported["CHARTROOM_DEMO"] = "1"
        if broker and not os.environ.get("BROKER_URL"):
            exported.update(_use_valkey(folder, stack))
        if (exported.get("CHARTROOM_DEMO") or os.environ.get("CHARTROOM_DEMO")) == "1":
            exported.update(demo_secrets(folder))
        stack.enter_context(_exported(exported))
        yield exported


@contextmanager
def unused(root: Path) -> Iterator[dict[str, str]]:
    """The same variables for a command that asks no server: nothing is started, the addresses lead nowhere.

    Port 1 is never ours, so that a command that needs a server after all fails at once and clearly.
    """
    exported = {}
    if not os.environ.get("DATABASE_URL"):
        exported["DATABASE_URL"] = "postgresql://chartroom_app@127.0.0.1:1/chartroom"
        exported["CHARTROOM_DEMO"] = os.environ.get("CHARTROOM_DEMO", "1")
    if not os.environ.get("BROKER_URL"):
        exported["BROKER_URL"] = "redis://127.0.0.1:1/0"
    if (exported.get("CHARTROOM_DEMO") or os.environ.get("CHARTROOM_DEMO")) == "1":
        exported.update(demo_secrets(Folder(root)))
    with _exported(exported):
        yield exported


def demo_secrets(folder: Folder) -> dict[str, str]:
    """``<NAME>_FILE`` for each secret that the environment lacks, generated once into ``var/secrets``."""
    missing = (name for name in _DEMO_SECRETS if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")))
    return {f"{name}_FILE": str(folder.secret(name.lower())) for name in missing}


def _use_postgres(folder: Folder, stack: ExitStack, *, durable: bool) -> dict[str, str]:
    from emr.services.postgres import APP, OWNER, Postgres

    postgres = Postgres(folder, durable=durable)
    stack.enter_context(postgres.used())
    return {"DATABASE_URL": postgres.url(APP), "DATABASE_OWNER_URL": postgres.url(OWNER)}


def _use_valkey(folder: Folder, stack: ExitStack) -> dict[str, str]:
    from emr.services.valkey import Valkey

    valkey = Valkey(folder)
    stack.enter_context(valkey.used())
    addresses = {"BROKER_URL": valkey.url(0), "CACHE_URL": valkey.url(1)}
    return {name: url for name, url in addresses.items() if not os.environ.get(name)}


@contextmanager
def _exported(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
