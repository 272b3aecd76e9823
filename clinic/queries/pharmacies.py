"""Pharmacies as pages list them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import Pharmacy


def active_pharmacies(present: UUID | None = None) -> QuerySet[Pharmacy]:
    """The pharmacies that a patient may choose, and the one that is on file though it is out of use."""
    return Pharmacy.objects.filter(Q(active=True) | Q(pk=present))
