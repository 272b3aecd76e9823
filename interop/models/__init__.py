"""Where imported rows came from."""

from interop.models.sources import SourceRecord

__all__ = ["SourceRecord"]
