"""Intake of one patient: what is missing, what was answered, which ways in are open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from clinic.actions.intake_links import why_closed
from clinic.intaking import PublicationStatus
from clinic.models import Consent, ConsentForm, IntakeAsk, IntakeLink, Patient, Questionnaire, QuestionnaireResponse
from clinic.queries.consents import consents_among, consents_of, forms_in_force, standing

#: How long an unanswered questionnaire is told of as missing.
_WANTED_FOR = timedelta(days=30)
_WORDS = {
    "missing": "Not signed",
    "outdated": "Signed before, to be signed again",
    "withdrawn": "Taken back",
    "refused": "Refused",
    "unanswered": "Asked, not answered",
}


@dataclass(frozen=True)
class Missing:
    """One thing that is missing at check-in: a text (``consent``) or a questionnaire.

    ``state`` is ``missing``, ``outdated``, ``withdrawn`` or ``unanswered``, ``words`` says it; ``url_name`` with the
    patient's key is where to see to it.
    """

    kind: str
    label: str
    state: str
    words: str
    url_name: str = "clinic:intake_send"


@dataclass(frozen=True)
class Standing:
    """A text in force, and how the patient stands to it."""

    form: ConsentForm
    state: str
    words: str
    consent: Consent | None


def missing_for(patient: Patient, day: date) -> list[Missing]:
    """Texts that everybody is asked to sign and the patient has not, in the version in force on the day, and
    questionnaires that were asked within 30 days and not answered since, by the patient or through staff. Three
    queries.

    A refusal is an answer: what was refused is not asked again by itself.
    """
    return missing_among([patient.pk], day)[patient.pk]


def missing_among(patients: Collection[UUID], day: date) -> dict[UUID, list[Missing]]:
    """What ``missing_for`` tells of one, of many patients by their keys. Three queries however many they are."""
    forms = [form for form in forms_in_force(day) if form.required]
    consents = defaultdict(list)
    for consent in consents_among(patients):
        consents[consent.patient_id].append(consent)
    asked = _unanswered(patients)
    return {key: [*_unsigned(forms, consents[key], day), *asked[key]] for key in patients}


def _unsigned(forms: Iterable[ConsentForm], consents: Sequence[Consent], day: date) -> Iterator[Missing]:
    for form in forms:
        state, _ = standing(form, consents, day)
        if state not in {"signed", "refused"}:
            yield Missing("consent", form.title, state, _WORDS[state])


def _unanswered(patients: Collection[UUID]) -> dict[UUID, list[Missing]]:
    since = timezone.now() - _WANTED_FOR
    since_then = QuestionnaireResponse.objects.filter(
        patient=OuterRef("link__patient"),
        questionnaire=OuterRef("questionnaire"),
        authored_at__gte=OuterRef("link__created_at"),
        entered_in_error_at=None,
    )
    asks = (
        IntakeAsk.objects.filter(link__patient__in=patients, link__withdrawn_at=None, link__created_at__gte=since)
        .filter(questionnaire__isnull=False, questionnaire__status=PublicationStatus.ACTIVE)
        .select_related("link", "questionnaire")
        .annotate(answered=Exists(since_then))
        .order_by("-link__created_at", "rank")
    )
    newest: dict[tuple[UUID, UUID | None], tuple[str, bool]] = {}
    for ask in asks:
        newest.setdefault((ask.link.patient_id, ask.questionnaire_id), (ask.title, ask.answered))
    found: dict[UUID, list[Missing]] = defaultdict(list)
    for (patient, _), (title, answered) in newest.items():
        if not answered:
            found[patient].append(Missing("questionnaire", title, "unanswered", _WORDS["unanswered"]))
    return found


def standings(patient: Patient, day: date) -> list[Standing]:
    """How a patient stands to each text in force on a day. Two queries."""
    consents = consents_of(patient)
    found = []
    for form in forms_in_force(day):
        state, consent = standing(form, consents, day)
        found.append(Standing(form, state, _WORDS.get(state, "Signed"), consent))
    return found


def askable() -> list[Questionnaire]:
    """The questionnaires in use: the patient's details first, scored ones last."""
    rows = Questionnaire.objects.filter(status=PublicationStatus.ACTIVE)
    rank = ("demographics", "history", "scored")
    return sorted(rows, key=lambda row: (rank.index(row.purpose), row.title))


def responses_of(patient: Patient) -> list[QuestionnaireResponse]:
    """All that a patient answered or began to, newest first."""
    rows = patient.questionnaire_responses.filter(entered_in_error_at=None)
    return list(rows.select_related("questionnaire", "reviewed_by", "created_by").order_by("-created_at")[:100])


@dataclass(frozen=True)
class WayIn:
    """A way in that was given, and why it is closed, if it is."""

    link: IntakeLink
    asked: list[str]
    closed: str


def ways_in(patient: Patient) -> list[WayIn]:
    """The ways in that were given to a patient, newest first. Two queries."""
    rows = patient.intake_links.select_related("created_by").prefetch_related("asks__questionnaire", "asks__form")
    now = timezone.now()
    return [
        WayIn(
            link,
            [ask.title for ask in link.asks.all()],
            why_closed(link, now),
        )
        for link in rows.order_by("-created_at")[:20]
    ]
