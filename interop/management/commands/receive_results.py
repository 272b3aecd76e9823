"""``manage.py receive_results``: listens for results of laboratories (HL7 v2 over MLLP) until it is stopped."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interop.hl7v2.mllp import Limits, Listener
from interop.hl7v2.receiving import answered, too_long
from interop.management.tables import require_tables


class Command(BaseCommand):
    help = "Take in results (HL7 v2 ORU^R01 over MLLP), and answer each message when it is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        first = Limits()
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on; this machine alone by default.")
        parser.add_argument("--port", type=int, default=2575)
        parser.add_argument("--max-bytes", type=int, default=first.max_bytes, help="The longest message.")
        parser.add_argument("--idle", type=float, default=first.idle_seconds, help="Seconds of silence.")
        parser.add_argument("--connections", type=int, default=first.connections, help="Most at a time.")

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"]
        try:
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError as error:
            raise CommandError("--host is an address, such as 127.0.0.1.") from error
        if not loopback:
            self.stderr.write("MLLP is neither encrypted nor does it ask who sends: let a tunnel with TLS end here.")
        require_tables()
        limits = Limits(options["max_bytes"], options["idle"], options["connections"])
        asyncio.run(self._serve(Listener(answered, too_long, limits), host, options["port"]))

    async def _serve(self, listener: Listener, host: str, port: int) -> None:
        serving = asyncio.create_task(listener.serve(host, port, lambda at: self.stdout.write(f"Listening on {at}.")))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
        try:
            await serving
        except asyncio.CancelledError:
            self.stdout.write("Stopped.")
