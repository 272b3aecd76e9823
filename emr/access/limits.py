"""How often strangers may ask of a public page: a count by the minute, from one address and of all together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from emr.audit.middleware import client_ip


@dataclass(frozen=True)
class Limit:
    """Tries in a minute, under one name. Behind one address may be a whole waiting room.

    Where a page knows of whom it answers, ``per_address`` is the share of each of these instead.
    """

    name: str
    per_address: int
    in_all: int

    def allows(self, request: HttpRequest, *, of: object = None) -> bool:
        """Count a try, of the client's address or ``of`` somebody whom the page knows; whether it may be answered."""
        minute = _minute()
        counts = (
            (f"{self.name}:{minute}:{of or client_ip(request)}", self.per_address),
            (f"{self.name}:{minute}", self.in_all),
        )
        for key, most in counts:
            cache.add(key, 0, timeout=120)
            if cache.incr(key) > most:
                return False
        return True


def _minute() -> int:
    return int(time.time()) // 60
