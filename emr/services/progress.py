"""Lines that tell a waiting person what is going on, and for how long."""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emr.services.errors import ServiceError

_REMIND_SECONDS = 5.0
_TAIL_LINES = 25


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)  # noqa: T201


@contextmanager
def step(title: str) -> Iterator[None]:
    """Tell that a step begins, every few seconds that it still runs, and how long it took."""
    begun = time.monotonic()
    done = threading.Event()

    def remind() -> None:
        while not done.wait(_REMIND_SECONDS):
            say(f"  … {title.lower()}: {time.monotonic() - begun:.0f} s so far")

    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    finally:
        done.set()
        reminder.join()
    say(f"  {title}: {time.monotonic() - begun:.1f} s")


def run_command(command: list[str], *, log: Path, show: bool = False) -> str:
    """Run a command and return what it printed, which also goes to the log, and with ``show`` to the terminal.

    Raises:
        ServiceError: it failed; with its last lines.
    """
    lines: list[str] = []
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                lines.append(line)
                file.write(line)
                if show:
                    sys.stdout.write(f"    {line}")
                    sys.stdout.flush()
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        shown = " ".join(Path(word).name if word.startswith("/") else word for word in command)
        raise ServiceError(f"'{shown}' failed. Its last lines (all in {log}):\n{''.join(lines[-_TAIL_LINES:])}")
    return "".join(lines)
