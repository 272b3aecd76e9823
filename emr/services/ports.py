"""Ports on loopback for the embedded services."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the ranges from which Linux and macOS give ports to outgoing connections.
_FIRST, _COUNT = 20_000, 10_000


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def candidates(folder: Path, service: str, kept: int | None = None) -> Iterator[int]:
    """Free ports to try: the one used before, then from a place that depends on the folder, upward.

    Two copies of the project so rarely meet, and one copy mostly keeps its port.
    """
    if kept is not None and is_free(kept):
        yield kept
    start = zlib.crc32(f"{folder}:{service}".encode())
    for step in range(_COUNT):
        port = _FIRST + (start + step) % _COUNT
        if port != kept and is_free(port):
            yield port
