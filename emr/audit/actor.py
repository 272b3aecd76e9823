"""Who acts when no person is logged in: a named service account, never nobody."""

from __future__ import annotations

from django.db import transaction

from emr.accounts.models import User
from emr.audit.context import acting

__all__ = ["acting", "service_user"]


def service_user(name: str) -> User:
    """The account under which a service (``"import"``, ``"jobs"``) acts. Made on first use; it can't log in.

    A fresh install has no account at all; this one comes to be when the service first does something.
    """
    email = f"{name}@service.invalid"
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    user = User(email=email, first_name="", last_name=f"Service: {name}", is_service=True, is_active=False)
    user.set_unusable_password()
    with transaction.atomic(), acting(user):
        user.save()
    return user
