"""The link of an offer, opened by the patient's date of birth."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from scheduling.actions.waitlist import hashed
from scheduling.models import WaitlistOffer

#: Wrong dates of birth after which a link is closed for good.
MOST_TRIES = 5


@action
def open_offer(*, by: User, secret: str, birth_date: date, at: datetime | None = None) -> WaitlistOffer | None:
    """The offer of a link, for who knows the patient's date of birth; None for anybody else.

    A wrong date is counted before it is answered, and after :data:`MOST_TRIES` the right one opens nothing either. Nor
    does anything once the offered time has come: who finds an old mail learns nothing by it.
    """
    rows = WaitlistOffer.objects.select_related("entry__patient", "entry__type", "practitioner")
    offer = rows.filter(token_hash=hashed(secret), start_at__gt=at or timezone.now(), tries__lt=MOST_TRIES).first()
    if offer is None or offer.entry.patient.birth_date == birth_date:
        # Not locked: whoever accepts takes the patient's lock first, as every booking does.
        return offer
    wrong = WaitlistOffer.objects.select_for_update().get(pk=offer.pk)
    wrong.tries += 1
    wrong.save(update_fields=["tries", "updated_at"])
    return None
