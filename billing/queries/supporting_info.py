"""Who may stand in box 17: the clinic's practitioners, and those who were entered before."""

from __future__ import annotations

from dataclasses import dataclass

from billing.models import ClaimSupportingInfo
from clinic.models import Encounter
from emr.accounts.models import Practitioner

_REMEMBERED = 30


@dataclass(frozen=True)
class Referrer:
    """Somebody who refers, with what box 17 says of them."""

    key: str
    given: str
    family: str
    credentials: str
    npi: str

    @property
    def label(self) -> str:
        """Name and number, for a list to choose from."""
        name = " ".join(filter(None, (self.given, self.family, self.credentials)))
        return f"{name} · NPI {self.npi}" if self.npi else name


def referrers() -> list[Referrer]:
    """The clinic's practitioners with an NPI, then who was entered on other visits, the latest first. Two queries."""
    clinic = Practitioner.objects.filter(active=True).exclude(npi="").order_by("family_name", "given_name")
    told = (
        ClaimSupportingInfo.objects.exclude(referring_npi="")
        .order_by("referring_npi", "-updated_at")
        .distinct("referring_npi")
    )
    found = {row.npi: Referrer(row.npi, row.given_name, row.family_name, row.credentials, row.npi) for row in clinic}
    for row in sorted(told, key=lambda row: row.updated_at, reverse=True)[:_REMEMBERED]:
        known = Referrer(
            *(row.referring_npi, row.referring_given_name, row.referring_family_name),
            *(row.referring_credentials, row.referring_npi),
        )
        found.setdefault(known.key, known)
    return list(found.values())


def supporting_info_of(visit: Encounter) -> ClaimSupportingInfo | None:
    """What was entered of a visit for its claims. One query."""
    return ClaimSupportingInfo.objects.filter(encounter=visit).first()
