"""Where files with PHI are kept: sealed, under names that tell nothing, out of any web server's reach."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from emr import keys
from emr.encryption.sealed import SealedReader, key_of, plain_size, seal


class EncryptedStorage(FileSystemStorage):
    """Files under ``MEDIA_ROOT`` that are sealed (emr.encryption.sealed), that only this process's user can read, and
    that have no URL. A model's file field with this storage is found by ``manage.py rotate_keys`` by itself.
    """

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def url(self, name: str | None) -> str:
        """There is none: files leave only through a guarded page."""
        raise ValueError("A private file has no address of its own.")

    def size(self, name: str) -> int:
        """Bytes of the content. Raises Unreadable when the file can't be a sealed one."""
        return plain_size(super().size(name))

    def rotate(self, name: str) -> bool:
        """Bring one file under the newest key; whether it had to be written anew.

        A file of before there was encryption is sealed. The new file takes the old one's place at once or not at all,
        so that an interruption leaves either. Raises Unreadable, FileNotFoundError.
        """
        path = Path(self.path(name))
        with path.open("rb") as file:
            key = key_of(file)
            if key == keys.newest_id():
                return False
            file.seek(0)
            source = file if key is None else io.BufferedReader(SealedReader(file))
            _replace(path, seal(iter(lambda: source.read(1 << 16), b"")))
        return True

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("A sealed file is read whole or written whole: open it with 'rb'.")
        file = Path(self.path(name)).open("rb")  # noqa: SIM115  the caller closes it
        try:
            return File(io.BufferedReader(SealedReader(file)), name)
        except BaseException:
            file.close()
            raise

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, _Sealed(content))  # type: ignore[misc]  # private, but made to be overridden
        return saved


class _Sealed(File):  # type: ignore[type-arg]  # at run time it takes no type
    """A content on its way to the disk. It has no path of its own, so that no unsealed file is moved into the place."""

    def __init__(self, content: File[bytes]) -> None:
        super().__init__(io.BytesIO(), content.name)
        self._content = content

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return seal(self._content.chunks(chunk_size))


def _replace(path: Path, chunks: Iterable[bytes]) -> None:
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.writelines(chunks)
        _to_disk(out)
    os.utime(new, (path.stat().st_atime, path.stat().st_mtime))  # Its age still tells an orphan.
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
