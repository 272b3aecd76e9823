"""The rules about passwords that Django does not bring."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

from emr.access.roles import ROLES
from emr.accounts.models import Clinic

#: Words that anybody would try first here, beside the clinic's name and the names of the roles (docs/security.md).
HOUSE_WORDS = ("chartroom", "clinic", "doctor", "health", "hospital", "medical", "password", "patient", "welcome")


class MaximumLengthValidator:
    """Refuses a password so long that hashing it is a way to keep the server busy."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for one that is too long."""
        if len(password) > self.max_length:
            raise ValidationError(f"Use at most {self.max_length} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        """The rule in words."""
        return f"At most {self.max_length} characters."


class HouseWordsValidator:
    """Refuses a password that is little more than words of this house: they may stand in one, but don't count."""

    def __init__(self, min_rest: int = 8) -> None:
        self.min_rest = min_rest

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when fewer than ``min_rest`` letters and digits are left without those words."""
        rest = _plain(password)
        for word in sorted(house_words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != _plain(password) and len(rest) < self.min_rest:
            raise ValidationError(
                "Use more than the names of the clinic, of this program and of what people do here.",
                code="password_of_house_words",
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return "More than the clinic's name, and words that go with it."


def house_words() -> set[str]:
    """The words, in small letters without signs: ours, the roles', and those of the clinic's name from four letters."""
    clinic = Clinic.objects.values_list("name", flat=True).first() or ""
    names = [clinic, *(part for role in ROLES.values() for part in (role.name, role.label))]
    parts = {_plain(part) for name in names for part in (name, *re.split(r"[\W_]+", name))}
    return {part for part in parts if len(part) >= 4} | set(HOUSE_WORDS)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
