"""How often strangers may try tokens, codes and dates of birth."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest

from emr.audit.middleware import client_ip

#: Tries in a minute from one address, behind which may be a whole waiting room, and from all together.
PER_ADDRESS = 20
IN_ALL = 300


def within_limits(request: HttpRequest) -> bool:
    """Count a try; whether it may be answered."""
    minute = int(time.time()) // 60
    for key, most in ((f"intake:{minute}:{client_ip(request)}", PER_ADDRESS), (f"intake:{minute}", IN_ALL)):
        cache.add(key, 0, timeout=120)
        if cache.incr(key) > most:
            return False
    return True
