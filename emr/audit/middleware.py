"""The circumstances of a request: its id and address first, its user once the session is known."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from emr.audit.context import AuditContext, audit_context, current

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id of ours and the client's address from the trusted hop; a header can change neither."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid4().hex
        with audit_context(AuditContext(remote_addr=client_ip(request), request_id=request_id)):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response


class ActorMiddleware:
    """Makes the logged-in user the actor of all that the request changes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        with audit_context(replace(current(), actor=user)):
            return self.get_response(request)


class RefusalMiddleware:
    """Puts on record that somebody who is logged in was refused a page: the log of who tries doors.

    The record is made here and not where it is refused, which rolls the request's own transaction back.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.FORBIDDEN and request.user.is_authenticated:
            from emr.audit.security import SecurityKind, record_security_event

            match = request.resolver_match
            detail = f"{request.method} {match.view_name if match else 'no page'}"
            record_security_event(SecurityKind.PERMISSION_DENIED, request=request, detail=detail)
        return response


def client_ip(request: HttpRequest) -> str | None:
    """The client's address: the entry of X-Forwarded-For that the outermost trusted proxy wrote, else the peer's.

    With TRUSTED_PROXY_COUNT=n, the n-th entry from the right is the one that our own proxy saw; all left of it is
    what the client claims. With 0 the header is not read.
    """
    hops = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    address = str(request.META.get("REMOTE_ADDR", ""))
    if hops:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= hops:
            address = forwarded[-hops]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
