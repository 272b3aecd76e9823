"""The inbox: each kind of work that waits for a person, whoever made it wait, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, F, Func, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from clinic.models import (
    CommunicationRecipient,
    DiagnosticReport,
    DocumentReference,
    MedicationRequest,
    Note,
    RefillRequest,
    Task,
)
from clinic.models.prescriptions import RefillStatus
from clinic.models.tasks import ASSIGNMENTS, DECIDE_REFILL, REVIEW_RESULT, TaskStatus
from clinic.queries.delegations import covered
from clinic.queries.notes_waiting import left_to
from clinic.queries.people import gone
from clinic.rules import doubtful, visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.shared.statements import Statement

Rows = QuerySet[Any, Any]


class _Among(Func):
    """Whether the first is among the second, an array: unlike of ``IN (SELECT …)`` the planner makes no join of it."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


@dataclass(frozen=True)
class Whose:
    """Whose inbox on a day: a person's, and of those for whom the person stands in; the roles, and whether clinical
    work of nobody's is theirs."""

    user: UUID
    today: date
    roles: frozenset[str]
    signs: bool

    def owns(self, field: str, *, left: bool = False) -> Q:
        """Theirs, or of somebody for whom they stand in; with ``left`` also, for who signs, of those who have left."""
        away = ArraySubquery(covered(self.user, self.today))
        whose: Combinable = Func(away, Value(self.user, UUIDField()), function="array_append")
        if left and self.signs:
            whose = Func(whose, ArraySubquery(gone()), function="array_cat")
        return Q(_Among(F(field), whose))


@dataclass(frozen=True)
class Kind:
    """One kind of work. ``open`` gives what waits, each row with ``owner_key``, None for work of nobody's; ``done``
    what somebody has done. ``patient`` is the way to the patient, ``done_at`` to when it was done; ``page`` names the
    worklist of this kind alone, where it has one."""

    name: str
    label: str
    icon: str
    open: Callable[[Whose], Rows]
    done: Callable[[User], Rows]
    done_at: str
    patient: str = "patient"
    with_rows: tuple[str, ...] = ()
    page: str = ""


def whose(user: User) -> Whose:
    """The inbox of a person today."""
    return Whose(user.pk, clinic_today(), user.role_names, user.has_perm(Permission.SIGN_NOTES))


def _theirs(rows: Rows, inbox: Whose) -> Rows:
    """Rows whose ``owner_key`` is theirs; of nobody's to all who sign.

    Whose it is may be kept out of a restricted chart by now: what is about one waits for every clinician who may open
    it, so that none of it waits unseen.
    """
    mine = inbox.owns("owner_key")
    return rows.filter(mine | Q(owner_key=None) | Q(patient__restricted=True) if inbox.signs else mine)


def _at_work(user: str) -> Case:
    """A user's key while the account is open: work of who has left is nobody's, and so everybody's."""
    return Case(When(**{f"{user}__is_active": True}, then=F(user)), output_field=UUIDField())


def _assigned(code: str) -> Subquery:
    """To whom a result or a refill was given, instead of whose it would be."""
    given = Task.objects.open().filter(focus_id=OuterRef("pk"), code=code, owner__is_active=True)
    return Subquery(given.order_by("-created_at").values("owner")[:1])


def _results(inbox: Whose) -> Rows:
    """Reports that nobody has reviewed: of who ordered them, else of who held the visit."""
    rows = DiagnosticReport.objects.filter(needs_review=True, reviewed_at=None, entered_in_error_at=None)
    owner = Coalesce(
        *(_assigned(REVIEW_RESULT), _at_work("based_on__requester__user"), _at_work("encounter__practitioner__user")),
        output_field=UUIDField(),
    )
    return _theirs(rows.annotate(owner_key=owner), inbox)


def _documents(inbox: Whose) -> Rows:
    """Papers that somebody is to read."""
    rows = DocumentReference.objects.current().filter(reviewer__isnull=False, reviewed_at=None)
    return _theirs(rows.annotate(owner_key=_at_work("reviewer")), inbox)


def _messages(inbox: Whose) -> Rows:
    """Messages that were not put away."""
    rows = CommunicationRecipient.objects.filter(inbox.owns("user"), archived_at=None)
    return rows.annotate(owner_key=F("user"))


def _refills(inbox: Whose) -> Rows:
    """Requests for a refill: of who prescribed it last."""
    last = MedicationRequest.objects.filter(
        medication=OuterRef("medication_id"), prescriber__user__is_active=True, signed_at__isnull=False
    )
    prescriber = Subquery(last.order_by("-signed_at").values("prescriber__user")[:1])
    owner = Coalesce(_assigned(DECIDE_REFILL), prescriber, output_field=UUIDField())
    rows = RefillRequest.objects.filter(status=RefillStatus.REQUESTED)
    return _theirs(rows.annotate(owner_key=owner), inbox)


def _tasks(inbox: Whose) -> Rows:
    """Tasks of the person's and of the person's roles; of who has left, to all who sign."""
    rows = Task.objects.open().exclude(code__in=ASSIGNMENTS)
    theirs = inbox.owns("owner", left=True) | Q(owner_role__in=sorted(inbox.roles))
    return rows.filter(theirs).annotate(owner_key=_at_work("owner"))


def _unsigned(inbox: Whose) -> Rows:
    """The person's own notes, which nobody signs for who is away; and, for who signs, those that colleagues who don't
    sign have left them. What is confidential is its author's alone."""
    asked, own = Q(author=inbox.user), When(author=inbox.user, then=F("author"))
    if inbox.signs:
        asked |= left_to(inbox.user) & Q(confidential=False)
    owner = Case(own, default=_at_work("encounter__practitioner__user"), output_field=UUIDField())
    return Note.objects.open().filter(asked).annotate(owner_key=owner)


def _cosign(inbox: Whose) -> Rows:
    """Notes of those for whom the person answers, and those that name nobody who does or still works here."""
    asked = Q(cosigner=inbox.user)
    if inbox.signs:
        asked = inbox.owns("cosigner", left=True) | Q(cosigner=None)
        asked &= Q(confidential=False) | Q(cosigner=inbox.user)
    rows = Note.objects.awaiting_cosignature().filter(asked).exclude(signed_by=inbox.user)
    return rows.annotate(owner_key=_at_work("cosigner"))


KINDS: tuple[Kind, ...] = (
    Kind(
        *("results", "Results", "flask-conical", _results),
        lambda user: DiagnosticReport.objects.filter(reviewed_by=user),
        "reviewed_at",
        with_rows=("based_on__requester", "encounter__practitioner"),
        page="clinic:results_worklist",
    ),
    Kind(
        *("documents", "Documents", "file-text", _documents),
        lambda user: DocumentReference.objects.filter(reviewed_by=user),
        "reviewed_at",
        with_rows=("created_by",),
    ),
    Kind(
        *("messages", "Messages", "mail", _messages),
        lambda user: CommunicationRecipient.objects.filter(user=user, archived_at__isnull=False),
        "archived_at",
        "communication__patient",
        ("communication__created_by",),
    ),
    Kind(
        *("refills", "Refills", "pill", _refills),
        lambda user: RefillRequest.objects.filter(decided_by=user),
        "decided_at",
        with_rows=("medication", "pharmacy", "created_by"),
        page="clinic:refills_list",
    ),
    Kind(
        *("tasks", "Tasks", "list-checks", _tasks),
        lambda user: Task.objects.of(user).exclude(status=TaskStatus.REQUESTED).exclude(code__in=ASSIGNMENTS),
        "completed_at",
        "for_patient",
        ("created_by", "completed_by"),
    ),
    Kind(
        *("unsigned", "To sign", "file-pen-line", _unsigned),
        lambda user: Note.objects.signed().filter(signed_by=user),
        "signed_at",
        with_rows=("encounter", "author"),
        page="clinic:notes_unfinished",
    ),
    Kind(
        *("cosign", "To cosign", "signature", _cosign),
        lambda user: Note.objects.filter(cosigned_by=user),
        "cosigned_at",
        with_rows=("signed_by",),
        page="clinic:notes_to_cosign",
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def waiting(request: HttpRequest) -> int:
    """How much waits for the request's user: the number beside "Inbox". One query a page; a second where something is
    about a patient of whom more must be asked."""
    user = request.user
    return sum(counts(user).values()) if isinstance(user, User) and user.is_active else 0


def counts(user: User) -> Counter[str]:
    """How much waits, by kind: what the inbox lists, and nothing else. One query, or two."""
    inbox = whose(user)
    rows = _counting(inbox.roles, inbox.signs).rows(user=inbox.user, today=inbox.today)
    doubted = {patient for _, patient, doubt in rows if doubt}
    known = set(visible_to(user).filter(pk__in=doubted).values_list("pk", flat=True)) if doubted else set()
    return Counter(kind for kind, patient, doubt in rows if not doubt or patient in known)


@lru_cache(maxsize=64)
def _counting(roles: frozenset[str], signs: bool) -> Statement:
    """Of what kind each thing is, about which patient, and whether more must be asked about that patient."""

    def build(user: UUID, today: date) -> Rows:
        inbox = Whose(user, today, roles, signs)
        parts = [
            kind.open(inbox)
            .annotate(
                kind_name=Value(kind.name), whom=F(f"{kind.patient}_id"), doubt=doubtful(inbox.user, kind.patient)
            )
            .order_by()
            .values_list("kind_name", "whom", "doubt")
            for kind in KINDS
        ]
        whole: Rows = parts[0].union(*parts[1:], all=True)
        return whole

    return Statement(build, user=UUID, today=date)
