"""Why somebody reads a record, told by what they do in the clinic (HL7 v3 PurposeOfUse)."""

from __future__ import annotations

from emr.accounts.models import User
from emr.audit.models import PurposeOfUse

#: Of several roles the first counts: whoever may treat is taken to treat.
_BY_ROLE = (
    ("clinician", PurposeOfUse.TREATMENT),
    ("nurse", PurposeOfUse.TREATMENT),
    ("front_desk", PurposeOfUse.ADMINISTRATION),
    ("biller", PurposeOfUse.PAYMENT),
    ("privacy_officer", PurposeOfUse.COMPLIANCE),
)
#: Whoever looks at these parts does it for one end, whatever their role.
_BY_SECTION = {
    "billing": PurposeOfUse.PAYMENT,
    "changes": PurposeOfUse.COMPLIANCE,
}


def purpose_of(user: User, section: str) -> PurposeOfUse:
    """The purpose of a read by ``user``; the door says otherwise where the glass was broken."""
    if section in _BY_SECTION:
        return _BY_SECTION[section]
    return next((purpose for role, purpose in _BY_ROLE if role in user.role_names), PurposeOfUse.OPERATIONS)
