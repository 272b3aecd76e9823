"""What browsers report of our content policy: a page that tried to load or run what it may not.

A report quotes addresses and pieces of script, which may hold a patient's key or words. Nothing of it is kept as it
came: which rule, on which page (by its route's name), what kind of thing. It becomes one log line. Anybody can send
reports, so their size and number are bounded.
"""

from __future__ import annotations

import json
import logging
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from emr.access.decorators import public_view
from emr.access.limits import Limit

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024
MAX_REPORTS = 10
#: What comes beyond it is answered the same and forgotten.
REQUESTS = Limit("csp", per_address=20, in_all=200)
_DIRECTIVES = re.compile(r"[a-z-]{1,40}")
_KEYWORDS = frozenset(
    {"inline", "eval", "wasm-eval", "self", "data", "blob", "trusted-types-policy", "trusted-types-sink"}
)


@require_POST
@public_view("Browsers report by themselves, logged in or not, and send no token.")
@csrf_exempt
def csp_reports(request: HttpRequest) -> HttpResponse:
    """Take a browser's report, in the old form or the new. Whatever came, the answer is the same."""
    said = request.headers.get("Content-Length", "")
    if said.isdecimal() and int(said) <= MAX_BYTES and REQUESTS.allows(request):
        for report in _reports(request.body)[:MAX_REPORTS]:
            logger.warning("Content policy: %s", json.dumps(report, sort_keys=True))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


#: A browser's own request shows nobody at the desk (emr.accounts.sessions).
csp_reports.background = True  # type: ignore[attr-defined]


def _reports(body: bytes) -> list[dict[str, str]]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return []
    bodies = [part.get("body") for part in sent if isinstance(part, dict)] if isinstance(sent, list) else [sent]
    found = [body.get("csp-report", body) for body in bodies if isinstance(body, dict)]
    return [_stripped(report) for report in found if isinstance(report, dict)]


def _stripped(report: dict[str, Any]) -> dict[str, str]:
    """The report without anything that a page or a person wrote."""
    directive = str(report.get("effectiveDirective") or report.get("effective-directive") or "").strip()
    return {
        "rule": directive if _DIRECTIVES.fullmatch(directive) else "unknown",
        "page": _route(str(report.get("documentURL") or report.get("document-uri") or "")),
        "blocked": _kind(str(report.get("blockedURL") or report.get("blocked-uri") or "")),
    }


def _route(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except (Resolver404, ValueError):
        return "unknown"


def _kind(blocked: str) -> str:
    """What was blocked: a keyword of the standard, or the scheme of an address."""
    if blocked in _KEYWORDS:
        return blocked
    scheme = blocked.split(":", 1)[0].lower()
    return scheme if scheme in {"http", "https", "ws", "wss", "file", "about", "chrome-extension"} else "unknown"
