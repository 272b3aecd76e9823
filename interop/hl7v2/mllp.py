"""The listener: takes framed messages (MLLP) from laboratories, one after the other, and answers each when it is kept.

It knows no Django: what it is given does the work, in a thread of its own, so that a slow database keeps nobody from
connecting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from interop.hl7v2.framing import END, START

#: Answers the bytes of one message: what is sent back, or None for nothing.
Receive = Callable[[bytes], bytes | None]
#: As much of a message as surely has its header.
_HEAD = 4096
_log = logging.getLogger("chartroom.mllp")


@dataclass(frozen=True)
class Limits:
    """What a peer may cost: bytes of one message, seconds of silence, connections at a time."""

    max_bytes: int = 2 * 1024 * 1024
    idle_seconds: float = 300
    connections: int = 20


class Listener:
    """Serves until it is cancelled. A message is taken whole or not at all."""

    def __init__(self, receive: Receive, too_long: Receive, limits: Limits) -> None:
        """``too_long`` answers the beginning of a message that is refused for its length."""
        self.receive, self.too_long, self.limits = receive, too_long, limits
        self.open = 0
        # One thread: messages are filed in the order in which they came.
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")

    async def serve(self, host: str, port: int, ready: Callable[[int], None] = lambda port: None) -> None:
        """Listen; tells ``ready`` the port. What is being filed when it is cancelled is still filed: not
        answered, it comes again, and changes nothing."""
        server = await asyncio.start_server(self._connected, host, port, limit=self.limits.max_bytes)
        ready(server.sockets[0].getsockname()[1])
        try:
            async with server:
                await server.serve_forever()
        finally:
            self.worker.shutdown(wait=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.open >= self.limits.connections:
            _log.warning("A connection was refused: %s are open.", self.open)
            writer.close()
            return
        self.open += 1
        try:
            while (content := await self._next(reader)) is not None:
                await self._answer(writer, self.receive, content)
        except asyncio.LimitOverrunError:
            _log.warning("A message was longer than %s bytes; the connection is closed.", self.limits.max_bytes)
            await self._answer(writer, self.too_long, await reader.read(_HEAD))
        except (ConnectionError, TimeoutError) as error:
            _log.info("A connection ended: %s.", type(error).__name__)
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, take: Receive, content: bytes) -> None:
        answer = await asyncio.get_running_loop().run_in_executor(self.worker, take, content)
        if answer is not None:
            writer.write(answer)
            await writer.drain()

    async def _next(self, reader: asyncio.StreamReader) -> bytes | None:
        """The next message without its frame; None at the end, and for one that is cut off: it isn't answered, and so
        its sender keeps it."""
        try:
            async with asyncio.timeout(self.limits.idle_seconds):
                content = await reader.readuntil(END)
        except asyncio.IncompleteReadError as cut:
            if cut.partial.strip():
                _log.warning("A connection ended within a message of %s bytes.", len(cut.partial))
            return None
        _, started, message = content.removesuffix(END).rpartition(START)
        return message if started else content.removesuffix(END)
