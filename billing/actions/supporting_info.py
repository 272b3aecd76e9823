"""What a visit's claims say beyond services and diagnoses: boxes 10, 14 to 20 and 32, and what has no box."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing.actions.charges import check_took_place
from billing.actions.drafts import follow_charges
from billing.actions.ledger import lock_patients
from billing.choices import ClaimStatus, IllnessQualifier, OtherDateQualifier, ReferringRole
from billing.models import Claim, ClaimSupportingInfo
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

#: All that is entered with a visit; its authorization is chosen elsewhere.
FIELDS = (
    *("employment", "auto_accident", "auto_accident_state", "other_accident", "claim_codes"),
    *("illness_date", "illness_qualifier", "other_date", "other_date_qualifier"),
    *("unable_to_work_start", "unable_to_work_end", "hospitalization_start", "hospitalization_end"),
    *("referring_role", "referring_given_name", "referring_family_name", "referring_credentials", "referring_npi"),
    *("additional_information", "outside_lab", "outside_lab_charge"),
    *("facility_name", "facility_line", "facility_city", "facility_state", "facility_postal_code", "facility_npi"),
    *("other_referrer", "biller_note"),
)
#: What has no box, so that it may be written at any time.
_BESIDE = {"other_referrer", "biller_note"}


@action
def save_supporting_info(*, by: User, encounter: Encounter, **said: Any) -> ClaimSupportingInfo:
    """Write the particulars of a visit; a draft claim follows. ``said`` are those of FIELDS that change.

    Raises DomainError, with the field, for what a claim can't say, and once the visit's claim is submitted.
    """
    if unknown := said.keys() - set(FIELDS):
        raise TypeError(f"A visit has no particular {', '.join(sorted(unknown))}.")
    lock_patients([encounter.patient_id])
    visit = Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    row = ClaimSupportingInfo.objects.select_for_update(of=("self",)).filter(encounter=visit).first()
    row = row or ClaimSupportingInfo(created_by=by, patient_id=visit.patient_id, encounter=visit)
    changed = [name for name, value in said.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, said[name])
    if not changed:
        return row
    if set(changed) - _BESIDE:
        _check_open(visit)
    _check(row)
    if row._state.adding:
        row.save(force_insert=True)
    else:
        row.save(update_fields=[*changed, "updated_at"])
    follow_charges(by, visit)
    return row


def _check_open(visit: Encounter) -> None:
    """Raise DomainError where no claim is left to say it: none that is made or to be made, to whichever payer."""
    check_took_place(visit)
    standing = set(Claim.objects.standing().filter(encounter=visit).values_list("status", flat=True))
    if standing == {ClaimStatus.ACTIVE}:
        raise DomainError("The visit's claim is submitted, so its particulars stay. Void the claim first.")


def _check(row: ClaimSupportingInfo) -> None:
    _check_causes(row)
    _check_dated(row.illness_date, row.illness_qualifier, IllnessQualifier.values, "illness")
    _check_dated(row.other_date, row.other_date_qualifier, OtherDateQualifier.values, "other_date")
    _check_period(row.unable_to_work_start, row.unable_to_work_end, "unable_to_work_end")
    _check_period(row.hospitalization_start, row.hospitalization_end, "hospitalization_end")
    _check_referrer(row)
    _check_place(row)


def _check_causes(row: ClaimSupportingInfo) -> None:
    if row.auto_accident and not row.auto_accident_state:
        raise DomainError("Say in which state the auto accident was.", field="auto_accident_state")
    if row.auto_accident_state and not row.auto_accident:
        raise DomainError(
            "A state belongs to an auto accident: tick it, or leave the state empty.", field="auto_accident"
        )


def _check_dated(on: date | None, qualifier: str, known: list[str], name: str) -> None:
    where = "illness_date" if name == "illness" else name
    which = "illness_qualifier" if name == "illness" else f"{name}_qualifier"
    if qualifier and qualifier not in known:
        raise DomainError("Choose what happened on that day.", field=which)
    if on is not None and not qualifier:
        raise DomainError("Say what happened on that day.", field=which)
    if qualifier and on is None:
        raise DomainError("Enter the day.", field=where)
    if on is not None and on > clinic_today():
        raise DomainError("The day is in the future.", field=where)


def _check_period(start: date | None, end: date | None, field: str) -> None:
    if end is not None and start is None:
        raise DomainError("Enter the first day, too.", field=field.replace("_end", "_start"))
    if start is not None and end is not None and end < start:
        raise DomainError("The last day is before the first.", field=field)


def _check_referrer(row: ClaimSupportingInfo) -> None:
    told = (row.referring_given_name, row.referring_family_name, row.referring_credentials, row.referring_npi)
    if row.referring_role and row.referring_role not in ReferringRole.values:
        raise DomainError("Choose what the practitioner did.", field="referring_role")
    if row.referring_role and not row.referring_family_name:
        raise DomainError("Enter the practitioner's last name.", field="referring_family_name")
    if any(told) and not row.referring_role:
        raise DomainError("Say whether the practitioner referred, ordered or supervised.", field="referring_role")


def _check_place(row: ClaimSupportingInfo) -> None:
    place = (row.facility_line, row.facility_city, row.facility_state, row.facility_postal_code, row.facility_npi)
    if row.outside_lab and not row.outside_lab_charge:
        raise DomainError("Enter what the laboratory charged the clinic.", field="outside_lab_charge")
    if row.outside_lab_charge is not None and not row.outside_lab:
        raise DomainError(
            "A charge belongs to an outside laboratory: tick it, or leave the charge empty.", field="outside_lab"
        )
    if row.outside_lab_charge is not None and row.outside_lab_charge <= 0:
        raise DomainError("The charge must be more than 0.", field="outside_lab_charge")
    if row.outside_lab and not row.facility_name:
        raise DomainError("Box 32 names the laboratory: enter it.", field="facility_name")
    if any(place) and not row.facility_name:
        raise DomainError("Enter the name of the place.", field="facility_name")
