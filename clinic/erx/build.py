"""Messages made of the clinic's own rows."""

from __future__ import annotations

from django.utils import timezone

from clinic.choices import AdministrativeGender
from clinic.erx import messages as m
from clinic.models import MedicationRequest, Pharmacy, RefillRequest
from clinic.models.prescriptions import RefillStatus
from clinic.queries.addresses import in_use
from emr.accounts.models import Address, Clinic, Practitioner
from emr.codes.systems import RXNORM
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.records import uuid7

_SEX = {AdministrativeGender.FEMALE: "F", AdministrativeGender.MALE: "M"}


def new_rx(row: MedicationRequest) -> m.NewRx:
    """The message that orders a signed prescription filled. It needs its pharmacy."""
    return m.NewRx(_header(row), patient_of(row), prescriber_of(row), pharmacy_of(row.pharmacy), drug_of(row))


def cancel_rx(row: MedicationRequest) -> m.CancelRx:
    """The message that takes it back."""
    parts = (_header(row), patient_of(row), prescriber_of(row), pharmacy_of(row.pharmacy), drug_of(row))
    return m.CancelRx(*parts, reason=row.status_reason)


def renewal_response(refill: RefillRequest, asked: m.Header) -> m.RxRenewalResponse:
    """The answer to a pharmacy's request that was decided: denied, or approved as it was or changed."""
    header = m.Header(
        message_id=str(uuid7()),
        sender=asked.receiver,
        receiver=asked.sender,
        sent_at=timezone.now(),
        relates_to=asked.message_id,
        prescriber_order_number=refill.prescription.number if refill.prescription else "",
    )
    if refill.status != RefillStatus.ACCEPTED or refill.prescription is None:
        return m.RxRenewalResponse(header, m.Answer.DENIED, reason=refill.decision_reason)
    answer = m.Answer.APPROVED_WITH_CHANGES if refill.decision_reason else m.Answer.APPROVED
    return m.RxRenewalResponse(header, answer, drug_of(refill.prescription), refill.decision_reason)


def patient_of(row: MedicationRequest) -> m.Person:
    """The patient as the pharmacy needs to know them."""
    patient = row.patient
    home = patient.addresses.filter(in_use(clinic_today())).first()
    return m.Person(
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        sex=_SEX.get(AdministrativeGender(patient.gender), "U"),
        address=_address(home) if home else None,
    )


def prescriber_of(row: MedicationRequest) -> m.Prescriber:
    """Who prescribes; the DEA number only for a controlled drug."""
    who: Practitioner = row.prescriber
    clinic = Clinic.objects.first() or Clinic()
    return m.Prescriber(
        family_name=who.family_name,
        given_name=who.given_name,
        npi=who.npi,
        address=_address(clinic),
        phone=who.phone or clinic.phone,
        dea_number=who.dea_number if row.schedule else "",
        credentials=who.credentials,
    )


def pharmacy_of(pharmacy: Pharmacy | None) -> m.PharmacyParty:
    """The pharmacy; one without an id can be named but not reached."""
    if pharmacy is None:
        return m.PharmacyParty("", "")
    return m.PharmacyParty(pharmacy.ncpdp_id, pharmacy.name, pharmacy.phone)


def drug_of(row: MedicationRequest) -> m.Drug:
    """The drug as it was signed."""
    written = row.signed_at or row.created_at
    return m.Drug(
        description=row.display,
        sig=row.dosage_text,
        quantity=row.quantity,
        quantity_unit=row.quantity_unit,
        written_on=written.astimezone(clinic_zone()).date(),
        rxnorm=row.code if row.system == RXNORM else "",
        days_supply=row.days_supply,
        refills=row.refills,
        substitution_allowed=row.substitution_allowed,
        schedule=row.schedule,
        indication=row.reason,
        note=row.note_to_pharmacist,
    )


def _header(row: MedicationRequest) -> m.Header:
    return m.Header(
        message_id=str(uuid7()),
        sender=row.prescriber.npi,
        receiver=row.pharmacy.ncpdp_id if row.pharmacy else "",
        sent_at=timezone.now(),
        prescriber_order_number=row.number,
    )


def _address(row: Address) -> m.Address:
    return m.Address(row.line1, row.city, row.state, row.postal_code, row.line2)
