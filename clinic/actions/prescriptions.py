"""Prescriptions: drafted, signed, brought to the pharmacy, ended. What is signed does not change."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clinic.actions.errors import enter_in_error, refuse_errored
from clinic.actions.lists import change_row, stamp
from clinic.actions.medications import add_medication
from clinic.actions.medications import check as check_drug
from clinic.actions.safety import NONE_GIVEN, Reasons, record_overrides, weigh_again
from clinic.choices import MedicationStatus
from clinic.erx.adapter import Unsent, chosen
from clinic.erx.build import cancel_rx, new_rx
from clinic.models import (
    Encounter,
    MedicationRequest,
    MedicationStatement,
    Patient,
    PrescriptionPrint,
)
from clinic.models.prescriptions import DrugSchedule, PrescriptionMethod, PrescriptionStatus
from clinic.prescribing import MOST_REFILLS, WAYS, fitting_schedule, last_day, make_prescription_number
from clinic.queries.addresses import in_use
from clinic.queries.medications import GOING_ON, HOW
from clinic.queries.safety import reasons_before, unanswered
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.errors import Conflict, DomainError
from emr.shared.identifiers import is_dea
from emr.shared.records import uuid7

_ENDED = frozenset({PrescriptionStatus.CANCELLED, PrescriptionStatus.STOPPED, PrescriptionStatus.COMPLETED})
_SENT = ["status", "method", "transmitted_at", "transmitted_by", "updated_at"]


@action
def draft_prescription(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    prescriber: Practitioner,
    how: dict[str, Any],
    encounter: Encounter | None = None,
    reasons: Reasons = NONE_GIVEN,
    request_token: UUID | None = None,
    **fields: Any,
) -> MedicationRequest:
    """Write a prescription that is not signed yet; ``fields`` are those of MedicationRequest.

    The drug is one of the patient's one list: the row that is there where it is taken just so, else a new one that is
    intended until the signature. The ``request_token`` becomes its key: the same form sent twice writes one. Raises
    Unsafe where a check stops it without a reason, DomainError for what the law doesn't allow, and for who has died.
    """
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    known = patient.prescriptions.filter(pk=request_token).first() if request_token else None
    if known is not None:
        return known
    if patient.deceased_at is not None:
        raise DomainError(f"{patient.full_name} has died: nothing is prescribed.")
    fields["schedule"] = _lawful(coding.display, fields)
    row = _listed(by, patient, coding, how, reasons, encounter, fields.get("reason", ""))
    return MedicationRequest.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        encounter=encounter,
        medication=row,
        number=make_prescription_number(_next_number()),
        system=row.system,
        code=row.code,
        display=row.display,
        prescriber=prescriber,
        **fields,
    )


@action
def change_draft(
    *,
    by: User,
    prescription: MedicationRequest,
    how: dict[str, Any],
    seen: str = "",
    reasons: Reasons = NONE_GIVEN,
    encounter: Encounter | None = None,
    **fields: Any,
) -> MedicationRequest:
    """Change what a draft says; ``fields`` are those of MedicationRequest. Its drug stays: another is another draft.

    A drug that this draft alone intends changes with it. One that is taken, or that another draft intends too, stays as
    it is, and the draft then intends a row of its own. ``seen`` is the draft's ``stamp`` when its form was shown.
    Raises Conflict where it changed since, DomainError for what is no draft any more, and what draft_prescription does.
    """
    Patient.objects.select_for_update().get(pk=prescription.patient_id)
    row = _locked(prescription)
    _refuse_other(row, seen)
    if row.status != PrescriptionStatus.DRAFT:
        raise DomainError(f"It is {row.get_status_display().lower()}: take it back, and write another.")
    if row.patient.deceased_at is not None:
        raise DomainError(f"{row.patient.full_name} has died: nothing is prescribed.")
    fields["schedule"] = _lawful(row.display, fields)
    drug, reason = row.medication, fields.get("reason", row.reason)
    if drug.status == MedicationStatus.INTENDED and not _also_prescribed(row):
        drug = change_row(row=drug, values={**how, "reason": reason}, seen="", check=check_drug)
        _weigh_again(by, drug, reasons, encounter)
    else:
        coding = Coding(row.system, row.code, row.display)
        drug = _listed(by, row.patient, coding, how, reasons, encounter, reason)
    values = {**fields, "medication": drug}
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    # Also where only the drug's row changed: who signs is shown what stands now.
    row.save(update_fields=[*changed, "updated_at"])
    return row


@action
def sign_prescription(*, by: User, prescription: MedicationRequest, seen: str = "") -> MedicationRequest:
    """Sign a draft: from now on the drug is taken so, and what was taken of it before ends.

    Only its prescriber signs. ``seen`` is its ``stamp`` on the page that was read. Raises Conflict where it changed
    since, DomainError for what is missing, and where the chart came to speak against it.
    """
    row = _locked(prescription)
    if row.signed_at is not None and row.signed_by_id == by.pk:
        return row
    _refuse_other(row, seen)
    if (obstacle := obstacle_to_signing(by=by, prescription=row)) is not None:
        raise obstacle
    _take(by, row)
    row.status, row.signed_at, row.signed_by = PrescriptionStatus.ACTIVE, timezone.now(), by
    row.save(update_fields=["status", "signed_at", "signed_by", "updated_at"])
    return row


def obstacle_to_signing(*, by: User, prescription: MedicationRequest) -> DomainError | None:
    """What would refuse this signature now; None if nothing."""
    row, prescriber = prescription, prescription.prescriber
    if row.patient.deceased_at is not None:
        return DomainError(f"{row.patient.full_name} has died: nothing is prescribed.")
    if row.status != PrescriptionStatus.DRAFT or row.entered_in_error_at is not None:
        return DomainError("This prescription is no draft any more.")
    if not by.has_perm(Permission.SIGN_ORDERS) or prescriber.user_id != by.pk:
        return DomainError(f"{prescriber} prescribes this, and signs it.")
    if row.schedule and not is_dea(prescriber.dea_number):
        return DomainError(
            f"{row.get_schedule_display()} needs the DEA number of {prescriber}: a manager enters it under People."
        )
    if row.schedule and not row.patient.addresses.filter(in_use(clinic_today())).exists():
        return DomainError("A controlled drug needs the patient's address on the prescription. Enter it under Details.")
    if row.medication.status not in GOING_ON or row.medication.entered_in_error_at is not None:
        return DomainError("The drug is on the list no more. Cancel this draft.")
    if alerts := unanswered(row.medication):
        return DomainError(f"{alerts[0].message} Say under Safety checks why it is taken all the same.")
    return None


@action
def print_prescription(*, by: User, prescription: MedicationRequest, reason: str = "") -> PrescriptionPrint:
    """Record one print. The second and each after it is a copy, and says why. Raises DomainError for a draft."""
    row = _signed(prescription)
    copies = row.prints.count()
    if copies and not reason.strip():
        raise DomainError("It was printed before. Say why it is printed again: the paper will say that it is a copy.")
    if row.transmitted_at is None:
        _transmitted(by, row, PrescriptionMethod.PRINTED)
    return PrescriptionPrint.objects.create(
        created_by=by, prescription=row, copy=copies + 1, reason=reason.strip()[:200] if copies else ""
    )


@action
def transmit_prescription(*, by: User, prescription: MedicationRequest, method: PrescriptionMethod) -> str:
    """Phone, fax or send a prescription; what the pharmacy's side answered, in words. Once only.

    Raises DomainError for a way that its schedule forbids, and where the message did not arrive.
    """
    row = _signed(prescription)
    if method == PrescriptionMethod.PRINTED:
        raise DomainError("Print it: each print is recorded by itself.")
    if row.transmitted_at is not None:
        raise DomainError(f"It went out already: {row.get_method_display().lower()}.")
    if method not in WAYS[row.schedule]:
        raise DomainError(f"{row.get_schedule_display()} can't be {method.label.lower()}. Print it.")
    if row.pharmacy is None:
        raise DomainError("Which pharmacy? This prescription names none: cancel it and write another, or print it.")
    said = f"Recorded: {method.label.lower()} to {row.pharmacy}."
    if method == PrescriptionMethod.SENT:
        try:
            said = chosen().send(new_rx(row)).words
        except Unsent as failed:
            raise DomainError(f"{failed} Print it, or try again.") from failed
    _transmitted(by, row, method)
    return said


@action
def record_sent(*, by: User, prescription: MedicationRequest) -> None:
    """Record that a signed prescription reached its pharmacy as the answer to what it asked. Once."""
    row = _signed(prescription)
    if row.transmitted_at is None:
        _transmitted(by, row, PrescriptionMethod.SENT)


@action
def end_prescription(*, by: User, prescription: MedicationRequest, reason: str) -> str:
    """Take a prescription back, for a reason; what the pharmacy answers where it was sent there, else empty.

    The drug itself stays on the list, unless it was only intended. A draft is cancelled by whoever may edit the chart,
    a signed one by who may sign.
    """
    row = _locked(prescription)
    refuse_errored(row)
    if not reason.strip():
        raise DomainError("Say why it is taken back.", field="reason")
    if row.status in _ENDED:
        raise DomainError(f"It is {row.get_status_display().lower()} already.")
    if row.signed_at is not None and not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("A signed prescription is taken back by somebody who signs prescriptions.")
    said = ""
    if row.method == PrescriptionMethod.SENT:
        try:
            said = chosen().send(cancel_rx(row)).words
        except Unsent as failed:
            raise DomainError(f"{failed} Telephone the pharmacy, or try again.") from failed
    row.status = PrescriptionStatus.STOPPED if row.transmitted_at else PrescriptionStatus.CANCELLED
    row.status_reason = reason.strip()[:300]
    row.save(update_fields=["status", "status_reason", "updated_at"])
    _drop_intended(by, row)
    return said


@action
def prescription_in_error(*, by: User, prescription: MedicationRequest, reason: str) -> MedicationRequest:
    """Mark a prescription as entered in error. What left the clinic has to be taken back first."""
    row = _locked(prescription)
    if row.signed_at is not None and not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("A signed prescription is marked as an error by somebody who signs prescriptions.")
    if row.transmitted_at is not None and row.status == PrescriptionStatus.ACTIVE:
        raise DomainError("It went to the pharmacy: take it back first, then mark it.")
    marked = enter_in_error(by=by, row=row, reason=reason)
    _drop_intended(by, marked)
    return marked


def _lawful(display: str, fields: dict[str, Any]) -> str:
    """The drug's schedule. Raises DomainError for a wrong one, and for more refills than it allows."""
    schedule, wrong = fitting_schedule(display, fields.get("schedule", ""))
    if wrong:
        raise DomainError(wrong, field="schedule")
    most = MOST_REFILLS.get(DrugSchedule(schedule)) if schedule else None
    if most is not None and fields.get("refills", 0) > most:
        word = f"at most {most} refills" if most else "no refills"
        raise DomainError(f"{DrugSchedule(schedule).label} allows {word}.", field="refills")
    return schedule


def _listed(
    by: User,
    patient: Patient,
    coding: Coding,
    how: dict[str, Any],
    reasons: Reasons,
    encounter: Encounter | None,
    reason: str,
) -> MedicationStatement:
    """The row of the list that is taken just so, else a new one that is intended. Raises Unsafe."""
    taken = _taken(patient, coding)
    if taken is not None and all(getattr(taken, name) == how.get(name, getattr(taken, name)) for name in HOW):
        _weigh_again(by, taken, reasons, encounter)
        return taken
    if taken is not None:
        # Other directions for the same drug: what was said of it before still holds.
        before = {alert.key: why for alert, why in reasons_before(taken)}
        reasons = Reasons({**before, **reasons.given}, reasons.comment)
    return add_medication(
        by=by,
        patient=patient,
        coding=coding,
        encounter=encounter,
        reasons=reasons,
        status=MedicationStatus.INTENDED,
        reason=reason,
        **how,
    )


def _weigh_again(by: User, drug: MedicationStatement, reasons: Reasons, encounter: Encounter | None) -> None:
    check = weigh_again(drug, reasons)
    record_overrides(by=by, medication=drug, check=check, reasons=reasons, encounter=encounter)


def _taken(patient: Patient, coding: Coding) -> MedicationStatement | None:
    """The row of the list that is this very drug."""
    rows = patient.medications.filter(status__in=GOING_ON, entered_in_error_at=None)
    return rows.filter(**_identity(coding)).order_by("-created_at").first()


def _take(by: User, row: MedicationRequest) -> None:
    """The drug is taken from now on; other rows of the same drug end."""
    Patient.objects.select_for_update().get(pk=row.patient_id)
    drug = MedicationStatement.objects.select_for_update().get(pk=row.medication_id)
    coding = Coding(drug.system, drug.code, drug.display)
    while drug.status == MedicationStatus.INTENDED and (before := _before(row.patient, coding, drug)) is not None:
        before.status, before.effective_end = MedicationStatus.STOPPED, max(clinic_today(), _start(before))
        before.status_reason = f"Replaced by prescription {row.number}"
        before.save(update_fields=["status", "effective_end", "status_reason", "updated_at"])
    drug.status, drug.prescriber = MedicationStatus.ACTIVE, row.prescriber
    drug.quantity, drug.refills = row.quantity, row.refills
    drug.save(update_fields=["status", "prescriber", "quantity", "refills", "updated_at"])


def _before(patient: Patient, coding: Coding, drug: MedicationStatement) -> MedicationStatement | None:
    rows = patient.medications.filter(status__in=[MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD])
    return rows.filter(entered_in_error_at=None, **_identity(coding)).exclude(pk=drug.pk).select_for_update().first()


def _identity(coding: Coding) -> dict[str, str]:
    """By what two rows are the same drug."""
    if coding.code:
        return {"system": coding.system, "code": coding.code}
    return {"code": "", "display__iexact": coding.display}


def _start(row: MedicationStatement) -> date:
    return row.effective_start or clinic_today()


def _refuse_other(row: MedicationRequest, seen: str) -> None:
    """Refuse a draft that is not the one that was shown; an empty ``seen`` asks for no comparison."""
    if seen and seen != stamp(row):
        raise Conflict("Somebody changed this prescription while the page was open. Open it again to see it as it is.")


def _also_prescribed(row: MedicationRequest) -> bool:
    """Whether another prescription of this very row of the list stands."""
    over = [*_ENDED, PrescriptionStatus.ENTERED_IN_ERROR]
    return row.medication.prescriptions.exclude(pk=row.pk).exclude(status__in=over).exists()


def _drop_intended(by: User, row: MedicationRequest) -> None:
    """A drug that was only intended, and that nothing prescribes any more, is not taken."""
    drug = MedicationStatement.objects.select_for_update().get(pk=row.medication_id)
    if drug.status == MedicationStatus.INTENDED and not _also_prescribed(row):
        drug.status, drug.status_reason = MedicationStatus.NOT_TAKEN, f"Prescription {row.number} was not signed"
        drug.save(update_fields=["status", "status_reason", "updated_at"])


def _signed(prescription: MedicationRequest) -> MedicationRequest:
    row = _locked(prescription)
    refuse_errored(row)
    if row.signed_at is None:
        raise DomainError("Sign it first.")
    if row.status != PrescriptionStatus.ACTIVE:
        raise DomainError(f"It is {row.get_status_display().lower()}: nothing of it goes out any more.")
    last = last_day(row.schedule, row.signed_at.astimezone(clinic_zone()).date())
    if last is not None and clinic_today() > last:
        raise DomainError(f"It was good until {last:%d-%b-%Y}: nothing of it goes out any more. Prescribe it anew.")
    return row


def _transmitted(by: User, row: MedicationRequest, method: PrescriptionMethod) -> None:
    row.method, row.transmitted_at, row.transmitted_by = method, timezone.now(), by
    row.save(update_fields=_SENT)


def _locked(prescription: MedicationRequest) -> MedicationRequest:
    rows = MedicationRequest.objects.select_for_update(of=("self",))
    return rows.select_related("prescriber", "pharmacy", "medication", "patient").get(pk=prescription.pk)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('clinic_prescription_seq')")
        (number,) = cursor.fetchone() or (0,)
    return int(number)
