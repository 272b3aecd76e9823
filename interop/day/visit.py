"""One patient's visit, from the booking to the claim, each step by the one whose work it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.choices import ClaimState
from billing.models import Claim
from billing.queries.fees import fee_of
from clinic.actions.encounters import set_diagnoses
from clinic.actions.notes import save_note, start_note
from clinic.actions.observations import Reading, record_vitals
from clinic.actions.signing import sign_note
from clinic.choices import SectionKind
from clinic.models import Encounter, Patient
from clinic.queries.coverages import coverage_on
from emr.accounts.models import Practitioner, User
from emr.codes.coding import Coding
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from interop.day import vitals
from interop.day.services import Rule, fees, lines, services, with_service_diagnoses
from interop.day.setup import Staff
from interop.fhir.crosswalk import Crossed, cross
from scheduling.actions.appointments import book, check_in, complete
from scheduling.choices import AppointmentStatus, CheckItem
from scheduling.models import Appointment, AppointmentType
from scheduling.openings import Openings, Slot
from scheduling.wallclock import day_bounds

#: The name space of the day's booking tokens: the same patient on the same day is booked once.
_TOKENS = UUID("0d6c1f7e-5b0a-5c58-9f3e-6a4f5d0c2b11")


@dataclass(frozen=True)
class Visited:
    """What came of a patient's day: the claim, or why there is none. ``again`` says that an earlier run booked it."""

    crossed: Crossed | None = None
    claim: Claim | None = None
    note: str = ""
    again: bool = False


def see(patient: Patient, *, staff: Staff, kind: AppointmentType, day: date) -> Visited:
    """Book, check in, chart, sign, charge and claim a patient's visit; all of it or nothing.

    A patient who has a visit that day already is left alone.
    """
    reason = _not_booked(patient, day)
    if reason:
        return Visited(note=reason)
    crossed = cross(patient, day)
    earlier = _visit_of_the_day(patient, day)
    if earlier is not None:
        claim = Claim.objects.filter(encounter=earlier.encounter_id, entered_in_error_at=None).exclude(
            state=ClaimState.VOID
        )
        found = claim.select_related("payer").first() if earlier.encounter_id else None
        return Visited(crossed, found, "already booked that day; left as it was", again=True)
    try:
        with transaction.atomic():
            return Visited(crossed, _day_of(patient, staff, kind, day, crossed))
    except DomainError as error:
        return Visited(crossed, note=error.message)


def _not_booked(patient: Patient, day: date) -> str:
    if patient.deceased_at is not None:
        return "deceased, never booked"
    if patient.birth_date > day:
        return "not born on that day"
    return "" if patient.active else "record is inactive"


def _visit_of_the_day(patient: Patient, day: date) -> Appointment | None:
    start, end = day_bounds(day, clinic_zone())
    called_off = [AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW, AppointmentStatus.ENTERED_IN_ERROR]
    rows = Appointment.objects.filter(patient=patient, start_at__gte=start, start_at__lt=end)
    return rows.exclude(status__in=called_off).order_by("start_at").first()


def _day_of(patient: Patient, staff: Staff, kind: AppointmentType, day: date, crossed: Crossed) -> Claim:
    appointment = _book(patient, staff, kind, day)
    now = min(appointment.start_at, timezone.now())
    reasons: dict[str, str] = dict.fromkeys(CheckItem, "Told from imported records; nobody stood at the desk")
    encounter = check_in(by=staff.front_desk, appointment=appointment, done=(), reasons=reasons, at=now)
    taken = vitals.readings(patient)
    if taken:
        record_vitals(by=staff.nurse, patient=patient, encounter=encounter, effective_at=now, readings=taken)
    clinician = _account(appointment.practitioner)
    done = _services(patient, day, crossed.diagnoses)
    diagnoses = with_service_diagnoses(crossed.diagnoses, done)
    set_diagnoses(by=clinician, encounter=encounter, diagnoses=diagnoses)
    _chart(clinician, encounter, crossed, taken, done)
    complete(by=staff.front_desk, appointment=appointment)
    _charge(staff.biller, patient, encounter, day, done, diagnoses)
    claim = create_claim(by=staff.biller, encounter=encounter)
    return submit_claims(by=staff.biller, claims=[claim])[0] if claim.state == ClaimState.READY else claim


def _book(patient: Patient, staff: Staff, kind: AppointmentType, day: date) -> Appointment:
    opening = day_bounds(day, clinic_zone())[0]
    slot = _next_slot(staff, kind, day, opening)
    return book(
        by=staff.front_desk,
        patient=patient,
        practitioner=next(one for one in staff.clinicians if one.pk == slot.practitioner_id),
        type=kind,
        start_at=slot.start_at,
        reason="Check-up",
        request_token=uuid5(_TOKENS, f"{patient.pk} {day.isoformat()}"),
        # Told as of the morning: a day that is over can be played too.
        at=opening,
    )


def _next_slot(staff: Staff, kind: AppointmentType, day: date, opening: datetime) -> Slot:
    openings = Openings.read(staff.clinicians, day, day)
    free = [slot for one in staff.clinicians for slot in openings.slots(one, kind.duration_minutes, day, after=opening)]
    if not free:
        raise DomainError("the day is full: no clinician has a free time")
    return min(free)


def _account(practitioner: Practitioner) -> User:
    if practitioner.user is None:
        raise DomainError(f"{practitioner} has no account to sign with")
    return practitioner.user


def _services(patient: Patient, day: date, diagnoses: list[Coding]) -> list[Rule]:
    coverage = coverage_on(patient, day)
    payer = coverage.payer.type if coverage else ""
    return services(age=age_on(patient, day), sex=patient.gender, payer=payer, diagnoses=diagnoses)


def age_on(patient: Patient, day: date) -> int:
    """The patient's age in whole years."""
    born = patient.birth_date
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _chart(by: User, encounter: Encounter, crossed: Crossed, taken: list[Reading], done: list[Rule]) -> None:
    note = start_note(by=by, encounter=encounter)
    assessment = "\n".join(f"- {coding.label}" for coding in crossed.diagnoses)
    note = save_note(
        by=by,
        note=note,
        base_version=note.version,
        sections={
            SectionKind.SUBJECTIVE: f"Reason for the visit: {encounter.reason}. {crossed.problems} active problems.",
            SectionKind.OBJECTIVE: vitals.words(taken) or "No vital signs on file.",
            SectionKind.ASSESSMENT: f"{assessment}\n\nFrom the problem list: {crossed.words}.",
            SectionKind.PLAN: "\n".join(f"- {fees()[rule.code].coding.display}" for rule in done),
        },
    )
    sign_note(by=by, note=note, base_version=note.version)


def _charge(
    by: User, patient: Patient, encounter: Encounter, day: date, done: list[Rule], diagnoses: list[Coding]
) -> None:
    coverage = coverage_on(patient, day)
    for fee, place in lines(done, diagnoses):
        known = fee_of(fee.coding.system, fee.coding.code, day=day, payer=coverage.payer if coverage else None)
        add_charge(
            by=by,
            encounter=encounter,
            coding=fee.coding,
            diagnosis_ranks=(place,),
            # The clinic's own fee where it has one; else the example's, so that no list of a clinic is touched.
            unit_price=None if known else fee.amount,
        )
