"""FHIR Organization and Practitioner."""

from __future__ import annotations

from clinic.choices import PayerType
from clinic.models import Payer
from emr.accounts.models import Practitioner, User
from emr.shared.identifiers import is_npi
from interop.fhir.elements import Refused, Resource
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

_PAYER_KINDS = frozenset({"pay", "ins"})


def map_organization(resource: Resource, links: Links, by: User) -> Mapped | None:
    """An insurer becomes a payer; any other organization has no table here and is kept as it was sent."""
    kinds = {c.get("code") for item in resource.list("type") for c in item.get("coding", [])}
    if not kinds & _PAYER_KINDS:
        return None
    name = resource.text("name")[:60]
    if not name:
        raise Refused("it has no name")
    known = Payer.objects.filter(name=name).first()
    if known is not None:
        resource.remark("an insurer of this name was on file and is used")
        return Mapped(known)
    return Mapped(Payer(created_by=by, name=name, type=PayerType.OTHER))


def map_practitioner(resource: Resource, links: Links, by: User) -> Mapped:
    """A clinician of elsewhere: named in the record, without an account and without a column on the schedule."""
    names = resource.list("name")
    name = names[0] if names else {}
    if not name.get("family"):
        raise Refused("it has no family name")
    return Mapped(
        Practitioner(
            family_name=str(name["family"])[:60],
            given_name=" ".join(name.get("given", []))[:60],
            npi=_npi(resource),
            active=resource.get("active") is not False,
            bookable=False,
        )
    )


def _npi(resource: Resource) -> str:
    """The NPI, if it is one and nobody here has it."""
    for item in resource.list("identifier"):
        if str(item.get("system", "")).endswith("us-npi"):
            value = str(item.get("value", ""))
            if not is_npi(value):
                resource.remark("a practitioner's NPI with a wrong check digit or length was left out")
            elif Practitioner.objects.filter(npi=value).exists():
                resource.remark("a practitioner's NPI that another one has was left out")
            else:
                return value
    return ""
