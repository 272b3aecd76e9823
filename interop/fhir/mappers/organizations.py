"""FHIR Organization and Practitioner."""

from __future__ import annotations

from clinic.choices import PayerType
from clinic.models import Payer
from emr.accounts.models import Practitioner, User
from emr.shared.identifiers import is_npi
from interop.fhir.elements import Refused, Resource, codes, text, texts
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

_PAYER_KINDS = frozenset({"pay", "ins"})

#: How much of a payer's name the claim form has room for.
_LONGEST_NAME = 60


def map_organization(resource: Resource, links: Links, by: User) -> Mapped | None:
    """An insurer becomes a payer; any other organization has no table here and is kept as it was sent."""
    if not _PAYER_KINDS & set(codes(resource.get("type"), "type")):
        return None
    name = payer_name(resource, resource.text("name"))
    if not name:
        raise Refused("it has no name")
    known = Payer.objects.filter(name=name).first()
    if known is not None:
        resource.remark("an insurer of this name was on file and is used")
        return Mapped(known, columns=())
    row = Payer(created_by=by, name=name, type=PayerType.OTHER)
    return Mapped(links.one_row(row, name), columns=("name",))


def payer_name(resource: Resource, sent: str) -> str:
    """The name as the list of payers takes it."""
    if len(sent) > _LONGEST_NAME:
        resource.remark(f"a payer's name was cut to {_LONGEST_NAME} characters; the whole stands in the original")
    return sent[:_LONGEST_NAME].strip()


def map_practitioner(resource: Resource, links: Links, by: User) -> Mapped:
    """A clinician of elsewhere: named in the record, without an account and without a column on the schedule."""
    names = resource.objects("name")
    name = names[0] if names else {}
    family = text(name.get("family"), "name.family")
    if not family:
        raise Refused("it has no family name")
    npi = _npi(resource)
    known = Practitioner.objects.filter(npi=npi).first() if npi else None
    if known is not None:
        resource.remark("a practitioner with this NPI was on file and is used")
        return Mapped(known, columns=())
    row = Practitioner(
        family_name=family,
        given_name=" ".join(texts(name.get("given"), "name.given")),
        npi=npi,
        active=resource.flag("active") is not False,
        bookable=False,
    )
    return Mapped(links.one_row(row, npi) if npi else row, columns=("family_name", "given_name", "npi", "active"))


def _npi(resource: Resource) -> str:
    """The NPI, or an empty text without one that can be."""
    for item in resource.objects("identifier"):
        if text(item.get("system"), "identifier.system").endswith("us-npi"):
            value = text(item.get("value"), "identifier.value")
            if is_npi(value):
                return value
            resource.remark("a practitioner's NPI with a wrong check digit or length was left out")
    return ""
