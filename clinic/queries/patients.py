"""Finding patients: one box for a name in any order, a birth date in any format, a telephone number, an MRN."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, Left
from django.utils import timezone

from clinic.choices import AddressUse, ContactSystem
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName
from clinic.models.name_search import folded_column
from clinic.queries.addresses import in_use
from clinic.queries.search_alike import alike_keys
from clinic.queries.search_stages import LAST, NAMES, begins, fit, name_fold, readings, sure_keys, with_names
from clinic.queries.search_terms import Terms, read_terms
from emr.audit.models import AccessAction, AccessEvent, AccessOutcome
from emr.shared.dates import age_text, clinic_today
from emr.ui import formats

#: How many hits one page shows. Who wants more adds a second identifier.
LIMIT = 25
#: With fewer hits than this the search also looks for names that sound or are typed alike.
ENOUGH = 5
#: How many names alike are shown.
ALIKE_LIMIT = 10
_SHOWN = (*NAMES, "birth_date", "gender", "mrn", "deceased_at", "active", "restricted")


@dataclass(frozen=True)
class Hit:
    """A patient found, in words, with enough identifiers to tell two of a name apart."""

    id: UUID
    name: str
    preferred: str
    born: str
    age: str
    sex: str
    mrn: str
    place: str
    phone: str
    previous_name: str
    deceased: bool
    inactive: bool
    restricted: bool
    similar: bool
    """Another patient has this family name and a given name that begins alike."""


@dataclass(frozen=True)
class Hits:
    """The answer: the hits, and whether there are more than are shown. ``alike`` come from a likeness alone."""

    terms: Terms
    rows: tuple[Hit, ...] = ()
    alike: tuple[Hit, ...] = ()
    more: bool = False

    @property
    def all(self) -> tuple[Hit, ...]:
        """All hits, the surer ones first."""
        return self.rows + self.alike


def find_patients(text: str, visible: QuerySet[Patient]) -> Hits:
    """The patients of ``visible`` who fit what was typed, the best first.

    Three queries where something typed is rare, more with each thing that isn't; the last has the hits in words.
    """
    terms = read_terms(text)
    if terms.empty:
        return Hits(terms)
    read = readings(terms)
    tried = ((words, sure_keys(terms, words, visible, LIMIT + 1)) for words in read)
    words, sure = next(((words, keys) for words, keys in tried if keys), (read[0], []))
    near: list[UUID] = []
    if len(sure) < ENOUGH and words:
        for alike in [words] if sure else read:
            near += alike_keys(terms, alike, visible, sure + near, ALIKE_LIMIT - len(near))
    # These keys are of visible ones already: to ask again would plan half a millisecond more.
    found = _found(sure[:LIMIT] + near, Patient.objects.all(), visible)
    best = sorted((found[pk] for pk in sure[:LIMIT] if pk in found), key=lambda one: fit(terms, words, one))
    others = [found[pk] for pk in near if pk in found]
    return Hits(terms, tuple(map(describe, best)), tuple(map(describe, others)), more=len(sure) > LIMIT)


def recent_patients(user_id: UUID, visible: QuerySet[Patient], count: int = 8) -> list[Hit]:
    """The patients whose record the user opened last, newest first. Two queries."""
    opened = (
        AccessEvent.objects.filter(user_id=user_id, action=AccessAction.VIEW, outcome=AccessOutcome.GRANTED)
        .order_by("-at")
        .values_list("patient_id", flat=True)[:300]
    )
    ids = list(dict.fromkeys(opened))[:count]
    found = _found(ids, visible, visible)
    return [describe(found[pk]) for pk in ids if pk in found]


def with_details(patients: QuerySet[Patient], visible: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add what a hit shows beside the columns: address, telephone, a previous name, whether another is named alike."""
    address = PatientAddress.objects.filter(in_use(clinic_today()), patient=OuterRef("pk")).order_by(
        Case(When(use=AddressUse.HOME, then=0), default=1), F("period_start").desc(nulls_last=True), "pk"
    )
    contact = ContactPoint.objects.filter(
        patient=OuterRef("pk"), system=ContactSystem.PHONE, period_end=None, entered_in_error_at=None
    ).order_by("rank", "created_at")
    former = PatientName.objects.filter(patient=OuterRef("pk"), entered_in_error_at=None).order_by("-created_at")
    return patients.only(*_SHOWN).annotate(
        found_place=Subquery(address.values(place=Concat("line1", Value(", "), "city"))[:1]),
        found_phone=Subquery(contact.values("value")[:1]),
        found_former=Subquery(former.values(full=Concat("given_name", Value(" "), "family_name"))[:1]),
        found_similar=named_alike(visible),
    )


def named_alike(visible: QuerySet[Patient]) -> Exists:
    """Whether another patient of ``visible`` has the family name, and a given name with the same three first letters.

    It asks among the visible ones, because an alert must not give a restricted chart away.
    """
    first = Left(folded_column(OuterRef("given_name")), 3)
    return Exists(
        with_names(visible)
        .alias(first=Left("given", 3))
        # The range says no more than the equality does; by it the index is used.
        .filter(given__gte=first, given__lt=Concat(first, Value(LAST)), first=first)
        .filter(family=folded_column(OuterRef("family_name")))
        .exclude(pk=OuterRef("pk"))
        .order_by()
    )


def has_namesake(patient: Patient, visible: QuerySet[Patient]) -> bool:
    """As :func:`named_alike`, for one patient. One query."""
    first = name_fold(patient.given_name)[:3]
    alike = with_names(visible).alias(first=Left("given", 3))
    alike = alike.filter(begins("given", first), first=first, family=name_fold(patient.family_name))
    return bool(alike.exclude(pk=patient.pk).order_by().exists())


def _found(ids: list[UUID], among: QuerySet[Patient], visible: QuerySet[Patient]) -> dict[UUID, Patient]:
    """The patients of these keys with what a hit shows. One query, none for nobody."""
    rows = with_details(among.filter(pk__in=ids), visible).order_by() if ids else []
    return {patient.pk: patient for patient in rows}


def describe(patient: Patient) -> Hit:
    """The patient in words. It needs what :func:`with_details` adds."""
    found = vars(patient)
    return Hit(
        id=patient.pk,
        name=f"{patient.family_name.upper()}, {' '.join(filter(None, [patient.given_name, patient.middle_name]))}",
        preferred=patient.preferred_name,
        born=formats.day(patient.birth_date),
        age=age_words(patient),
        sex=patient.get_gender_display(),
        mrn=formats.mrn(patient.mrn),
        place=found["found_place"] or "",
        phone=formats.phone(found["found_phone"]),
        previous_name=found["found_former"] or "",
        deceased=patient.deceased_at is not None,
        inactive=not patient.active,
        restricted=patient.restricted,
        similar=found["found_similar"],
    )


def age_words(patient: Patient) -> str:
    """``(61y)`` today, or at death."""
    day = timezone.localdate(patient.deceased_at) if patient.deceased_at else clinic_today()
    return f"({age_text(patient.birth_date, day)})"
