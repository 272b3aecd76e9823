"""Writes the seeds of all second factors anew under the newest key."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.db import transaction

from emr import keys
from emr.audit.security import SecurityKind, record_security_event

_BATCH = 200


def rotate_seeds(progress: Callable[[int, int], None]) -> int:
    """Re-encrypt the seed of every authenticator app and of every set of recovery codes; gives how many there were.

    ``progress`` is told how many are done, of how many. Each row is locked while it is written, so that a recovery code
    that is used meanwhile stays used. May be run again at any time. Raises emr.keys.Unreadable for a seed that no key
    opens; what was done until then stays.
    """
    ids = list(
        Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk").values_list("pk", flat=True)
    )
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        with transaction.atomic():
            for factor in (
                Authenticator.objects.select_for_update(of=("self",))
                .select_related("user")
                .filter(pk__in=batch)
                .order_by("pk")
            ):
                _rotate(factor)
        progress(start + len(batch), len(ids))
    return len(ids)


def _rotate(factor: Authenticator) -> None:
    for name in ("secret", "seed"):
        if name in factor.data:
            factor.data[name] = keys.rotate(factor.data[name].encode()).decode()
    factor.save(update_fields=["data"])
    record_security_event(SecurityKind.KEY_ROTATED, target=factor.user, detail="Second factor under the newest key")
