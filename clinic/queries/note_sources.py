"""What a writer can bring into a note: what the patient answered before the visit, and what earlier notes say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Prefetch

from clinic.exam import label_of
from clinic.intaking import QuestionnairePurpose, ResponseStatus, ReviewState
from clinic.models import Note, NoteSection, Patient, QuestionnaireResponse
from clinic.note_keys import in_order, key_of
from clinic.questionnaires.answers import in_words
from clinic.questionnaires.items import parse_items
from clinic.questionnaires.scoring import alerts, band_of, parse_bands
from clinic.rules import notes_visible_to
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

#: Answers that are older belong to another visit.
DAYS = 60
#: Of earlier notes, how many stand beside the one that is written.
EARLIER = 3


@dataclass(frozen=True)
class Answered:
    """Answers of the patient in words. ``alerts`` are those that a clinician must see at once."""

    id: str
    title: str
    when: str
    text: str
    alerts: list[str]


@dataclass(frozen=True)
class EarlierPart:
    """One text of an earlier note."""

    key: str
    label: str
    text: str


@dataclass(frozen=True)
class EarlierNote:
    """An earlier signed note whose text may be copied."""

    id: str
    title: str
    when: str
    parts: list[EarlierPart]


def answered_before(patient: Patient) -> list[Answered]:
    """What the patient answered about health in the last weeks, newest first; not what was left out of the chart.

    One query.
    """
    rows = (
        QuestionnaireResponse.objects.filter(
            patient=patient,
            status__in=[ResponseStatus.COMPLETED, ResponseStatus.AMENDED],
            entered_in_error_at=None,
            authored_at__date__gte=clinic_today() - timedelta(days=DAYS),
        )
        .exclude(review=ReviewState.REJECTED)
        .exclude(questionnaire__purpose=QuestionnairePurpose.DEMOGRAPHICS)
        .select_related("questionnaire")
        .order_by("-authored_at")
    )
    return [_answered(row, patient) for row in rows]


def answers_in_words(patient: Patient) -> str:
    """All of :func:`answered_before` as one text."""
    return "\n".join(one.text for one in answered_before(patient)) or "No answers before this visit."


def earlier_notes(note: Note, user: User) -> list[EarlierNote]:
    """The newest signed notes of the patient that ``user`` may read and that may be copied from. Two queries."""
    sections = NoteSection.objects.exclude(text="").select_related("diagnosis")
    rows = notes_visible_to(user, Note.objects.signed().filter(patient=note.patient_id)).exclude(pk=note.pk)
    if not note.confidential:
        rows = rows.filter(confidential=False)
    rows = rows.select_related("encounter").prefetch_related(Prefetch("sections", queryset=sections))
    return [_earlier(row) for row in rows.order_by("-encounter__period_start", "-created_at")[:EARLIER]]


def _answered(row: QuestionnaireResponse, patient: Patient) -> Answered:
    asked = row.questionnaire
    items = parse_items(asked.items)
    when = formats.day(row.authored_at)
    if row.score is None:
        lines = [f"- {item.text} {words}" for item, words in in_words(items, row.answers) if words]
        text = "\n".join([f"**{asked.title}**, answered {when}:", *lines])
    else:
        band = band_of(parse_bands(asked.bands), row.score, sex=patient.gender)
        meaning = f", {band.label[:1].lower()}{band.label[1:]}" if band else ""
        text = f"{asked.score_display} {row.score}{meaning} ({when})."
    told = alerts(items, row.answers)
    text = "\n".join([text, *(f"**{one}**" for one in told)])
    return Answered(str(row.pk), asked.title, when, text, told)


def _earlier(row: Note) -> EarlierNote:
    parts = [EarlierPart(str(key_of(one)), _label(one), one.text) for one in in_order(row.sections.all())]
    return EarlierNote(str(row.pk), str(row), formats.day(row.encounter.period_start), parts)


def _label(row: NoteSection) -> str:
    part = label_of(row.kind, row.item) if row.item else row.diagnosis.display if row.diagnosis else ""
    return f"{row.get_kind_display()}: {part}" if part else row.get_kind_display()
