"""Who stands beside a patient today: whom the clinic calls in an emergency, and to whom it sends the bills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from clinic.choices import AddressUse, ContactSystem
from clinic.models import ContactPoint, Patient, PatientAddress, RelatedPerson
from clinic.queries.addresses import begun_last, in_use
from emr.shared.dates import clinic_today
from emr.ui import formats

#: The relationship of patients who answer for their own bills.
SELF = "Self"


@dataclass(frozen=True)
class Guarantor:
    """Who answers for what insurance doesn't pay, as a statement or a claim names them.

    ``person`` is empty where it is the patient. The address is the guarantor's own, else the patient's: the billing
    address before the home. Telephone and e-mail are the guarantor's alone, and may be empty. ``asked_for`` says that
    the address is the chart's own for bills: somebody asked that they go there.
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
    asked_for: bool = False

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
    home = None if person is not None and person.line1 else _nearest_for_bills(_bill_addresses([patient]))
    numbers = _first_of_each(_contacts([patient])) if person is None else {}
    return _composed(patient, person, home, numbers)


def guarantors_of(patients: Iterable[Patient]) -> dict[UUID, Guarantor]:
    """As :func:`guarantor_of`, of many patients by their key. Three queries."""
    whom = list(patients)
    persons = RelatedPerson.objects.filter(entered_in_error_at=None, period_end=None, guarantor=True, patient__in=whom)
    guarantors = {row.patient_id: row for row in persons}
    homes: dict[UUID, list[PatientAddress]] = {}
    for row in _bill_addresses(whom):
        homes.setdefault(row.patient_id, []).append(row)
    contacts: dict[UUID, list[ContactPoint]] = {}
    for contact in _contacts(whom):
        contacts.setdefault(contact.patient_id, []).append(contact)
    return {
        patient.pk: _composed(
            patient,
            guarantors.get(patient.pk),
            _nearest_for_bills(homes.get(patient.pk, [])),
            _first_of_each(contacts.get(patient.pk, [])),
        )
        for patient in whom
    }


def _composed(
    patient: Patient, person: RelatedPerson | None, home: PatientAddress | None, numbers: dict[str, str]
) -> Guarantor:
    who = person or patient
    place = person if person is not None and person.line1 else home or PatientAddress()
    return Guarantor(
        given_name=who.given_name,
        family_name=who.family_name,
        relationship=person.relationship if person else SELF,
        birth_date=who.birth_date,
        gender=who.gender,
        phone=person.phone if person else numbers.get(ContactSystem.PHONE, ""),
        email=person.email if person else numbers.get(ContactSystem.EMAIL, ""),
        line1=place.line1,
        line2=place.line2,
        city=place.city,
        state=place.state,
        postal_code=place.postal_code,
        person=person,
        asked_for=isinstance(place, PatientAddress) and place.use == AddressUse.BILLING,
    )


def _contacts(patients: Sequence[Patient]) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(patient__in=patients, entered_in_error_at=None, period_end=None)


def _first_of_each(contacts: Iterable[ContactPoint]) -> dict[str, str]:
    """The first number of each kind, in the order of the chart."""
    found: dict[str, str] = {}
    for row in contacts:
        found.setdefault(row.system, row.value)
    return found


def _bill_addresses(patients: Sequence[Patient]) -> QuerySet[PatientAddress]:
    return PatientAddress.objects.filter(in_use(clinic_today()), patient__in=patients, use__in=_BILL_USES)


def _nearest_for_bills(rows: Iterable[PatientAddress]) -> PatientAddress | None:
    """Where a patient's bills go: the present billing address, else the home."""
    held = list(rows)
    return begun_last(row for row in held if row.use == AddressUse.BILLING) or begun_last(held)


_BILL_USES = [AddressUse.BILLING, AddressUse.HOME]
