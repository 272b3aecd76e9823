"""What goes wrong with an embedded service."""

from __future__ import annotations


class ServiceError(RuntimeError):
    """An embedded service can't be started; the text is meant for the person at the terminal."""
