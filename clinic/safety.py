"""What speaks against a drug: allergies, duplicates, interactions. Facts in, alerts out; no database.

What could not be checked is said as loudly as what was found: an empty list of alerts without its ``unchecked`` would
be taken for safety.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clinic.choices import AllergyCriticality, AllergyType
from clinic.drugs import drugs, named_in
from clinic.models.safety import AlertKind, AlertLevel

#: A code of a code system: (system's URL, code).
Code = tuple[str, str]
_ORDER = {AlertLevel.STOP: 0, AlertLevel.WARNING: 1, AlertLevel.NOTE: 2}
_STOP, _WARNING = AlertLevel.STOP, AlertLevel.WARNING
_ALLERGY_WORDS = frozenset({"allergy", "allergic", "to", "intolerance", "of", "drug", "drugs", "the"})
_LIST = "The clinic's allergy list"


@dataclass(frozen=True, slots=True)
class Interaction:
    """What a knowledge base says of two codes."""

    level: AlertLevel
    text: str
    source: str


@dataclass(frozen=True)
class Knowledge:
    """What imported knowledge bases say of the codes at hand.

    ``ingredients`` and ``classes`` lead from a code to codes, ``labels`` name them. ``interactions`` are kept by pairs
    of codes. ``sources`` names each base in use by its kind; a kind that is missing was never imported. ``interacting``
    are the codes at hand that stand in any interaction at all, ``stale`` says of bases that they are old.
    """

    ingredients: Mapping[Code, frozenset[Code]] = field(default_factory=dict)
    classes: Mapping[Code, frozenset[Code]] = field(default_factory=dict)
    interactions: Mapping[frozenset[Code], Interaction] = field(default_factory=dict)
    labels: Mapping[Code, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    interacting: frozenset[Code] = frozenset()
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class Substance:
    """A drug or an allergen, as far as it is known. ``key`` is that of the row that names it; a drug yet to be entered
    has none. ``codes`` are its own and its ingredients'.
    """

    key: str
    display: str
    names: frozenset[str]
    codes: frozenset[Code]
    classes: frozenset[str]
    class_codes: frozenset[Code]
    words: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether more is known of it than its own name."""
        return bool(self.names or self.classes or self.class_codes or len(self.codes) > 1)


@dataclass(frozen=True)
class Allergen:
    """An allergy on file."""

    substance: Substance
    type: str = AllergyType.ALLERGY
    criticality: str = ""
    reactions: str = ""


@dataclass(frozen=True)
class Alert:
    """One warning. ``key`` is the same as long as the warning is the same: a reason given belongs to it alone."""

    kind: AlertKind
    level: AlertLevel
    drug: str
    against: str
    message: str
    source: str
    key: str


@dataclass(frozen=True)
class Check:
    """The answer of all checks. ``sources`` is what they asked, ``unchecked`` what they could not."""

    alerts: tuple[Alert, ...] = ()
    unchecked: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[Alert, ...]:
        """The alerts past which nobody goes without a reason."""
        return tuple(alert for alert in self.alerts if alert.level == _STOP)

    @property
    def warnings(self) -> tuple[Alert, ...]:
        """The others."""
        return tuple(alert for alert in self.alerts if alert.level != _STOP)


def substance(key: str, display: str, code: Code | None, knowledge: Knowledge) -> Substance:
    """What is known of a drug or an allergen by its code and its words."""
    named, known = named_in(display), drugs()
    own = {code} if code else set()
    codes = own | {one for part in own for one in knowledge.ingredients.get(part, ())}
    class_codes = {one for part in codes for one in knowledge.classes.get(part, ())}
    classes = set(named.classes).union(*(known.classes_of(name) for name in named.ingredients))
    words = tuple(word for word in _words(display) if word not in _ALLERGY_WORDS)
    return Substance(
        key, display, named.ingredients, frozenset(codes), frozenset(classes), frozenset(class_codes), words
    )


def check_drug(
    drug: Substance, taken: Iterable[Substance], allergies: Iterable[Allergen], knowledge: Knowledge
) -> tuple[Alert, ...]:
    """All alerts about a drug beside those that are taken, the gravest first."""
    found: list[Alert] = []
    for allergy in allergies:
        found += _against_allergy(drug, allergy, knowledge)
    for other in taken:
        found += _beside(drug, other, knowledge)
    return tuple(sorted(found, key=by_weight))


def unchecked(
    allergies: Iterable[Allergen], asked: Sequence[Substance], knowledge: Knowledge, beside: Iterable[Substance] = ()
) -> Iterator[str]:
    """What the checks could not look at, in sentences. ``beside`` are the other drugs of the list."""
    yield from knowledge.stale
    if "interactions" not in knowledge.sources:
        yield "Interactions were not checked: no knowledge base of interactions is loaded."
    elif strange := [one.display for one in (*asked, *beside) if not one.codes & knowledge.interacting]:
        yield f"The knowledge base of interactions says nothing of: {', '.join(dict.fromkeys(strange))}."
    unknown = [one.display for one in (*(allergy.substance for allergy in allergies), *asked) if not one.known]
    if unknown:
        yield f"Compared by their words alone, because their ingredients are not known: {', '.join(unknown)}."


def by_weight(alert: Alert) -> int:
    """What stops comes first."""
    return _ORDER[alert.level]


def sources(knowledge: Knowledge) -> tuple[str, ...]:
    """What the checks asked, in words."""
    return (drugs().source, *knowledge.sources.values())


def _against_allergy(drug: Substance, allergy: Allergen, knowledge: Knowledge) -> Iterator[Alert]:
    allergen = allergy.substance
    grave = allergy.type == AllergyType.ALLERGY or allergy.criticality == AllergyCriticality.HIGH
    level = _STOP if grave else _WARNING
    word = "An allergy" if allergy.type == AllergyType.ALLERGY else "An intolerance"
    told = f"{allergen.display} ({allergy.reactions})" if allergy.reactions else allergen.display
    if shared := _shared_ingredient(drug, allergen, knowledge):
        said = f"{word} to {told} is on file, and {drug.display} contains {shared}."
    elif shared := _shared_class(drug, allergen, knowledge):
        said = f"{word} to {told} is on file, and {drug.display} is of the same class: {shared}."
    elif shared := _related(drug, allergen, "related"):
        level, said = _WARNING, f"{word} to {told} is on file. It may extend to {shared}, such as {drug.display}."
    else:
        return
    yield _alert(AlertKind.ALLERGY, level, drug, allergen, said, _LIST)


def _beside(drug: Substance, other: Substance, knowledge: Knowledge) -> Iterator[Alert]:
    if shared := _shared_ingredient(drug, other, knowledge):
        said = f"{drug.display} and {other.display} both contain {shared}."
        yield _alert(AlertKind.DUPLICATE, _STOP, drug, other, said, "The medication list")
    elif shared := _shared_class(drug, other, knowledge):
        said = f"{drug.display} and {other.display} are of the same class: {shared}."
        yield _alert(AlertKind.DUPLICATE, _WARNING, drug, other, said, "The medication list")
    elif shared := _related(drug, other, "alike"):
        said = (
            f"{drug.display} and {other.display} have the same effect: {shared} and {', '.join(sorted(other.classes))}."
        )
        yield _alert(AlertKind.DUPLICATE, _WARNING, drug, other, said, "The medication list")
    for one in sorted(drug.codes):
        for two in sorted(other.codes):
            if found := knowledge.interactions.get(frozenset({one, two})):
                said = f"{drug.display} with {other.display}: {found.text}"
                yield _alert(AlertKind.INTERACTION, found.level, drug, other, said, found.source)
                return


def _shared_ingredient(one: Substance, two: Substance, knowledge: Knowledge) -> str:
    """The ingredient that both have, in words; empty if they have none in common."""
    if names := one.names & two.names:
        return " and ".join(sorted(names))
    if codes := one.codes & two.codes:
        return " and ".join(sorted(knowledge.labels.get(code, two.display) for code in codes))
    if one.known and two.known:
        return ""
    # What is known by its words alone is the same where the shorter name stands whole in the longer one.
    short, long = sorted((_core(one), _core(two)), key=len)
    runs = (long[at : at + len(short)] for at in range(len(long) - len(short) + 1))
    return " ".join(short) if short and short in runs else ""


def _shared_class(one: Substance, two: Substance, knowledge: Knowledge) -> str:
    labels = {knowledge.labels.get(code, code[1]) for code in one.class_codes & two.class_codes}
    return ", ".join(sorted(labels | (one.classes & two.classes)))


def _related(one: Substance, two: Substance, how: str) -> str:
    known = drugs().classes
    near = frozenset().union(*(getattr(known[name], how) for name in two.classes))
    return ", ".join(sorted(one.classes & near))


def _alert(kind: AlertKind, level: AlertLevel, drug: Substance, other: Substance, message: str, source: str) -> Alert:
    digest = hashlib.sha256("\x1f".join((kind, level, drug.display, other.key, message)).encode()).hexdigest()
    return Alert(kind, level, drug.display, other.display, message[:1000], source[:200], digest[:16])


def _core(drug: Substance) -> tuple[str, ...]:
    """The words before strength and form: ``abacavir`` of ``1 ML abacavir 20 MG/ML Solution``."""
    words = list(drug.words)
    while words and (words[0][0].isdigit() or words[0] in {"ml", "hr", "mg", "actuat"}):
        words.pop(0)
    end = next((at for at, word in enumerate(words) if word[0].isdigit()), len(words))
    return tuple(words[:end])


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter in "-'" else " " for letter in text.lower()).split()
