"""What pharmacies ask electronically: a renewal becomes a refill request of the drug that it names, or of nobody's."""

from __future__ import annotations

from clinic.actions.refills import request_refill
from clinic.erx.messages import RxRenewalRequest
from clinic.models import MedicationRequest, Pharmacy, RefillRequest
from clinic.models.prescriptions import RefillSource
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def receive_renewal(*, by: User, message: RxRenewalRequest) -> RefillRequest:
    """Take a pharmacy's request for more.

    It is matched by the number of our own prescription and by the patient's name and birth date, which must both be
    those of that prescription: a message that doesn't fit is refused with a sentence and filed with nobody. The same
    message again gives the request that it made.
    """
    asked = RefillRequest.objects.filter(message_id=message.header.message_id).first()
    if asked is not None and message.header.message_id:
        return asked
    number = message.header.prescriber_order_number
    known = MedicationRequest.objects.select_related("patient", "medication")
    row = known.filter(number=number).exclude(signed_at=None).first() if number else None
    if row is None:
        raise DomainError("The pharmacy's request names no prescription of this clinic.")
    said = (message.patient.family_name.casefold(), message.patient.birth_date)
    if said != (row.patient.family_name.casefold(), row.patient.birth_date):
        raise DomainError(f"The pharmacy's request for prescription {number} names another patient.")
    pharmacy = Pharmacy.objects.filter(ncpdp_id=message.pharmacy.ncpdp_id).exclude(ncpdp_id="").first()
    return request_refill(
        by=by,
        medication=row.medication,
        source=RefillSource.PHARMACY,
        pharmacy=pharmacy or row.pharmacy,
        comment=message.note[:500],
        message_id=message.header.message_id[:64],
    )
