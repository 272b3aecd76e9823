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


_Target = tuple[str, Callable[[Claim, str], list[Any]]]

#: For each place the pages that mend it, the best first; the first that exists in this clinic's program is taken.
_PAGES: dict[Where, tuple[str, tuple[_Target, ...]]] = {
    Where.PATIENT: ("Edit patient", (("clinic:patients_edit", lambda claim, box: [claim.patient_id]),)),
    Where.COVERAGE: (
        "Insurance",
        (
            ("clinic:coverages_edit", lambda claim, box: [claim.patient_id, _policy_of(claim, box)]),
            ("clinic:coverages_list", lambda claim, box: [claim.patient_id]),
        ),
    ),
    Where.PAYER: (
        "Payers",
        (("clinic:payers_edit", lambda claim, box: [claim.payer_id]), ("clinic:payers_list", lambda claim, box: [])),
    ),
    Where.CLINIC: ("Clinic settings", (("accounts:clinic_edit", lambda claim, box: []),)),
    Where.PRACTITIONER: (
        "Edit practitioner",
        (
            ("accounts:practitioners_edit", lambda claim, box: [_user_of(claim, box)]),
            ("accounts:people_list", lambda claim, box: []),
        ),
    ),
    Where.VISIT: (
        "Open visit",
        (("clinic:encounters_detail", lambda claim, box: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.PARTICULARS: (
        "Particulars",
        (("billing:particulars_edit", lambda claim, box: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.CHARGES: (
        "Edit charges",
        (("billing:charges_edit", lambda claim, box: [claim.patient_id, claim.encounter_id]),),
    ),
    Where.AUTHORIZATION: (
        "Authorizations",
        (("billing:authorizations_list", lambda claim, box: [claim.patient_id]),),
    ),
    Where.CLAIM: ("The patient's claims", (("billing:patient_panel", lambda claim, box: [claim.patient_id]),)),
    # Neither is mended on a page: lists are loaded by a command, a broken check by who looks after the program.
    Where.CODES: ("", ()),
    Where.HOUSE: ("", ()),
}


def mending(where: str, claim: Claim, user: User, box: str = "") -> Mending | None:
    """The way to mend what stands at ``where`` (a value of Where), or whom to ask; None where no page is known.

    ``box`` is the one that is wrong (``24J.2``), where it is at hand: a claim may have several practitioners and
    policies.
    """
    if where not in {place.value for place in Where}:
        return None
    label, targets = _PAGES[Where(where)]
    for name, arguments in targets:
        try:
            path = reverse(name, args=arguments(claim, box))
        except NoReverseMatch:
            continue
        permission = resolve(path).func.door.permission  # type: ignore[attr-defined]  # every view has one
        if user.has_perm(permission):
            return Mending(label, path)
        holders = [role.label.lower() for role in ROLES.values() if permission in role.permissions]
        return Mending(f"Ask: {' or '.join(holders)}") if holders else None
    return None


def _policy_of(claim: Claim, box: str) -> Any:
    """The claim's own policy; boxes 9 to 9d tell of another one, which is chosen on the list."""
    return None if box.startswith("9") else claim.coverage_id


def _user_of(claim: Claim, box: str) -> Any:
    """Whoever gave the service of the box's line, or saw the patient. Where only the reason is at hand and names
    somebody else, the practitioner is chosen on the list.
    """
    seen_by, line = claim.encounter.practitioner, box.partition(".")[2]
    if line:
        seen_by = list(claim.items.all())[int(line) - 1].charge_item.performer or seen_by
    elif not box and seen_by and f"{seen_by.given_name} {seen_by.family_name}" not in claim.state_reason:
        return None
    return seen_by.user_id if seen_by else None
