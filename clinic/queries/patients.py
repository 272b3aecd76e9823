"""Finding patients: one box for a name in any order, a birth date in any format, a telephone number, an MRN."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.search import TrigramStrictWordSimilarity
from django.db import connection
from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Concat, Left, Upper
from django.utils import timezone

from clinic.choices import ContactSystem
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName
from clinic.queries.likeness import closeness
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
#: Names of which so little is alike are looked at (pg_trgm word similarity): "Gracia" and "Garcia" share 0.28.
_GLANCE = 0.28
#: How many of them are looked at closely.
_CANDIDATES = 200

#: The columns of a patient that a hit is told from.
_NAMES = ("family_name", "given_name", "middle_name", "preferred_name")
_SHOWN = (*_NAMES, "birth_date", "gender", "mrn", "deceased_at", "active", "restricted")
_ORDER = ("rank", "family_name", "given_name", "birth_date", "pk")


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
    """The patients of ``visible`` who fit what was typed, the best first. One query, or four when few fit exactly."""
    terms = read_terms(text)
    if terms.empty:
        return Hits(terms)
    rows = [describe(patient) for patient in with_details(_matching(terms, visible), visible)[: LIMIT + 1]]
    if len(rows) >= ENOUGH or not terms.words:
        return Hits(terms, tuple(rows[:LIMIT]), more=len(rows) > LIMIT)
    return Hits(terms, tuple(rows), tuple(_alike(terms, visible, [row.id for row in rows])))


def recent_patients(user_id: UUID, visible: QuerySet[Patient], count: int = 8) -> list[Hit]:
    """The patients whose record the user opened last, newest first. Two queries."""
    opened = (
        AccessEvent.objects.filter(user_id=user_id, action=AccessAction.VIEW, outcome=AccessOutcome.GRANTED)
        .order_by("-at")
        .values_list("patient_id", flat=True)[:300]
    )
    ids = list(dict.fromkeys(opened))[:count]
    return _described(ids, visible)


def with_details(patients: QuerySet[Patient], visible: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add what a hit shows beside the columns: address, telephone, a previous name, whether another is named alike."""
    address = PatientAddress.objects.filter(patient=OuterRef("pk"), period_end=None, entered_in_error_at=None)
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
    return Exists(
        visible.annotate(family=Upper("family_name"), first=Upper(Left("given_name", 3)))
        .filter(family=Upper(OuterRef("family_name")), first=Upper(Left(OuterRef("given_name"), 3)))
        .exclude(pk=OuterRef("pk"))
        .order_by()
    )


def has_namesake(patient: Patient, visible: QuerySet[Patient]) -> bool:
    """As :func:`named_alike`, for one patient. One query."""
    alike = visible.alias(first=Left("given_name", 3)).filter(
        family_name__iexact=patient.family_name, first__iexact=patient.given_name[:3]
    )
    return alike.exclude(pk=patient.pk).order_by().exists()


def full_name() -> Upper:
    """The expression over which the trigram index of names stands; any other misses the index."""
    return Upper(
        Concat("family_name", Value(" "), "given_name", Value(" "), "middle_name", Value(" "), "preferred_name")
    )


def _matching(terms: Terms, visible: QuerySet[Patient]) -> QuerySet[Patient]:
    found = visible.annotate(found_name=full_name())
    for word in terms.words:
        found = found.filter(_has_word(word) | Q(pk__in=_formerly(word)))
    return _narrowed(found, terms).annotate(rank=_rank(terms)).order_by(*_ORDER)


def _alike(terms: Terms, visible: QuerySet[Patient], known: list[UUID]) -> list[Hit]:
    """Who sounds or is typed alike, the likest first: judged by the names alone, then told in full."""
    candidates = _candidates(terms, visible).exclude(pk__in=known).only(*_NAMES)[:_CANDIDATES]
    close = [(closeness(terms.words, patient), patient.pk) for patient in candidates]
    best = sorted((pair for pair in close if pair[0]), key=lambda pair: -pair[0])[:ALIKE_LIMIT]
    return _described([pk for _, pk in best], visible)


def _described(ids: list[UUID], visible: QuerySet[Patient]) -> list[Hit]:
    """The patients of these keys in words and in this order. One query, none for nobody."""
    rows = with_details(visible.filter(pk__in=ids), visible).order_by() if ids else []
    found = {patient.pk: describe(patient) for patient in rows}
    return [found[pk] for pk in ids if pk in found]


def _candidates(terms: Terms, visible: QuerySet[Patient]) -> QuerySet[Patient]:
    """Names in which a typed word has its like, at a glance. The threshold is set for this transaction alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_GLANCE)])
    a_word, unlike = Q(), Value(0.0) - Value(0.0)
    for word in terms.words:
        a_word |= Q(found_name__trigram_word_similar=word)
        unlike -= TrigramStrictWordSimilarity(word, "found_name")
    found = visible.annotate(found_name=full_name()).filter(a_word)
    return _narrowed(found, terms).annotate(rank=unlike).order_by(*_ORDER)


def _narrowed(found: QuerySet[Patient], terms: Terms) -> QuerySet[Patient]:
    if terms.birth_dates:
        found = found.filter(birth_date__in=terms.birth_dates)
    return found.filter(_has_number(terms)) if terms.digits else found


def _has_word(word: str) -> Q:
    """Two letters are the beginning of a name; three or more may stand anywhere in it."""
    if len(word) < 3:
        return Q(family_name__istartswith=word) | Q(given_name__istartswith=word)
    return Q(found_name__contains=word)


def _formerly(word: str) -> QuerySet[PatientName, UUID]:
    return (
        PatientName.objects.filter(entered_in_error_at=None)
        .filter(Q(family_name__istartswith=word) | Q(given_name__istartswith=word))
        .values_list("patient_id", flat=True)
    )


def _has_number(terms: Terms) -> Q:
    """The digits begin an MRN or a telephone number, or end one, or are a birth date without marks."""
    digits = terms.digits
    numbers = Q(digits__startswith=digits) | Q(digits__startswith=f"1{digits}")
    if len(digits) >= 7:
        numbers |= Q(digits__endswith=digits)
    contacts = ContactPoint.objects.filter(numbers, entered_in_error_at=None).exclude(system=ContactSystem.EMAIL)
    found = Q(mrn__startswith=digits) | Q(pk__in=contacts.values_list("patient_id", flat=True))
    return found | Q(birth_date=terms.digits_date) if terms.digits_date else found


def _rank(terms: Terms) -> Case:
    """How well a patient fits: the whole MRN, then whole names, then their beginnings, then anything else."""
    whens = [When(mrn=terms.digits, then=Value(0))] if terms.digits else []
    if terms.words:
        first, last = terms.words[0], terms.words[-1]
        whens += [
            When(family_name__iexact=last, given_name__iexact=first, then=Value(1)),
            When(family_name__iexact=last, given_name__istartswith=first, then=Value(2)),
            When(family_name__iexact=first, given_name__istartswith=last, then=Value(3)),
            When(family_name__iexact=last, then=Value(4)),
            When(Q(given_name__iexact=first) | Q(preferred_name__iexact=first), then=Value(5)),
            When(family_name__istartswith=last, then=Value(6)),
            When(given_name__istartswith=first, then=Value(7)),
        ]
    return Case(*whens, default=Value(9), output_field=IntegerField())


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
