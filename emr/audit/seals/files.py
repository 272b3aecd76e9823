"""The copies of the blocks that stand outside the database, one file for each log and month, a line a block.

They only grow, so that a copy of the folder on another host (rsync, an object store that keeps what it has) is always
the beginning of the original.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from emr.audit.models import Log
from emr.audit.seals.blocks import Block, from_line

_PIECE = 1 << 16


class SealFolder:
    """The folder of the files (``AUDIT_SEAL_DIR``)."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = Path(settings.AUDIT_SEAL_DIR) if path is None else path

    def append(self, block: Block) -> None:
        """Add a block and wait until the disk has it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._file_for(block)
        is_new = not path.exists()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(block.as_line())
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self.path)

    def blocks(self, log: Log) -> Iterator[tuple[str, Block | None]]:
        """Each line's place (``reads-2026-11.seals:7``) and block, None for a line that is none.

        A line without an end is being written, or its writer was killed: it is left out.
        """
        for path in self._files(log):
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if not line.endswith(b"\n"):
                        break
                    yield f"{path.name}:{number}", _read(line)

    def last_number(self, log: Log) -> int:
        """The number of the newest whole block, 0 without any."""
        for path in reversed(self._files(log)):
            for line in _lines_from_the_end(path):
                block = _read(line)
                if block is not None:
                    return block.number
        return 0

    def drop_half_line(self, log: Log) -> None:
        """Take away what a writer left that was killed in the middle of a line: the database has that block whole."""
        for path in self._files(log)[-1:]:
            whole = _length_of_whole_lines(path)
            if whole < path.stat().st_size:
                os.truncate(path, whole)

    def exists(self, log: Log) -> bool:
        """Whether there is any file of the log."""
        return bool(self._files(log))

    def set_aside(self, now: datetime) -> None:
        """Rename the folder, so that all files can be written anew without losing the old ones."""
        if self.path.exists():
            self.path.rename(self.path.with_name(f"{self.path.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"))

    def _files(self, log: Log) -> list[Path]:
        return sorted(self.path.glob(f"{log}-*.seals"))

    def _file_for(self, block: Block) -> Path:
        """The month's file; never one before the last, so that the files stay in order when a clock is set back."""
        path = self.path / f"{block.log.log}-{block.sealed_at.astimezone(UTC):%Y-%m}.seals"
        return max([path, *self._files(block.log.log)[-1:]])


def _read(line: bytes) -> Block | None:
    try:
        return from_line(line)
    except ValueError:
        return None


def _length_of_whole_lines(path: Path) -> int:
    size = path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end > 0:
            start = max(0, end - _PIECE)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0


def _lines_from_the_end(path: Path) -> Iterator[bytes]:
    """The file's whole lines, the last one first."""
    end = _length_of_whole_lines(path)
    with path.open("rb") as file:
        while end > 0:
            start, tail = end - 1, b""
            while start > 0 and b"\n" not in tail:
                begin = max(0, start - _PIECE)
                file.seek(begin)
                tail = file.read(start - begin) + tail
                start = begin
            line_start = start + tail.rfind(b"\n") + 1 if b"\n" in tail else start
            file.seek(line_start)
            yield file.read(end - line_start)
            end = line_start


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
