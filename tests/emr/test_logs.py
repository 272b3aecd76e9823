"""A line of the log is one line, with its time in UTC, whatever somebody typed."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from emr.logs import JsonFormatter

pytestmark = pytest.mark.feature("K06")

FORGED = 'x\r\n{"level": "INFO", "message": "all is well"}\u2028\x1b[2J'


def _line(message: str, *args: object, **more: object) -> str:
    record = logging.LogRecord("emr.test", logging.WARNING, __file__, 1, message, args, None)
    record.__dict__.update(more)
    return JsonFormatter().format(record)


def test_what_is_typed_makes_no_second_line() -> None:
    line = _line("Odd: %s", FORGED)
    assert [line] == line.splitlines()
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["message"] == f"Odd: {FORGED}"


def test_a_line_says_when_where_and_what() -> None:
    found = json.loads(_line("Something."))
    assert (found["level"], found["logger"], found["message"]) == ("WARNING", "emr.test", "Something.")
    at = datetime.fromisoformat(found["at"])
    assert (at.utcoffset(), abs((datetime.now(UTC) - at).total_seconds()) < 3600) == (UTC.utcoffset(None), True)


def test_an_error_is_told_by_class_and_place_and_a_request_by_its_route() -> None:
    try:
        raise ValueError("Ana Ortiz")
    except ValueError:
        line = _line("%s", "Ana Ortiz", exc_info=sys.exc_info(), request=RequestFactory().get("/?q=Ana+Ortiz"))
    found = json.loads(line)
    assert "Ortiz" not in line
    assert (found["message"], found["error"]) == ("GET no page", "ValueError")
    assert found["where"][-1].endswith("test_an_error_is_told_by_class_and_place_and_a_request_by_its_route")
