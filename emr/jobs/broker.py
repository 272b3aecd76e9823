"""Celery's Redis transport, mended where a lost connection would end the worker.

When the broker goes away while a job runs, kombu gives the connection up in two tries. The second one puts the job's
message back, and asks the connection for an address that it no longer has: an AttributeError, which neither kombu nor
Celery takes for a lost connection, so the worker stops. The same befalls the acknowledgement when that job ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as BrokerGone


class Channel(kombu_redis.Channel):
    """A channel that says so when its connection was given up."""

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """A client of the broker. Raises BrokerGone, which every caller expects, when no way leads to it any more."""
        if client is None and (self.connection is None or self.connection.client is None):
            raise BrokerGone("The connection was given up.")
        with super().conn_or_acquire(client) as known:
            yield known

    def is_empty(self, queue: str) -> bool:
        """Whether no message waits in the queue; those that a worker has taken don't count. Raises RedisError."""
        return bool(self._size(queue) == 0)


class Transport(kombu_redis.Transport):
    """The transport for ``redis://`` and ``rediss://`` addresses."""

    Channel = Channel
