"""Handing a kept file out: as a thing to save, never as a page of ours."""

from __future__ import annotations

from typing import IO, Any

from django.http import FileResponse

#: Should a browser show the file after all, it is nobody's page: no script, no form, no cookies, nothing loaded.
SANDBOX = "sandbox; default-src 'none'"


def private_file(content: IO[bytes] | Any, *, name: str, content_type: str) -> FileResponse:
    """A download of an open file. The view has passed a door and recorded the access before."""
    response = FileResponse(content, as_attachment=True, filename=name, content_type=content_type)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
