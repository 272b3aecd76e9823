"""Keeps a session's strength in step with its user's factors."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from emr.accounts.factors.policy import FACTOR_TYPES, factor_types, strengthen, weaken


@receiver(post_save, sender=Authenticator)
def on_factor_saved(instance: Authenticator, created: bool, **_: Any) -> None:
    """Whoever has just set a factor up has shown it."""
    request = _own_request(instance)
    if created and request is not None and instance.type in FACTOR_TYPES:
        strengthen(request, instance.user, f"{instance.type}_enrolled")


@receiver(post_delete, sender=Authenticator)
def on_factor_deleted(instance: Authenticator, **_: Any) -> None:
    """Whoever takes their last factor away is asked for a new one."""
    request = _own_request(instance)
    if request is not None and instance.type in FACTOR_TYPES and not factor_types(instance.user):
        weaken(request)


def _own_request(factor: Authenticator) -> HttpRequest | None:
    """The request of the factor's own owner, where there is one."""
    request: HttpRequest | None = context.request
    user = getattr(request, "user", None)
    return request if user is not None and user.pk == factor.user_id else None
