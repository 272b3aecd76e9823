"""Where a fault of a claim is mended: the page's address, if the user may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, resolve, reverse

from billing.cms1500.edits import Where
from billing.models import Claim
from emr.access.roles import ROLES
from emr.accounts.models import User


@dataclass(frozen=True)
class Mending:
    """A link to the page that mends a fault; without ``url``, ``label`` says whom to ask."""

    label: str
    url: str = ""


_Target = tuple[str, Callable[[Claim], list[Any]]]

#: For each place the pages that mend it, the best first; the first that exists in this clinic's program is taken.
_PAGES: dict[Where, tuple[str, tuple[_Target, ...]]] = {
    Where.PATIENT: ("Edit patient", (("clinic:patients_edit", lambda claim: [claim.patient_id]),)),
    Where.COVERAGE: (
        "Insurance",
        (
            ("clinic:coverages_edit", lambda claim: [claim.patient_id, claim.coverage_id]),
            ("clinic:coverages_list", lambda claim: [claim.patient_id]),
        ),
    ),
    Where.PAYER: (
        "Payers",
        (("clinic:payers_edit", lambda claim: [claim.payer_id]), ("clinic:payers_list", lambda claim: [])),
    ),
    Where.CLINIC: ("Clinic settings", (("accounts:clinic_edit", lambda claim: []),)),
    Where.PRACTITIONER: (
        "Edit practitioner",
        (("accounts:practitioners_edit", lambda claim: [_user_of(claim)]),),
    ),
    Where.VISIT: (
        "Open visit",
        (("clinic:encounters_detail", lambda claim: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.PARTICULARS: (
        "Particulars",
        (("billing:particulars_edit", lambda claim: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.CHARGES: (
        "Edit charges",
        (("billing:charges_edit", lambda claim: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.AUTHORIZATION: (
        "Authorizations",
        (("billing:authorizations_list", lambda claim: [claim.patient_id]),),
    ),
    Where.CLAIM: ("The patient's claims", (("billing:patient_panel", lambda claim: [claim.patient_id]),)),
    # Neither is mended on a page: lists are loaded by a command, a broken check by who looks after the program.
    Where.CODES: ("", ()),
    Where.HOUSE: ("", ()),
}


def mending(where: str, claim: Claim, user: User) -> Mending | None:
    """The way to mend what stands at ``where`` (a value of Where), or whom to ask; None where no page is known."""
    if where not in {place.value for place in Where}:
        return None
    label, targets = _PAGES[Where(where)]
    for name, arguments in targets:
        try:
            path = reverse(name, args=arguments(claim))
        except NoReverseMatch:
            continue
        permission = resolve(path).func.door.permission  # type: ignore[attr-defined]  # every view has one
        if user.has_perm(permission):
            return Mending(label, path)
        holders = [role.label.lower() for role in ROLES.values() if permission in role.permissions]
        return Mending(f"Ask: {' or '.join(holders)}") if holders else None
    return None


def _user_of(claim: Claim) -> Any:
    practitioner = claim.encounter.practitioner
    return practitioner.user_id if practitioner else None
