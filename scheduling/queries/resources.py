"""Rooms and equipment with what stands in their way of being retired."""

from __future__ import annotations

from django.db.models import QuerySet

from scheduling.models import Equipment, Room


def rooms() -> QuerySet[Room]:
    """All rooms, those no longer used last."""
    return Room.objects.order_by("-active", "name")


def equipment() -> QuerySet[Equipment]:
    """All equipment, with the kinds of visit that need it, in two queries; what is no longer used last."""
    return Equipment.objects.order_by("-active", "name").prefetch_related("needs__type")
