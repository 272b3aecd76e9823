"""Who stands beside a patient today: whom the clinic calls in an emergency, and to whom it sends the bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from clinic.choices import AddressUse, ContactSystem
from clinic.models import Patient, PatientAddress, RelatedPerson
from clinic.queries.addresses import in_use
from emr.shared.dates import clinic_today
from emr.ui import formats

#: The relationship of patients who answer for their own bills.
SELF = "Self"


@dataclass(frozen=True)
class Guarantor:
    """Who answers for what insurance doesn't pay, as a statement or a claim names them.

    ``person`` is empty where it is the patient. The address is the guarantor's own, else the patient's: the billing
    address before the home. Telephone and e-mail are the guarantor's alone, and may be empty.
    """

    given_name: str
    family_name: str
    relationship: str
    birth_date: date | None
    gender: str
    phone: str
    email: str
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    person: RelatedPerson | None = None

    @property
    def is_patient(self) -> bool:
        """Whether the bills go to the patient."""
        return self.person is None

    @property
    def name(self) -> str:
        """The name in reading order."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def envelope(self) -> tuple[str, ...]:
        """The lines of an envelope; the name alone where no address is known."""
        place = f"{self.city}, {self.state} {self.postal_code}" if self.city else ""
        return tuple(filter(None, (self.name, self.line1, self.line2, place)))

    @property
    def words(self) -> str:
        """Who it is, in one line."""
        told = ("the patient",) if self.is_patient else (f"{self.name} ({self.relationship})",)
        return " · ".join(filter(None, (*told, formats.phone(self.phone) if not self.is_patient else "")))


def present_people(patient: Patient) -> list[RelatedPerson]:
    """Everybody who is the patient's today, emergency contacts first, then the longest on file. One query."""
    return list(present(patient))


def present(patient: Patient) -> QuerySet[RelatedPerson]:
    """As :func:`present_people`, not yet asked."""
    rows = patient.related_persons.filter(entered_in_error_at=None, period_end=None)
    return rows.order_by("-emergency_contact", "created_at", "pk")


def emergency_contacts_of(patient: Patient, people: Sequence[RelatedPerson] | None = None) -> list[RelatedPerson]:
    """Whom to call, in the order in which they were written down. One query, none where ``people`` are known already
    (of :func:`present_people`)."""
    return [row for row in (present_people(patient) if people is None else people) if row.emergency_contact]


def guarantor_row(people: Sequence[RelatedPerson]) -> RelatedPerson | None:
    """The one who gets the bills among ``people``; None where that is the patient."""
    return next((row for row in people if row.guarantor), None)


def guarantor_of(patient: Patient, people: Sequence[RelatedPerson] | None = None) -> Guarantor:
    """Who answers for the bills: the guarantor on file, else the patient. Two or three queries, one fewer where
    ``people`` are known already (of :func:`present_people`)."""
    person = guarantor_row(present_people(patient) if people is None else people)
    if person is None:
        return _themselves(patient)
    home = None if person.line1 else _bills_to(patient)
    place = person if home is None else home
    return Guarantor(
        given_name=person.given_name,
        family_name=person.family_name,
        relationship=person.relationship,
        birth_date=person.birth_date,
        gender=person.gender,
        phone=person.phone,
        email=person.email,
        line1=place.line1,
        line2=place.line2,
        city=place.city,
        state=place.state,
        postal_code=place.postal_code,
        person=person,
    )


def _themselves(patient: Patient) -> Guarantor:
    home = _bills_to(patient) or PatientAddress()
    contacts = patient.telecom.filter(entered_in_error_at=None, period_end=None).values_list("system", "value")
    # The last of a kind wins in a dictionary, and the first in order is meant.
    numbers = dict(reversed(list(contacts)))
    return Guarantor(
        given_name=patient.given_name,
        family_name=patient.family_name,
        relationship=SELF,
        birth_date=patient.birth_date,
        gender=patient.gender,
        phone=numbers.get(ContactSystem.PHONE, ""),
        email=numbers.get(ContactSystem.EMAIL, ""),
        line1=home.line1,
        line2=home.line2,
        city=home.city,
        state=home.state,
        postal_code=home.postal_code,
    )


def _bills_to(patient: Patient) -> PatientAddress | None:
    """Where the patient's bills go: the present billing address, else the home."""
    uses = [AddressUse.BILLING, AddressUse.HOME]
    rows = patient.addresses.filter(in_use(clinic_today()), use__in=uses)
    return min(rows, key=lambda row: uses.index(AddressUse(row.use)), default=None)
