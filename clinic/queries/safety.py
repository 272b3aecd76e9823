"""The safety checks of a patient's drugs: chart and knowledge bases, read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from clinic.choices import AllergyClinicalStatus, MedicationStatus
from clinic.models import (
    AllergyIntolerance,
    KnowledgeBase,
    KnowledgeLink,
    MedicationStatement,
    Patient,
    SafetyOverride,
)
from clinic.models.safety import AlertLevel, KnowledgeKind
from clinic.queries.allergies import reaction_words
from clinic.safety import (
    Alert,
    Allergen,
    Check,
    Code,
    Interaction,
    Knowledge,
    Substance,
    by_weight,
    check_drug,
    sources,
)
from clinic.safety import substance as known_of
from clinic.safety import unchecked as not_checked
from emr.codes.coding import Coding

#: From when on a knowledge base is told to be old.
STALE = timedelta(days=365)
_TAKEN = (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD, MedicationStatus.INTENDED)


def check_new_drug(patient: Patient, coding: Coding, *, besides: UUID | None = None) -> Check:
    """All checks of a drug for a patient. ``besides`` is the row of the list that is this very drug. Eight queries."""
    return Checked(patient, [coding]).of_drug(coding, besides=besides)


def standing_alerts(patient: Patient) -> tuple[Check, list[tuple[MedicationStatement, Alert]]]:
    """The alerts about what the patient takes now, each pair of drugs once; the check says what it rests on."""
    checked = Checked(patient, [])
    found = []
    for at, (row, drug) in enumerate(zip(checked.rows, checked.taken, strict=True)):
        coding = Coding(row.system, row.code, row.display)
        earlier = zip(checked.rows[:at], checked.taken, strict=False)
        others = [one for before, one in earlier if not _same(before, coding, None)]
        alerts = check_drug(drug, others, checked.allergies, checked.knowledge)
        found += [(row, alert) for alert in alerts]
    rest = Check(tuple(alert for _, alert in found), checked.unchecked(checked.taken), sources(checked.knowledge))
    return rest, sorted(found, key=lambda pair: by_weight(pair[1]))


class Checked:
    """The patient's drugs and allergies beside the knowledge bases in use."""

    def __init__(self, patient: Patient, codings: Iterable[Coding]) -> None:
        self.rows = list(
            patient.medications.filter(entered_in_error_at=None, status__in=_TAKEN).order_by("created_at", "pk")
        )
        on_file = list(_allergies(patient))
        self.asked = bool(on_file)
        allergies = [row for row in on_file if not row.none_known]
        coded = [
            *((row.system, row.code) for row in self.rows),
            *((row.system, row.code) for row in allergies),
            *((one.system, one.code) for one in codings),
        ]
        self.knowledge = _knowledge(frozenset(pair for pair in coded if pair[1]))
        self.taken = [self.substance(str(row.pk), row.display, _code(row.system, row.code)) for row in self.rows]
        self.allergies = [
            Allergen(
                self.substance(str(row.pk), row.display, _code(row.system, row.code)),
                row.type,
                row.criticality,
                reaction_words(row),
            )
            for row in allergies
        ]

    def substance(self, key: str, display: str, code: Code | None) -> Substance:
        """What is known of a drug or an allergen."""
        return known_of(key, display, code, self.knowledge)

    def of_drug(self, coding: Coding, *, besides: UUID | None = None) -> Check:
        """All checks of one drug."""
        drug = self.substance("new", coding.display, _code(coding.system, coding.code))
        # The same drug once more is refused by the list itself; here it would be warned of twice.
        others = [one for row, one in zip(self.rows, self.taken, strict=True) if not _same(row, coding, besides)]
        alerts = check_drug(drug, others, self.allergies, self.knowledge)
        return Check(alerts, self.unchecked([drug], others), sources(self.knowledge))

    def unchecked(self, asked: Sequence[Substance], beside: Iterable[Substance] = ()) -> tuple[str, ...]:
        """What could not be checked, in sentences."""
        said = (
            () if self.asked else ("Allergies are not recorded: there is nothing to check against. Ask the patient.",)
        )
        return (*said, *not_checked(self.allergies, asked, self.knowledge, beside))


def _allergies(patient: Patient) -> Iterable[AllergyIntolerance]:
    current = patient.allergies.filter(clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None)
    return current.prefetch_related("reactions").order_by("display")


@dataclass(frozen=True)
class Standing:
    """A warning about what is taken now, and why it was passed, if it was."""

    medication: MedicationStatement
    alert: Alert
    passed: SafetyOverride | None


def standing_with_reasons(patient: Patient) -> tuple[Check, list[Standing]]:
    """As :func:`standing_alerts`, each beside the newest reason given for it. Nine queries."""
    check, found = standing_alerts(patient)
    given: dict[tuple[object, ...], SafetyOverride] = {}
    for row in overrides_of(patient).reverse():
        given[row.medication_id, row.kind, row.against] = row
    return check, [Standing(row, alert, given.get((row.pk, alert.kind, alert.against))) for row, alert in found]


def unanswered(medication: MedicationStatement) -> list[Alert]:
    """The alerts that stop a drug of the list and for which nobody gave a reason."""
    answered = reasons_before(medication)
    return [alert for alert, reason in answered if not reason]


def reasons_before(medication: MedicationStatement) -> list[tuple[Alert, str]]:
    """Each alert that stops a drug of the list, beside the newest reason to go on, empty where nobody gave one."""
    coding = Coding(medication.system, medication.code, medication.display)
    check = check_new_drug(medication.patient, coding, besides=medication.pk)
    rows = medication.safety_overrides.order_by("created_at").values_list("kind", "against", "reason")
    given = {(kind, against): reason for kind, against, reason in rows}
    return [(alert, given.get((alert.kind.value, alert.against), "")) for alert in check.stops]


def overrides_of(patient: Patient) -> QuerySet[SafetyOverride]:
    """The reasons given for this patient, newest first."""
    return patient.safety_overrides.select_related("medication", "created_by").order_by("-created_at")


def _same(row: MedicationStatement, coding: Coding, besides: UUID | None) -> bool:
    if row.pk == besides:
        return True
    if coding.code:
        return (row.system, row.code) == (coding.system, coding.code)
    return not row.code and row.display.casefold() == coding.display.casefold()


def _knowledge(codes: frozenset[Code]) -> Knowledge:
    """What the bases in use say of these codes: five queries, however long their lists are."""
    bases = {base.pk: base for base in KnowledgeBase.objects.filter(retired_at=None)}
    labels: dict[Code, str] = {}
    ingredients = _forward(bases, KnowledgeKind.INGREDIENTS, codes, labels)
    codes |= {code for found in ingredients.values() for code in found}
    classes = _forward(bases, KnowledgeKind.CLASSES, codes, labels)
    interactions: dict[frozenset[Code], Interaction] = {}
    first, second = _either("first", codes), _either("second", codes)
    links = KnowledgeLink.objects.filter(base__in=_of(bases, KnowledgeKind.INTERACTIONS))
    for link in links.filter(first & second) if codes else ():
        pair = frozenset({(link.first_system, link.first_code), (link.second_system, link.second_code)})
        interactions[pair] = Interaction(AlertLevel(link.level), link.text, str(bases[link.base_id]))
    told = {str(base.kind): f"{base.name} ({base.version})" for base in bases.values()}
    stale = tuple(
        f"{base.name} {base.version} was loaded on {base.imported_at:%d-%b-%Y}: what is newer is not known."
        for base in bases.values()
        if base.imported_at < timezone.now() - STALE
    )
    return Knowledge(ingredients, classes, interactions, labels, told, _interacting(links, first, second), stale)


def _interacting(links: QuerySet[KnowledgeLink], first: Q, second: Q) -> frozenset[Code]:
    """Which of the codes stand in any interaction: a drug of which a base says nothing was not checked by it."""
    one = links.filter(first).order_by().values_list("first_system", "first_code").distinct()
    two = links.filter(second).order_by().values_list("second_system", "second_code").distinct()
    return frozenset(one.union(two))


def _forward(
    bases: dict[UUID, KnowledgeBase], kind: KnowledgeKind, codes: frozenset[Code], labels: dict[Code, str]
) -> dict[Code, frozenset[Code]]:
    """Where codes lead in the base of a kind; the link's text names what it leads to."""
    found: dict[Code, set[Code]] = defaultdict(set)
    links = KnowledgeLink.objects.filter(base__in=_of(bases, kind)).filter(_either("first", codes))
    for link in links if codes else ():
        target = (link.second_system, link.second_code)
        found[link.first_system, link.first_code].add(target)
        labels[target] = link.text or link.second_code
    return {code: frozenset(targets) for code, targets in found.items()}


def _of(bases: dict[UUID, KnowledgeBase], kind: KnowledgeKind) -> list[UUID]:
    return [key for key, base in bases.items() if base.kind == kind]


def _either(side: str, codes: frozenset[Code]) -> Q:
    by_system: dict[str, list[str]] = defaultdict(list)
    for system, code in sorted(codes):
        by_system[system].append(code)
    wanted = Q(pk=None)
    for system, listed in by_system.items():
        wanted |= Q(**{f"{side}_system": system, f"{side}_code__in": listed})
    return wanted


def _code(system: str, code: str) -> Code | None:
    return (system, code) if code else None
