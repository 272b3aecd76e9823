"""Messages of laboratories, waiting and on file."""

from __future__ import annotations

from interop.models import RESULT_MESSAGE, FiledReport, SourceRecord, WaitingMessage
from tests.factories.base import RecordFactory, factory, someone
from tests.factories.chart import ReportFactory


class ResultMessageFactory(RecordFactory[SourceRecord]):
    """A message that nobody could read."""

    class Meta:
        model = SourceRecord

    source = "LAB NORTH"
    resource_type = RESULT_MESSAGE
    source_id = factory.Sequence(lambda n: f"C-{n}")
    content = {"message": "MSH|"}
    content_hash = "0" * 64
    imported_by = factory.LazyFunction(someone)


class WaitingMessageFactory(RecordFactory[WaitingMessage]):
    class Meta:
        model = WaitingMessage

    message = factory.SubFactory(ResultMessageFactory)
    reason = "The message names no number of ours."


class FiledReportFactory(RecordFactory[FiledReport]):
    class Meta:
        model = FiledReport

    message = factory.SubFactory(ResultMessageFactory)
    report = factory.SubFactory(ReportFactory)
    patient = factory.SelfAttribute("report.patient")
