"""What the timeline is made of: for each kind of row its moment, who stands behind it, and what a search reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, TextChoices

from clinic import models as m
from clinic.choices import ConditionCategory, ObservationCategory
from clinic.queries import timeline_words as words
from clinic.queries.results import KINDS
from emr.access.permissions import Permission

_SEEN_AS_HISTORY = (*KINDS["surveys"][1], *KINDS["social"][1])
_CODED = ("display", "code")
_VALUES = (*_CODED, "value_display", "value_text", "note")


class EntryKind(TextChoices):
    """The kinds by which a timeline is filtered, in the order of the chart."""

    VISIT = "visit", "Visits"
    NOTE = "note", "Notes"
    VITALS = "vitals", "Vitals"
    RESULT = "result", "Results"
    MEDICATION = "medication", "Medications"
    ALLERGY = "allergy", "Allergies"
    PROBLEM = "problem", "Problems"
    IMMUNIZATION = "immunization", "Immunizations"
    PROCEDURE = "procedure", "Procedures"
    ORDER = "order", "Orders"
    DOCUMENT = "document", "Documents"
    HISTORY = "history", "History"
    CARE = "care", "Care plan"
    MESSAGE = "message", "Messages"


@dataclass(frozen=True)
class Part:
    """Rows that belong to a row of the timeline: under which name, by which key, and what a search reads of them.

    ``told`` says that an entry is worded from them, in the order of the column ``order``; else they are only searched.
    """

    model: type[Model]
    name: str
    key: str
    words: tuple[str, ...] = ()
    told: bool = True
    order: str = ""


@dataclass(frozen=True)
class Source:
    """One kind of entry.

    ``at`` names the columns of its moment, of which the first that is filled counts: a date is the start of its day.
    ``who`` names whom it is by, first the one that a page names; ``words`` what a search reads; ``where`` and
    ``filled`` which rows count. With ``grouped`` all rows of one moment are one entry. ``link`` is the page of a row,
    ``opens`` whether its address takes the row's key. ``errable`` is False where nothing can be entered in error.
    """

    kind: EntryKind
    model: type[Model]
    tell: Callable[..., words.Told]
    at: tuple[str, ...]
    link: str
    words: tuple[str, ...]
    who: tuple[str, ...] = ("created_by",)
    where: Mapping[str, object] = field(default_factory=dict)
    among: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    permission: Permission = Permission.VIEW_CHART
    grouped: bool = False
    opens: bool = False
    errable: bool = True


#: The two numbers of a blood pressure, the parts of a result.
COMPONENTS = Part(m.ObservationComponent, "components", "observation_id", order="rank")
_STANDING: dict[str, object] = {"superseded_by_id": None}


def _measured(kind: EntryKind, link: str, categories: tuple[str, ...], **more: Any) -> Source:
    return Source(
        kind=kind,
        model=m.Observation,
        tell=more.pop("tell", words.measured),
        at=("effective_at",),
        link=link,
        words=_VALUES,
        who=("performer", "created_by"),
        where=_STANDING | more.pop("where", {}),
        among={"category": categories},
        parts=(COMPONENTS,),
        grouped=True,
        **more,
    )


#: The order is part of an entry's place among those of one moment. Never more than 31 (see the query).
SOURCES: tuple[Source, ...] = (
    Source(
        EntryKind.VISIT,
        m.Encounter,
        words.visit,
        ("period_start",),
        "clinic:encounters_detail",
        ("type_display", "reason"),
        who=("practitioner", "created_by"),
        parts=(Part(m.EncounterDiagnosis, "diagnoses", "encounter_id", _CODED, order="rank"),),
        permission=Permission.VIEW_ENCOUNTERS,
        opens=True,
    ),
    Source(
        EntryKind.NOTE,
        m.Note,
        words.note,
        ("created_at",),
        "clinic:notes_detail",
        ("title",),
        who=("author",),
        parts=(
            Part(m.NoteSection, "sections", "note_id", ("text",), told=False),
            Part(m.NoteAddendum, "addenda", "note_id", ("text",), told=False),
        ),
        permission=Permission.VIEW_NOTES,
        opens=True,
    ),
    _measured(EntryKind.VITALS, "clinic:vitals_list", (ObservationCategory.VITAL_SIGNS,), tell=words.vitals),
    Source(
        EntryKind.RESULT,
        m.DiagnosticReport,
        words.report,
        ("effective_at",),
        "clinic:results_detail",
        (*_CODED, "conclusion", "performer"),
        parts=(Part(m.Observation, "results", "report_id", _VALUES),),
        opens=True,
    ),
    _measured(EntryKind.RESULT, "clinic:results_list", KINDS["tests"][1], where={"report_id": None}),
    Source(
        EntryKind.MEDICATION,
        m.MedicationStatement,
        words.medication,
        ("effective_start", "created_at"),
        "clinic:medications_list",
        (*_CODED, "reason", "note"),
        who=("prescriber", "created_by"),
    ),
    Source(
        EntryKind.MEDICATION,
        m.MedicationStatement,
        words.medication_over,
        ("effective_end",),
        "clinic:medications_list",
        (*_CODED, "status_reason"),
        who=("prescriber", "created_by"),
        filled=("effective_end",),
    ),
    Source(
        EntryKind.MEDICATION,
        m.MedicationRequest,
        words.prescription,
        ("signed_at", "created_at"),
        "clinic:prescriptions_detail",
        (*_CODED, "dosage_text", "number"),
        who=("prescriber", "created_by"),
        opens=True,
    ),
    Source(
        EntryKind.MEDICATION,
        m.MedicationReconciliation,
        words.reconciliation,
        ("created_at",),
        "clinic:medications_reconciliations",
        ("comment",),
        errable=False,
    ),
    Source(
        EntryKind.ALLERGY,
        m.AllergyIntolerance,
        words.allergy,
        ("recorded_date", "created_at"),
        "clinic:allergies_list",
        (*_CODED, "note"),
        parts=(Part(m.AllergyReaction, "reactions", "allergy_id", ("display",), order="occurrence"),),
    ),
    Source(
        EntryKind.PROBLEM,
        m.Condition,
        words.problem,
        ("onset_date", "recorded_date", "created_at"),
        "clinic:conditions_list",
        (*_CODED, "note"),
        where={"category": ConditionCategory.PROBLEM_LIST_ITEM},
    ),
    Source(
        EntryKind.PROBLEM,
        m.Condition,
        words.problem_over,
        ("abatement_date",),
        "clinic:conditions_list",
        _CODED,
        where={"category": ConditionCategory.PROBLEM_LIST_ITEM},
        filled=("abatement_date",),
    ),
    Source(
        EntryKind.IMMUNIZATION,
        m.Immunization,
        words.immunization,
        ("occurrence_date",),
        "clinic:immunizations_list",
        (*_CODED, "lot_number", "note"),
        who=("performer", "created_by"),
    ),
    Source(
        EntryKind.PROCEDURE,
        m.Procedure,
        words.procedure,
        ("performed_start", "created_at"),
        "clinic:procedures_list",
        (*_CODED, "reason", "note"),
        who=("performer", "created_by"),
    ),
    Source(
        EntryKind.PROCEDURE,
        m.Device,
        words.device,
        ("implanted_on", "created_at"),
        "clinic:devices_list",
        (*_CODED, "manufacturer", "lot_number", "serial_number"),
    ),
    Source(
        EntryKind.ORDER,
        m.ServiceRequest,
        words.order,
        ("signed_at", "created_at"),
        "clinic:orders_detail",
        (*_CODED, "number", "reason", "performer"),
        who=("requester", "created_by"),
        opens=True,
    ),
    Source(
        EntryKind.DOCUMENT,
        m.DocumentReference,
        words.document,
        ("document_date", "created_at"),
        "clinic:documents_detail",
        ("description", "name"),
        permission=Permission.VIEW_DEMOGRAPHICS,
        opens=True,
    ),
    Source(
        EntryKind.DOCUMENT,
        m.Letter,
        words.letter,
        ("signed_at", "created_at"),
        "clinic:letters_detail",
        ("subject", "recipient", "body"),
        opens=True,
    ),
    _measured(EntryKind.HISTORY, "clinic:results_list", _SEEN_AS_HISTORY),
    Source(
        EntryKind.HISTORY,
        m.FamilyMemberHistory,
        words.family,
        ("created_at",),
        "clinic:family_history_list",
        (*_CODED, "note"),
    ),
    Source(
        EntryKind.CARE,
        m.CarePlan,
        words.care_plan,
        ("period_start", "created_at"),
        "clinic:care_plans_list",
        ("title",),
    ),
    Source(
        EntryKind.CARE,
        m.Goal,
        words.goal,
        ("start_date", "created_at"),
        "clinic:goals_list",
        ("description", "note"),
    ),
    Source(
        EntryKind.MESSAGE,
        m.Communication,
        words.message,
        ("created_at",),
        "clinic:tasks_patient",
        ("subject", "text"),
        permission=Permission.VIEW_TASKS,
        errable=False,
    ),
)
