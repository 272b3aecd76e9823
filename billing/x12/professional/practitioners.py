"""Who referred, who gave the services and where: loops 2310A to 2310D, 2420A and 2420E."""

from __future__ import annotations

from dataclasses import dataclass

from billing.cms1500 import content
from billing.cms1500.form import (
    Form1500,
    Identifier,
    PersonName,
    Provider,
    ReferringProvider,
    ReferringRole,
    ServiceLine,
)
from billing.x12.professional.parties import TAXONOMY, taxonomy_of
from billing.x12.professional.spelling import Speller, segment

_REFERRER = ("0B", "1G", "G2")
_RENDERER = ("0B", "1G", "G2", "LU")
_PLACE = ("0B", "G2", "LU")
#: The patient's home has no place of service in box 32.
_HOME = "12"


@dataclass(frozen=True, slots=True)
class Renderer:
    """Who gave a service, as both drawings tell it: name, NPI, taxonomy, and box 24I/J's second number."""

    name: PersonName
    npi: str
    taxonomy: str
    other_id: Identifier | None


def renderer(line: ServiceLine) -> Renderer | None:
    """The practitioner of one line; None where the line names none."""
    known = line.rendering
    if known is not None:
        return Renderer(known.name, known.npi, known.taxonomy, line.rendering_id)
    if not line.rendering_npi and line.rendering_id is None:
        return None
    return Renderer(PersonName(), line.rendering_npi, "", line.rendering_id)


def renderer_of_claim(form: Form1500) -> Renderer | None:
    """The practitioner whom lines without one of their own in loop 2420A have: that of the claim, or of line 1."""
    told = [found for line in form.service_lines if (found := renderer(line)) is not None]
    if form.rendering is None:
        return told[0] if told else None
    same = [found for found in told if found.npi == form.rendering.npi]
    own = form.rendering
    return same[0] if same else Renderer(own.name, own.npi, own.taxonomy, None)


def claim_practitioners(spell: Speller, form: Form1500) -> list[str]:
    """2310A, 2310B, 2310C and 2310D."""
    main = renderer_of_claim(form)
    return [
        *_referrer(spell, form.referring_provider, ReferringRole.REFERRING, _REFERRER),
        *(rendering(spell, "24J", main) if main is not None and main.npi != form.billing_provider.npi else []),
        *_place(spell, form),
        *_referrer(spell, form.referring_provider, ReferringRole.SUPERVISING, _RENDERER),
    ]


def line_practitioners(spell: Speller, form: Form1500, line: ServiceLine, n: int) -> list[str]:
    """2420A where the line's practitioner isn't the claim's, and 2420E for who ordered."""
    own, main = renderer(line), renderer_of_claim(form)
    if line.rendering is not None and line.rendering_npi and line.rendering_npi != line.rendering.npi:
        spell.fault(f"24J.{n}", f"prints the NPI {line.rendering_npi}, but {line.rendering.npi} gave the service")
    return [
        *(rendering(spell, f"24J.{n}", own) if own is not None and own != main else []),
        *_referrer(spell, form.referring_provider, ReferringRole.ORDERING, _REFERRER),
    ]


def rendering(spell: Speller, box: str, person: Renderer) -> list[str]:
    """NM1*82 with its taxonomy and second number."""
    taxonomy = taxonomy_of(spell, box, person.taxonomy, person.other_id)
    named = spell.name(box, person.name, "the rendering practitioner")
    npi = spell.say(box, content.identifier, person.npi, 10, least=10, need="NPI of the rendering practitioner")
    other = person.other_id
    return [
        segment("NM1", "82", "1", *named, "XX", npi),
        *([segment("PRV", "PE", "PXC", taxonomy)] if taxonomy else []),
        *(spell.identifiers(box, other, _RENDERER) if other is not None and other.qualifier != TAXONOMY else []),
    ]


def _referrer(
    spell: Speller, who: ReferringProvider | None, role: ReferringRole, qualifiers: tuple[str, ...]
) -> list[str]:
    """Box 17, in the loop of its role."""
    if who is None or who.role is not role:
        return []
    npi = spell.say("17b", content.identifier, who.npi, 10, least=10)
    return [
        segment("NM1", role.value, "1", *spell.name("17", who.name, "the practitioner"), *(("XX", npi) if npi else ())),
        *spell.identifiers("17a", who.other_id, qualifiers),
    ]


def _place(spell: Speller, form: Form1500) -> list[str]:
    """Box 32, where it isn't where box 33 is."""
    place = form.service_facility
    if place is None or _same_place(place, form.billing_provider):
        return []
    if all(line.place_of_service == _HOME for line in form.service_lines):
        spell.fault("32", "names a place, but the services were given at the patient's home (24B is 12)")
    name = spell.say("32", content.words, place.name, 60, need="name of the place of service")
    npi = spell.say("32a", content.identifier, place.npi, 10, least=10)
    number = ("XX", npi) if npi else ()
    return [
        segment("NM1", "77", "2", name, "", "", "", "", *number),
        *spell.address("32", place.address, "the place of service"),
        *spell.identifiers("32b", place.other_id, _PLACE),
    ]


def _same_place(place: Provider, biller: Provider) -> bool:
    return (place.name, place.address, place.npi, place.other_id) in (
        (biller.name, biller.address, biller.npi, None),
        (biller.name, biller.address, "", None),
    )
