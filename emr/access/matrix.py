"""Who may do what, as data: each role against each right, and against each page of the product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from emr.access.decorators import Door
from emr.access.permissions import Permission
from emr.access.roles import ROLES, Role


@dataclass(frozen=True)
class Page:
    """One page: its name, its address with the places for keys, the door before it (None: a library's own page)."""

    name: str
    address: str
    door: Door | None

    @property
    def is_machinery(self) -> bool:
        """Whether it is a page of Django's admin site, which lets superusers in and nobody else."""
        return self.name.startswith("admin:")

    @property
    def right(self) -> str:
        """What the door asks for, in words."""
        if self.is_machinery:
            return "For who runs the server: no role of the clinic"
        if self.door is None:
            return "Part of logging in"
        return self.door.permission.label if self.door.permission else f"Open to all: {self.door.reason}"

    def opens_to(self, role: Role) -> bool:
        """Whether a role passes the door. What the page shows of a patient is a further question."""
        if self.is_machinery:
            return False
        if self.door is None or self.door.permission is None:
            return True
        return self.door.permission in role.permissions


@dataclass(frozen=True)
class Line:
    """One line of the matrix: a group, what it is about, and for each role whether it may."""

    group: str
    label: str
    detail: str
    may: tuple[bool, ...]

    def cells(self) -> list[str]:
        """The line for a file of comma-separated values."""
        return [self.group, self.label, self.detail, *("yes" if one else "no" for one in self.may)]


def roles() -> tuple[Role, ...]:
    """The roles, in the order of the columns."""
    return tuple(ROLES.values())


def pages() -> list[Page]:
    """Every page of the product, by name."""
    return sorted(_walk(get_resolver().url_patterns, "", "/"), key=lambda page: page.name)


def rights_lines() -> list[Line]:
    """A line for each right."""
    return [
        Line(right.split(".")[0], right.label, right.value, tuple(right in role.permissions for role in roles()))
        for right in Permission
    ]


def page_lines() -> list[Line]:
    """A line for each page."""
    return [
        Line(
            page.name.rpartition(":")[0] or "log-in",
            page.address,
            page.right,
            tuple(page.opens_to(role) for role in roles()),
        )
        for page in pages()
    ]


def filtered(lines: list[Line], *, text: str = "", role: str = "") -> list[Line]:
    """The lines that have ``text`` in them, and of those the ones that the named role may."""
    wanted = text.strip().lower()
    column = [one.name for one in roles()].index(role) if role in ROLES else None
    return [
        line
        for line in lines
        if wanted in f"{line.group} {line.label} {line.detail}".lower() and (column is None or line.may[column])
    ]


def _walk(patterns: list[URLPattern | URLResolver], namespace: str, before: str) -> Iterator[Page]:
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, address)
        else:
            yield Page(f"{namespace}{pattern.name}", address, getattr(pattern.callback, "door", None))
