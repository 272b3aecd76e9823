"""Log lines: one JSON object a line, so that nothing typed by a person can forge a second line, and no PHI.

An address may hold a patient's key or what somebody typed, an error's text may quote a row. So a line about a request
names its route, and an error is told by its class and place.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _frames(record)
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if request is not None:  # Django's own lines, which quote the path, the host or the token.
        match = getattr(request, "resolver_match", None)
        status = getattr(record, "status_code", "")
        return f"{status} {getattr(request, 'method', '')} {match.view_name if match else 'no page'}".strip()
    if record.name.startswith("gunicorn") and record.levelno >= logging.WARNING:
        return _without_addresses(record)
    return record.getMessage()


def _without_addresses(record: logging.LogRecord) -> str:
    """The web server's line without the request that it broke off or couldn't read."""
    text = str(record.msg)
    if text.startswith("Invalid request"):
        return "Invalid request."
    if isinstance(record.args, tuple) and record.args:
        return text % tuple(arg if isinstance(arg, int) else "…" for arg in record.args)
    return text


def _frames(record: logging.LogRecord) -> list[str]:
    frames = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]
