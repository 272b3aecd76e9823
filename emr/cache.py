"""The cache that log-in limits and used one-time codes live in: Redis, with a stand-in for when it is away.

Nobody may be kept from a chart by a cache. So when the server refuses, hangs or is full, each process counts by
itself for a while. That loosens the limits (each process allows as many tries, and what was counted before is not
seen) but never lifts them, which answering "not found" would.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: Seconds until the server is asked again. A hung one costs a request its socket timeout, once in this time.
PAUSE_SECONDS = 30.0
#: Room for this many counters, so that tries with many invented addresses don't push out the counter of a real one.
STAND_IN_ENTRIES = 20_000


class SteadyCache(RedisCache):
    """Redis while it answers, else this process's memory."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        shared = {name: value for name, value in params.items() if name != "OPTIONS"}
        self._stand_in = LocMemCache("steady-cache", {**shared, "max_entries": STAND_IN_ENTRIES})
        self._away_until = 0.0

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().add, self._stand_in.add, *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().get, self._stand_in.get, *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().set, self._stand_in.set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().touch, self._stand_in.touch, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().delete, self._stand_in.delete, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().get_many, self._stand_in.get_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().has_key, self._stand_in.has_key, *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().incr, self._stand_in.incr, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().set_many, self._stand_in.set_many, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().delete_many, self._stand_in.delete_many, *args, **kwargs)

    def clear(self) -> Any:
        self._stand_in.clear()
        return self._ask(super().clear, self._stand_in.clear)

    def _ask(self, server: Callable[..., Any], stand_in: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return server(*args, **kwargs)
            except RedisError as error:
                # The class alone: a message may quote a key, and with it an address.
                logger.warning("cache is away, counting by ourselves: %s", type(error).__name__)
                self._away_until = time.monotonic() + PAUSE_SECONDS
        return stand_in(*args, **kwargs)
