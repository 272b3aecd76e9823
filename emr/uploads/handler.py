"""Limits on a file while it comes in, so that nothing large or unasked for reaches memory or disk.

It replaces Django's two handlers: the one for large files writes them to a temporary folder, unencrypted.
"""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

#: A file above the limit is read to its end, unkept, so that the form can say so; above this many times the limit the
#: connection is cut.
_PATIENCE = 4


class BoundedUploadHandler(FileUploadHandler):
    """Keeps a file in memory up to ``UPLOAD_MAX_BYTES``. A larger one arrives empty, with its true size, for the field
    to refuse. Nobody who isn't logged in sends files at all.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin one; raises StopUpload for a stranger."""
        super().new_file(*args, **kwargs)
        if not getattr(getattr(self.request, "user", None), "is_authenticated", False):
            raise StopUpload(connection_reset=True)
        self._file = io.BytesIO()
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece, as long as all of them are within the limit."""
        self._received += len(raw_data)
        if self._received > _PATIENCE * settings.UPLOAD_MAX_BYTES:
            raise StopUpload(connection_reset=True)
        if self._received > settings.UPLOAD_MAX_BYTES:
            self._file = io.BytesIO()
        else:
            self._file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """The file, for the form."""
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
