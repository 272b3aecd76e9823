"""A report of a message as the chart files it: FHIR's statuses, one flag, the range in numbers, our systems' names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from clinic.actions.result_filing import SaidReport
from clinic.actions.results import Result
from clinic.choices import Interpretation, ObservationStatus, ReportStatus
from clinic.ranges import Range, Typed, flag_of, read_range
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM, LOINC, SNOMED
from interop.hl7v2 import oru
from interop.hl7v2.segments import Coded

_SYSTEMS = {"LN": LOINC, "SCT": SNOMED, "I10": ICD10CM, "I10C": ICD10CM}
#: OBR-25 (table 0123).
_REPORT = {
    **dict.fromkeys("OIS", ReportStatus.REGISTERED),
    **dict.fromkeys("PR", ReportStatus.PRELIMINARY),
    "A": ReportStatus.PARTIAL,
    "F": ReportStatus.FINAL,
    "C": ReportStatus.CORRECTED,
    "X": ReportStatus.CANCELLED,
}
#: OBX-11 (table 0085). D and W take back what was sent before.
_RESULT = {
    **dict.fromkeys("FU", ObservationStatus.FINAL),
    **dict.fromkeys("PRSB", ObservationStatus.PRELIMINARY),
    **dict.fromkeys("IO", ObservationStatus.REGISTERED),
    **dict.fromkeys("XN", ObservationStatus.CANCELLED),
    **dict.fromkeys("DW", ObservationStatus.ENTERED_IN_ERROR),
    "C": ObservationStatus.CORRECTED,
    "A": ObservationStatus.AMENDED,
}
#: The flags of OBX-8 that are kept as flags, the gravest first; another one stays in words.
_FLAGS = (
    *(Interpretation.CRITICAL_HIGH, Interpretation.CRITICAL_LOW, Interpretation.CRITICAL_ABNORMAL),
    *(Interpretation.OFF_SCALE_HIGH, Interpretation.OFF_SCALE_LOW, Interpretation.HIGH, Interpretation.LOW),
    *(Interpretation.ABNORMAL, Interpretation.NORMAL),
)
#: Flags that say the same as one of ours, with a degree that ours don't have.
_LIKE = {
    **dict.fromkeys(("HU", "HX", "H>"), Interpretation.HIGH),
    **dict.fromkeys(("LU", "LX", "L<"), Interpretation.LOW),
}
_NO_VALUE = {ObservationStatus.CANCELLED: "not-performed", ObservationStatus.REGISTERED: "temp-unknown"}
_LONG = 500


def said_reports(message: oru.Message, received: datetime | None = None) -> Iterator[SaidReport]:
    """The reports of a message. One without a number of its laboratory gets one of its message and place."""
    arrived = received or timezone.now()
    numbered: dict[tuple[str, str], int] = {}
    for place, report in enumerate(message.reports, 1):
        issued = report.reported_at or message.sent_at
        taken = report.observed_at or next((row.observed_at for row in report.results if row.observed_at), None)
        status = _REPORT.get(report.status, "")
        # Two of one code under one number (two bottles of a culture) are two reports: the second corrects nothing.
        key = (report.filler, report.code.code or report.code.text)
        numbered[key] = numbered.get(key, 0) + 1
        filler = f"{report.filler[:74]}#{numbered[key]}" if report.filler and numbered[key] > 1 else report.filler
        yield SaidReport(
            coding=_coding(report.code, message.sender),
            effective_at=taken or issued or arrived,
            issued_at=issued,
            filler=(filler or f"{message.control_id}/{place}")[:80],
            filler_system=((report.filler_authority if report.filler else "") or message.sender or "unnamed")[:120],
            status=status,
            performer=message.sender[:120],
            conclusion="\n".join((*report.notes, *_long_notes(report))),
            results=tuple(_results(report, message.sender, status)),
        )


def _results(report: oru.Report, sender: str, status: str) -> Iterator[Result]:
    """Each result once: a text of many lines is one, and what comes twice under one code is told apart by its place."""
    seen: dict[tuple[str, str], int] = {}
    for row in _joined(report.results):
        result = _result(row, sender, status)
        key = (result.coding.code or result.coding.display, result.sub_id)
        seen[key] = seen.get(key, 0) + 1
        again = seen[key] > 1
        yield replace(result, sub_id=f"{result.sub_id[:14]}#{seen[key]}") if again else result


def _joined(rows: tuple[oru.Result, ...]) -> Iterator[oru.Result]:
    """Rows of text that follow each other under one code are lines of one text."""
    last: oru.Result | None = None
    for row in rows:
        if (
            last is not None
            and row.text
            and last.text
            and (row.code, row.sub_id, row.status)
            == (
                last.code,
                last.sub_id,
                last.status,
            )
        ):
            last = replace(
                last, text=f"{last.text}\n{row.text}", notes=last.notes + row.notes, flags=last.flags + row.flags
            )
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _result(row: oru.Result, sender: str, report_status: str) -> Result:
    status = _status(row, report_status)
    within = read_range(row.range[:200])
    flag, rest = _flag(row, within)
    answer = _coding(row.answer, sender) if row.answer.code or row.answer.text else None
    empty = row.number is None and answer is None and not row.text
    return Result(
        coding=_coding(row.code, sender),
        value=row.number,
        comparator=row.comparator,
        unit=row.unit[:40] if row.number is not None or row.text else "",
        words=row.text,
        answer=answer,
        absent=_NO_VALUE.get(ObservationStatus(status), "unknown") if empty else "",
        interpretation=flag,
        low=within.low,
        high=within.high,
        range_text=within.text,
        sub_id=row.sub_id[:20],
        status=status,
        note=_note(row, rest),
        effective_at=row.observed_at,
    )


def _status(row: oru.Result, report_status: str) -> str:
    """What the row says, else what its report says; where neither does, that nobody said."""
    if row.status in _RESULT:
        return _RESULT[row.status]
    of_report = {
        ReportStatus.PRELIMINARY: ObservationStatus.PRELIMINARY,
        ReportStatus.REGISTERED: ObservationStatus.REGISTERED,
        ReportStatus.FINAL: ObservationStatus.FINAL,
        ReportStatus.CORRECTED: ObservationStatus.CORRECTED,
    }
    return (
        of_report.get(ReportStatus(report_status), ObservationStatus.UNKNOWN)
        if report_status
        else (ObservationStatus.UNKNOWN)
    )


def _flag(row: oru.Result, within: Range) -> tuple[str, list[str]]:
    """The gravest flag, and those that are none of ours. Without one of ours the range tells, where it can: what is
    out of it is never left unmarked, and beside a flag that nobody here knows nothing is called normal.
    """
    said = [one.upper() for one in row.flags]
    rest = [flag for flag, one in zip(row.flags, said, strict=True) if one not in _FLAGS]
    ours = {*said, *(_LIKE[one] for one in said if one in _LIKE)}
    flag = next((str(flag) for flag in _FLAGS if flag in ours), "")
    if not flag:
        flag = flag_of(Typed(row.number, row.comparator), within)
        flag = "" if rest and flag == Interpretation.NORMAL else flag
    return flag, rest


def _note(row: oru.Result, flags: list[str]) -> str:
    said = "\n".join((*row.notes, *([f"Flag of the laboratory: {', '.join(flags)}"] if flags else [])))
    return said if len(said) <= _LONG else f"{said[: _LONG - len(_WHOLE)]}{_WHOLE}"


#: Where the rest of a comment stands that is longer than a result's own.
_WHOLE = " … (whole under Findings)"


def _long_notes(report: oru.Report) -> Iterator[str]:
    """Comments on single results that are longer than a result holds: they stand whole in the report's findings."""
    for row in report.results:
        said = "\n".join(row.notes)
        if len(said) > _LONG - 100:
            yield f"{row.code.text or row.code.code}: {said}"


def _coding(code: Coded, sender: str) -> Coding:
    """A code under its system's address; a laboratory's own code is its own, and says so."""
    words = (code.text or code.code or "Unnamed")[:_LONG]
    if not code.code or len(code.code) > 64:
        return Coding("", "", words)
    return Coding(_SYSTEMS.get(code.system, f"urn:sender:{sender or 'unnamed'}"[:200]), code.code, words)
