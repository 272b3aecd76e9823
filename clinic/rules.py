"""Who may know of a patient and of a note: the one place that says it, as a filter for lists and as words for one row.

``visible_to`` and ``notes_visible_to`` filter; ``can`` answers for one object and says why, from the same conditions.
The order of the rules: a closed account sees nothing; the role must hold the permission; a denial wins over all that
follows; a chart that isn't restricted is open; a restricted one opens by a grant in force to the person or to a role of
theirs, or by an open emergency access while a role of theirs may have one; a confidential note opens to its author, its
cosigner, and by a grant alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from clinic.models import (
    BreakGlass,
    Note,
    NoteUserGrant,
    Patient,
    PatientDenial,
    PatientGroupGrant,
    PatientUserGrant,
)
from clinic.models.access import in_force
from emr.access.permissions import Permission
from emr.accounts.models import User

#: Rights whose pages show who a patient is and nothing of the chart: who keeps the lists of who may open a restricted
#: chart must find it, and need not open it.
IDENTITY_ONLY = frozenset({Permission.RESTRICT_CHARTS})


@dataclass(frozen=True)
class Step:
    """One question on the way to a decision: ``opens`` is True where it let in, False where it kept out, None where it
    decided nothing."""

    rule: str
    said: str
    opens: bool | None


@dataclass(frozen=True)
class Decision:
    """Whether somebody may, ``because`` of what in words, by which ``rule``; ``steps`` are all questions asked."""

    allowed: bool
    because: str
    rule: str
    steps: tuple[Step, ...] = ()


def visible_to(user: User, patients: QuerySet[Patient] | None = None) -> QuerySet[Patient]:
    """The patients of whom ``user`` may know.

    Lists and details ask this same question, so that what stands in a list can be opened and the other way round. A
    chart that was merged into another is no chart of its own any more: the door leads on from it.
    """
    queryset = Patient.objects.all() if patients is None else patients
    if not user.is_active:
        return queryset.none()
    facts = chart_facts(user)
    return queryset.filter(~facts["denied"], Q(restricted=False) | _opened(facts), replaced_by=None)


def hidden_from(user: User) -> QuerySet[Patient]:
    """All the others: for what is done about them without the user's learning of it, and never for a page of theirs."""
    if not user.is_active:
        return Patient.objects.filter(replaced_by=None)
    facts = chart_facts(user)
    return Patient.objects.filter(Q(facts["denied"]) | Q(restricted=True) & ~_opened(facts), replaced_by=None)


def openable(user: User, permission: Permission) -> QuerySet[Patient]:
    """The patients whose pages of ``permission`` a holder of it may open: the visible ones, but for those pages that
    show the identity alone, where only a denial keeps out."""
    if permission not in IDENTITY_ONLY or not user.is_active:
        return visible_to(user)
    return Patient.objects.filter(~chart_facts(user)["denied"], replaced_by=None)


def doubtful(user_id: UUID, patient: str = "patient") -> Combinable:
    """Whether more must be asked before ``user_id`` may know of a row's ``patient``: a column for long lists.

    Where it says no, the patient is visible to any active user who isn't denied; of those where it says yes
    :func:`visible_to` tells. Most lists have none, and are spared the question for each row.
    """
    denied = PatientDenial.objects.filter(user=user_id, patient=OuterRef(f"{patient}_id"), lifted_at=None)
    return Case(When(Q(**{f"{patient}__restricted": True}) | Q(Exists(denied)), then=True), default=False)


def notes_visible_to(user: User, notes: QuerySet[Note] | None = None) -> QuerySet[Note]:
    """The notes of which ``user`` may know: of visible patients, and the confidential ones only where theirs."""
    queryset = Note.objects.all() if notes is None else notes
    if not user.is_active:
        return queryset.none()
    own = Q(author=user) | Q(cosigner=user) | Q(_note_granted(user))
    return queryset.filter(Q(confidential=False) | own, patient__in=visible_to(user).order_by())


def chart_facts(user: User) -> dict[str, Exists]:
    """The conditions of a restricted chart, each by name, over a queryset of patients."""
    here = {"content_object": OuterRef("pk")}
    return {
        "denied": Exists(PatientDenial.objects.filter(user=user, patient=OuterRef("pk"), lifted_at=None)),
        "by_person": Exists(PatientUserGrant.objects.filter(in_force(), user=user, **here)),
        "by_role": Exists(PatientGroupGrant.objects.filter(in_force(), group__user=user, **here)),
        "by_glass": Exists(_broken_glass(user).filter(patient=OuterRef("pk"))),
    }


def _opened(facts: dict[str, Exists]) -> Q:
    return Q(facts["by_person"]) | Q(facts["by_role"]) | Q(facts["by_glass"])


def can(user: User, permission: Permission, obj: Patient | Note | None = None) -> Decision:
    """Whether ``user`` may use ``permission``, on ``obj`` if one is given, and why.

    One query for a patient, two for a note, none without an object. An object of another patient's chart, and one that
    was never saved, is not the user's to know either.
    """
    steps = _role_steps(user, permission)
    if obj is not None and steps[-1].opens is not False:
        patient_id = obj.patient_id if isinstance(obj, Note) else obj.pk
        steps += _chart_steps(user, permission, patient_id)
    if isinstance(obj, Note) and steps[-1].opens is not False:
        steps += _note_steps(user, obj.pk)
    return _decided(steps)


def _decided(steps: list[Step]) -> Decision:
    """The last question that decided anything decides."""
    last = next(step for step in reversed(steps) if step.opens is not None)
    return Decision(last.opens is True, last.said, last.rule, tuple(steps))


def _role_steps(user: User, permission: Permission) -> list[Step]:
    if not user.is_active:
        return [Step("account", "The account is closed.", False)]
    if not user.has_perm(permission):
        return [Step("role", f"No role of theirs may: {permission.label}.", False)]
    return [Step("role", f"A role of theirs may: {permission.label}.", True)]


def _chart_steps(user: User, permission: Permission, patient_id: Any) -> list[Step]:
    rows = Patient.objects.filter(pk=patient_id).order_by().values("restricted", "replaced_by", **chart_facts(user))
    facts = next(iter(rows), None)
    if facts is None:
        return [Step("unknown", "There is no such patient.", False)]
    steps = steps_of_chart(dict(facts))
    if permission in IDENTITY_ONLY and steps[-1].rule not in {"denial", "merged"}:
        return [*steps, Step("identity", "These pages show who the patient is, and nothing of the chart.", True)]
    return steps


def steps_of_chart(facts: dict[str, Any]) -> list[Step]:
    """The questions about a chart, from the conditions of :func:`chart_facts`, ``restricted`` and ``replaced_by``."""
    if facts["replaced_by"] is not None:
        return [Step("merged", "The chart was merged into another one, to which its pages lead.", False)]
    if facts["denied"]:
        return [Step("denial", "This person is kept out of this chart by name.", False)]
    steps = [Step("denial", "Nobody has kept this person out of this chart.", None)]
    if not facts["restricted"]:
        return [*steps, Step("open", "The chart is not restricted.", True)]
    steps.append(Step("restricted", "The chart is restricted: it needs a grant.", None))
    for rule, found, missing in _WAYS:
        steps.append(Step(rule, found, True) if facts[rule] else Step(rule, missing, None))
    if not any(step.opens for step in steps):
        steps.append(Step("restricted", "The chart is restricted, and nothing opens it for this person.", False))
    return steps


_WAYS = (
    ("by_person", "A grant to this person is in force.", "No grant to this person is in force."),
    ("by_role", "A grant to a role of theirs is in force.", "No grant to a role of theirs is in force."),
    ("by_glass", "Their emergency access is open.", "They have no emergency access open."),
)


def _note_steps(user: User, note_id: Any) -> list[Step]:
    rows = Note.objects.filter(pk=note_id).order_by().values("confidential", "author_id", "cosigner_id")
    found = next(iter(rows.annotate(granted=_note_granted(user))), None)
    if found is None:
        return [Step("unknown", "There is no such note.", False)]
    if not found["confidential"]:
        return [Step("note", "The note is not confidential.", True)]
    steps = [Step("confidential", "The note is confidential.", None)]
    if found["author_id"] == user.pk:
        return [*steps, Step("author", "They wrote it.", True)]
    if found["cosigner_id"] == user.pk:
        return [*steps, Step("cosigner", "They are its cosigner.", True)]
    if found["granted"]:
        return [*steps, Step("note_grant", "A grant of this note to them is in force.", True)]
    return [*steps, Step("confidential", "The note is confidential, and it is neither theirs nor granted.", False)]


def _note_granted(user: User) -> Exists:
    return Exists(NoteUserGrant.objects.filter(in_force(), user=user, content_object=OuterRef("pk")))


def _broken_glass(user: User) -> QuerySet[BreakGlass]:
    """The user's emergency accesses that are open by the clock of the database; none once their roles may open none."""
    if not user.has_perm(Permission.BREAK_GLASS):
        return BreakGlass.objects.none()
    return BreakGlass.objects.filter(user=user, ended_at=None, expires_at__gt=Now())
