"""Trading partners: whom electronic claims are sent to."""

from __future__ import annotations

from typing import Any

from billing.cms1500 import content
from billing.models import TradingPartner
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

_FIELDS = (
    *("name", "sender_qualifier", "sender_id", "receiver_qualifier", "receiver_id"),
    *("usage", "contact_name", "contact_phone", "active"),
)


_RULES = (("name", content.words), ("contact_name", content.words), ("contact_phone", content.phone_digits))


@action
def save_partner(*, by: User, partner: TradingPartner | None = None, **fields: Any) -> TradingPartner:
    """Add a partner, or change one. Files that went out keep the envelope that they had.

    Raises DomainError for what an envelope can't say.
    """
    if unknown := fields.keys() - set(_FIELDS):
        raise TypeError(f"A trading partner has no {', '.join(sorted(unknown))}.")
    _check(fields)
    if partner is None:
        return TradingPartner.objects.create(created_by=by, **fields)
    row = TradingPartner.objects.select_for_update().get(pk=partner.pk)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=[*fields, "updated_at"])
    return row


def _check(fields: dict[str, Any]) -> None:
    for name in ("sender_id", "receiver_id"):
        if name in fields:
            fields[name] = fields[name].strip().upper()
            if not (2 <= len(fields[name]) <= 15 and fields[name].isascii() and fields[name].isalnum()):
                raise DomainError("An id has 2 to 15 letters and digits.", field=name)
    for name, rule in _RULES:
        if name not in fields:
            continue
        try:
            said = rule(fields[name])
        except content.ContentError as error:
            raise DomainError(f"This {error}.", field=name) from error
        if not said or set(said) & set("*:^~`"):
            raise DomainError("Electronic claims can't say this.", field=name)
