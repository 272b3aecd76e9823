"""The account that PostgreSQL runs under when we are root, which it refuses."""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from emr.services.errors import ServiceError

_NAME = "chartroom"
_SEARCH_BY_OTHERS = stat.S_IXOTH


@dataclass(frozen=True)
class Account:
    """A user and group id of the operating system."""

    uid: int
    gid: int


def unprivileged(data: Path) -> Account | None:
    """The account to run a server on ``data`` under: None for "as we are", else one that is not root.

    Existing data decides by its owner. Else a system user of our own is made, or ``nobody`` taken where the system
    has no ``useradd``.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = _find(_NAME) or _create() or _find("nobody")
    if entry is None:
        raise ServiceError("PostgreSQL can't run as root and there is no other account: run as an ordinary user.")
    return Account(entry.pw_uid, entry.pw_gid)


def give(path: Path, account: Account) -> None:
    """Make ``path`` the account's own private directory and let it be reached.

    Directories above that admit nobody else get the search bit, not the right to list: names in them stay unseen.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(path, account.uid, account.gid)
    open_way(path)


def open_way(path: Path) -> None:
    """Let other accounts pass through the directories above ``path``."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & _SEARCH_BY_OTHERS:
            parent.chmod(mode | _SEARCH_BY_OTHERS)


def open_programs(directory: Path) -> None:
    """Let other accounts read and run the installed programs below ``directory`` (a strict umask forbids it)."""
    open_way(directory)
    for path in (directory, *directory.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME],
        check=False,
        capture_output=True,
    )
    return _find(_NAME)
