"""Where imported rows came from, and messages of which nobody knows yet whose they are."""

from interop.models.results import RESULT_MESSAGE, FiledReport, WaitingMessage, WaitingStatus
from interop.models.sources import SourceRecord

__all__ = ["RESULT_MESSAGE", "FiledReport", "SourceRecord", "WaitingMessage", "WaitingStatus"]
