"""Which visits the flow board shows its reader, and what changes whenever anything on it does."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from clinic.models import Consent, IntakeLink, Patient, QuestionnaireResponse
from emr.shared.dates import clinic_today, clinic_zone
from scheduling.choices import AppointmentStatus, CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckInItem
from scheduling.stages import HERE, Stage
from scheduling.wallclock import day_bounds

#: The groups of the board, in the order in which a patient comes through them.
SHOWN = (Stage.SCHEDULED, *HERE, Stage.COMPLETED, Stage.LEFT, Stage.NOSHOW)
#: Of a row of appointments: its copay was taken. The floor of money adds itself when it starts.
COPAY_TAKEN: list[Callable[[], Exists]] = []

#: The columns of which a change is a change of the board, and the rows of a patient that decide what intake lacks.
_TELLING = ("pk", "stage", "updated_at", "encounter__updated_at", "patient__updated_at", "copay_settled")
_INTAKE: tuple[type[Model], ...] = (Consent, IntakeLink, QuestionnaireResponse)


def visits_of_today(known: QuerySet[Patient], practitioner: UUID | None = None) -> QuerySet[Appointment]:
    """Today's visits of the patients of whom the reader may know, and no others: who counts them learns of none."""
    start, end = day_bounds(clinic_today(), clinic_zone())
    rows = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, stage__in=SHOWN, entered_in_error_at=None)
    rows = rows.exclude(status__in=[AppointmentStatus.PROPOSED, AppointmentStatus.WAITLIST]).filter(patient__in=known)
    return rows if practitioner is None else rows.filter(practitioner=practitioner)


def with_copay(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Each visit with ``copay_settled``: said to be taken or not asked for at check-in, or taken since."""
    asked = CheckInItem.objects.filter(check_in__appointment=OuterRef("pk"), item=CheckItem.COPAY)
    settled = Q(Exists(asked.exclude(outcome=CheckOutcome.MISSING)))
    for taken in COPAY_TAKEN:
        settled |= Q(taken())
    return rows.annotate(copay_settled=settled)


def version_of(known: QuerySet[Patient], practitioner: UUID | None = None) -> str:
    """What changes whenever anything on the reader's board does, the minute on the clock among it: one query.

    A sum over the rows, not the latest time: what is committed late may have an earlier time than what was seen.
    """
    rows = with_copay(visits_of_today(known, practitioner))
    told = [_sum(*_TELLING), *(Sum(_of_patient(model)) for model in _INTAKE)]
    found = rows.aggregate(rows=Count("pk"), **{f"told{n}": one for n, one in enumerate(told)})
    minute = timezone.now().replace(second=0, microsecond=0)
    return f"{'.'.join(str(value or 0) for value in found.values())}|{minute:%H:%M}"


def data_of(version: str) -> str:
    """The part of a version that doesn't follow the clock."""
    return version.rpartition("|")[0]


def _sum(*columns: str) -> Sum:
    told = Concat(*(Cast(F(name), TextField()) for name in columns))
    return Sum(Func(told, function="hashtext", output_field=BigIntegerField()))


def _of_patient(model: type[Model]) -> Combinable:
    rows = model._default_manager.filter(patient=OuterRef("patient_id")).order_by().values("patient")
    return Coalesce(
        Subquery(rows.annotate(told=_sum("pk", "updated_at")).values("told")), 0, output_field=BigIntegerField()
    )
