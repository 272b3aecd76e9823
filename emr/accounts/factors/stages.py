"""The step of the log-in that asks for the second factor."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest


class FactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks everybody who has a factor, but whom the outside provider has asked for two already."""

    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        if records and records[-1].get("method") == "socialaccount" and _asked_by_provider(records):
            return False
        return bool(super()._should_handle(request))


def _asked_by_provider(records: list[dict[str, object]]) -> bool:
    """Whether the provider's word for two factors came with this very log-in: just before it."""
    return len(records) > 1 and records[-2].get("type") == "federation"
