"""Messages made of the clinic's own rows."""

from __future__ import annotations

from uuid import uuid5

from django.utils import timezone

from clinic.choices import AdministrativeGender
from clinic.erx import messages as m
from clinic.models import MedicationRequest, Pharmacy, RefillRequest
from clinic.queries.addresses import permanent_of
from emr.accounts.models import Address, Clinic, Practitioner
from emr.codes.systems import RXNORM
from emr.shared.dates import clinic_zone

_SEX = {AdministrativeGender.FEMALE: "F", AdministrativeGender.MALE: "M"}


def new_rx(row: MedicationRequest) -> m.NewRx:
    """The message that orders a signed prescription filled. It needs its pharmacy."""
    return m.NewRx(_header(row, "new"), patient_of(row), prescriber_of(row), pharmacy_of(row.pharmacy), drug_of(row))


def cancel_rx(row: MedicationRequest) -> m.CancelRx:
    """The message that takes it back."""
    parts = (_header(row, "cancel"), patient_of(row), prescriber_of(row), pharmacy_of(row.pharmacy), drug_of(row))
    return m.CancelRx(*parts, reason=row.status_reason)


def renewal_response(refill: RefillRequest) -> m.RxRenewalResponse:
    """The answer to a pharmacy's request that was decided: denied, or approved as it was or changed.

    A controlled drug is denied here, for the paper or the telephone call that follows: no answer of ours may order it.
    """
    row = refill.prescription
    header = m.Header(
        message_id=str(uuid5(refill.pk, "answer")),
        sender=row.prescriber.npi if row else "",
        receiver=refill.pharmacy.ncpdp_id if refill.pharmacy else "",
        sent_at=timezone.now(),
        relates_to=refill.message_id,
        prescriber_order_number=row.number if row else "",
    )
    if row is None:
        return m.RxRenewalResponse(
            header, m.Answer.DENIED, reason=refill.decision_reason or "It is not needed any more."
        )
    if row.schedule:
        return m.RxRenewalResponse(header, m.Answer.DENIED, reason="A new prescription follows by another way.")
    answer = m.Answer.APPROVED_WITH_CHANGES if refill.decision_reason else m.Answer.APPROVED
    return m.RxRenewalResponse(header, answer, drug_of(row), refill.decision_reason)


def refusal(asked: m.RxRenewalRequest, reason: str) -> m.RxRenewalResponse:
    """The answer to a request that fits nobody here."""
    header = m.Header(
        message_id=f"{asked.header.message_id}-refused"[:64],
        sender=asked.header.receiver,
        receiver=asked.header.sender,
        sent_at=timezone.now(),
        relates_to=asked.header.message_id,
    )
    return m.RxRenewalResponse(header, m.Answer.DENIED, reason=reason)


def patient_of(row: MedicationRequest) -> m.Person:
    """The patient as the pharmacy needs to know them."""
    patient = row.patient
    home = permanent_of(patient)
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


def _header(row: MedicationRequest, what: str) -> m.Header:
    """The same message has the same id: sent again after a break, the pharmacy sees that it has it already."""
    return m.Header(
        message_id=str(uuid5(row.pk, what)),
        sender=row.prescriber.npi,
        receiver=row.pharmacy.ncpdp_id if row.pharmacy else "",
        sent_at=timezone.now(),
        prescriber_order_number=row.number,
    )


def _address(row: Address) -> m.Address:
    return m.Address(row.line1, row.city, row.state, row.postal_code, row.line2)
