"""The orders of the house that are not back: nothing that was ordered is forgotten because no result ever came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import DateField, F
from django.db.models.functions import Coalesce, TruncDate

from clinic.models import Patient, ServiceRequest
from clinic.models.orders import OrderCategory, OrderPriority, OrderStatus
from clinic.queries.orders import state_words, tone_of
from clinic.rules import visible_to
from emr.accounts.models import User
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats

#: So many are listed; the page says where there are more.
SHOWN = 200
#: Days after which an order is late, counted from the day on which it was to be done. A rule of the house: no source
#: says it, and it only marks a row.
_DAYS = {
    OrderCategory.LABORATORY: 7,
    OrderCategory.IMAGING: 21,
    OrderCategory.PROCEDURE: 45,
    OrderCategory.REFERRAL: 45,
    OrderCategory.EQUIPMENT: 30,
}
_URGENT_DAYS = 2


@dataclass(frozen=True)
class Outstanding:
    """An order in words. ``late`` is how many days it is late, 0 while it is in time."""

    key: str
    patient: Patient
    title: str
    sub: str
    mark: str
    state: str
    tone: str
    requester: str
    ordered: str
    late: int


def outstanding(user: User, *, mine: bool = False) -> list[Outstanding]:
    """The signed orders of which nothing, or not all, is back, in the charts of which the user may know; those that
    were to be done first come first. With ``mine`` those that the user asked for. One query."""
    rows = ServiceRequest.objects.filter(
        status__in=[OrderStatus.ACTIVE, OrderStatus.ON_HOLD],
        entered_in_error_at=None,
        patient__in=visible_to(user).order_by(),
        **({"requester__user": user} if mine else {}),
    )
    day = Coalesce(
        F("scheduled_on"), F("occurrence_date"), TruncDate("signed_at", tzinfo=clinic_zone()), output_field=DateField()
    )
    rows = rows.annotate(wanted_on=day).select_related("patient", "requester").order_by("wanted_on", "pk")
    return [_told(row, clinic_today()) for row in rows[: SHOWN + 1]]


def _told(row: ServiceRequest, today: date) -> Outstanding:
    urgent = row.priority != OrderPriority.ROUTINE
    wanted_on: date = vars(row)["wanted_on"]
    due = wanted_on + timedelta(days=_URGENT_DAYS if urgent else _DAYS[OrderCategory(row.category)])
    return Outstanding(
        key=str(row.pk),
        patient=row.patient,
        title=row.display,
        sub=", ".join(filter(None, [row.get_category_display(), row.performer, row.number])),
        mark=row.get_priority_display() if urgent else "",
        state=state_words(row),
        tone=tone_of(row),
        requester=str(row.requester),
        ordered=formats.day(row.signed_at or row.created_at),
        late=max(0, (today - due).days),
    )
