"""Who opened whose chart, by day, out of the log of reads; and the facts about them that make a read odd."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.models import Patient, PatientAddress, PatientName, StaffPatient
from clinic.queries.addresses import in_use
from emr.access.matrix import pages
from emr.accounts.models import User
from emr.audit.models import AccessAction, AccessEvent, AccessOutcome, PurposeOfUse
from emr.audit.partitions import keys_since
from emr.shared.dates import clinic_today, clinic_zone


@dataclass
class Opening:
    """One person's reads of one chart on one day of the clinic, by the door of the chart."""

    user_id: UUID
    patient_id: UUID
    day: date
    first_at: datetime
    last_at: datetime
    reads: int = 0
    denied: int = 0
    emergency: bool = False
    #: Each section with its first read.
    sections: dict[str, datetime] = field(default_factory=dict)


def openings(since: datetime, until: datetime) -> tuple[list[Opening], int]:
    """The openings after ``since`` and up to ``until``, and how many entries of the log that were. One query.

    What a search found, and who stands in a list, be it alone, is no opening.
    """
    found: dict[tuple[UUID, UUID, date], Opening] = {}
    count, zone = 0, clinic_zone()
    for row in _events(since, until):
        count += 1
        day = timezone.localdate(row["at"], zone)
        key = (row["user_id"], row["patient_id"], day)
        opening = found.setdefault(key, Opening(*key, first_at=row["at"], last_at=row["at"]))
        _add(opening, row)
    return list(found.values()), count


def _events(since: datetime, until: datetime) -> Iterator[Any]:
    """The reads behind the door of a chart; every other page that names patients is a list or a search."""
    charts = [page.name for page in pages() if page.door is not None and page.door.kind == "chart"]
    rows = (
        AccessEvent.objects.filter(keys_since(since), at__gt=since, at__lte=until)
        .filter(user__is_service=False, url_name__in=charts)
        .exclude(action=AccessAction.SEARCH)
        .order_by("at")
        .values("user_id", "patient_id", "at", "section", "outcome", "purpose")
    )
    return rows.iterator(chunk_size=5000)


def _add(opening: Opening, row: dict[str, Any]) -> None:
    opening.reads += 1
    opening.denied += row["outcome"] == AccessOutcome.DENIED
    opening.emergency |= row["purpose"] == PurposeOfUse.BREAK_GLASS
    opening.first_at, opening.last_at = min(opening.first_at, row["at"]), max(opening.last_at, row["at"])
    opening.sections[row["section"]] = min(row["at"], opening.sections.get(row["section"], row["at"]))


@dataclass(frozen=True)
class Known:
    """What is known of the people of some openings.

    ``own`` gives the patient record of a user who is a patient too, ``staff`` the user of a patient who works here.
    """

    users: dict[UUID, User]
    restricted: set[UUID]
    surnames: dict[UUID, set[str]]
    homes: dict[UUID, set[str]]
    own: dict[UUID, UUID]
    staff: dict[UUID, UUID]


def known_of(found: Collection[Opening]) -> Known:
    """The facts about the people of the openings, in five queries."""
    links = dict(StaffPatient.objects.filter(ended_at=None).values_list("user_id", "patient_id"))
    users = {opening.user_id for opening in found}
    patients = {opening.patient_id for opening in found} | {links[user] for user in users if user in links}
    surnames, homes = defaultdict(set), defaultdict(set)
    restricted = set()
    for key, family, closed in Patient.objects.filter(pk__in=patients).values_list("pk", "family_name", "restricted"):
        surnames[key].add(family)
        if closed:
            restricted.add(key)
    former = PatientName.objects.filter(patient__in=patients, entered_in_error_at=None).exclude(family_name="")
    for key, family in former.values_list("patient_id", "family_name"):
        surnames[key].add(family)
    for row in PatientAddress.objects.filter(in_use(clinic_today()), patient__in=patients):
        homes[row.patient_id].add(folded(f"{row.line1} {row.line2} {row.postal_code[:5]}"))
    return Known(
        users=User.objects.in_bulk(users),
        restricted=restricted,
        surnames=dict(surnames),
        homes=dict(homes),
        own=links,
        staff={patient: user for user, patient in links.items()},
    )


def folded(text: str) -> str:
    """Lower case without accents and marks, words apart by one space."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters.casefold()))


def same_surname(one: str, other: str) -> bool:
    """Whether two family names are the same, or share a part of four letters or more: Garcia and Garcia-Lopez."""
    first, second = folded(one), folded(other)
    if not first or not second:
        return False
    shared = set(first.split()) & set(second.split())
    return first == second or any(len(part) >= 4 for part in shared)
