"""A sealed file: encrypted and authenticated in pieces, so that its size costs no memory and any part can be read.

After a mark, the id of the ring's key and a salt come pieces of 64 KiB, each under AES-256-GCM with a key derived for
this file alone (HKDF-SHA-256). A piece's nonce holds its number and whether it is the last (the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so that pieces can't be changed, swapped, left out or cut off unseen.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emr import keys
from emr.keys import Unreadable

MARK = b"CHARTRM1"
PIECE = 64 * 1024
_TAG = 16
_SALT = 32
_HEADER = len(MARK) + keys.ID_BYTES + _SALT


def seal(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The sealed file of a content that comes in chunks of any size, under the newest key."""
    salt = secrets.token_bytes(_SALT)
    name = keys.newest_id()
    header = MARK + name + salt
    cipher = AESGCM(keys.file_key(name, salt))
    yield header
    waiting = bytearray()
    number = 0
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:  # The last piece, full or not, is written below.
            yield cipher.encrypt(_nonce(number, last=False), bytes(waiting[:PIECE]), header)
            del waiting[:PIECE]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), header)


def key_of(file: IO[bytes]) -> bytes | None:
    """The id of the key under which an open file is sealed; None for a file that is not sealed."""
    file.seek(0)
    header = file.read(_HEADER)
    return header[len(MARK) : len(MARK) + keys.ID_BYTES] if header.startswith(MARK) else None


def plain_size(sealed_size: int) -> int:
    """Bytes of the content in a sealed file of that size. Raises Unreadable for a size that none has."""
    body = sealed_size - _HEADER
    pieces = -(-body // (PIECE + _TAG))
    if body < _TAG or body - pieces * _TAG < 0:
        raise Unreadable("The file is cut off.")
    return body - pieces * _TAG


class SealedReader(io.RawIOBase):
    """The content of a sealed file, to be read from any place. Raises Unreadable where it is not as it was sealed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        name = key_of(file)
        if name is None:
            raise Unreadable(
                "The file was not sealed by this program, or was altered. If it is from before files were "
                "encrypted, run manage.py rotate_keys."
            )
        file.seek(0)
        self._header = file.read(_HEADER)
        self._cipher = AESGCM(keys.file_key(name, self._header[-_SALT:]))
        self._size = plain_size(file.seek(0, os.SEEK_END))
        self._last = max(0, -(-self._size // PIECE) - 1)
        self._at = 0
        self._number = -1
        self._piece = b""
        self._load(self._last)  # A file that was cut off says so before anything of it is handed out.

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        self._load(self._at // PIECE)
        part = self._piece[self._at % PIECE :][: len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        self._file.seek(_HEADER + number * (PIECE + _TAG))
        sealed = self._file.read(PIECE + _TAG)
        try:
            self._piece = self._cipher.decrypt(_nonce(number, last=number == self._last), sealed, self._header)
        except InvalidTag as error:
            raise Unreadable("The file was altered or cut off since it was sealed.") from error
        self._number = number


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
