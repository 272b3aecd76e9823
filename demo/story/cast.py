"""Who and what the sample clinic has, once it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from billing.models import Claim
from clinic.models import Payer
from emr.accounts.models import Practitioner, User
from scheduling.models import AppointmentType, Room


@dataclass
class Cast:
    """Staff, kinds of visit, rooms and payers by their key in the data; and the claims as they come."""

    users: dict[str, User] = field(default_factory=dict)
    practitioners: dict[str, Practitioner] = field(default_factory=dict)
    types: dict[str, AppointmentType] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    payers: dict[str, Payer] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)


#: Who has a column on the schedule.
BOOKABLE = ("okafor", "brandt", "silva", "nurse")
DOCTORS = ("okafor", "brandt", "silva")
