"""Factories write through the ORM as somebody, like everything else."""

from __future__ import annotations

from typing import Any, TypeVar

import factory
from django.db import models, transaction
from factory.django import DjangoModelFactory

from emr.accounts.models import User
from emr.audit.actor import acting

M = TypeVar("M", bound=models.Model)


def someone(email: str = "someone@example.org") -> User:
    """The person who made what a test doesn't care about who made."""
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    with transaction.atomic():
        return User.objects.create_user(email, first_name="Some", last_name="One")


def numbered(words: str = "", *, first: int = 10_001) -> Any:
    """``words`` with a number, another one for each row.

    All are of one length: they sort in the order in which they were made, however many a worker made before, and none
    is the beginning of another, so that a page that shows one doesn't seem to show both.
    """
    return factory.Sequence(lambda n: f"{words}{first + n}")


def unreal(words: str = "") -> Any:
    """A code that no code system has, another one for each row: CVX has three digits, RxNorm seven, no ICD-10 E90."""
    return numbered(words, first=90_000_001)


class RecordFactory(DjangoModelFactory[M]):
    """A row of the record, written by ``created_by`` or by somebody."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[M], *args: Any, **kwargs: Any) -> M:
        has_author = any(field.name == "created_by" for field in model_class._meta.get_fields())
        author = kwargs.get("created_by") or someone()
        if has_author:
            kwargs["created_by"] = author
        with transaction.atomic(), acting(author):
            return super()._create(model_class, *args, **kwargs)


__all__ = ["RecordFactory", "factory", "numbered", "someone", "unreal"]
