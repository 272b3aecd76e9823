"""Going on past a warning: only with a reason, which is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from clinic.models import Encounter, MedicationStatement, Patient, SafetyOverride
from clinic.models.safety import OverrideReason
from clinic.queries.safety import check_new_drug, standing_alerts, unanswered
from clinic.safety import Alert, Check
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import Conflict, DomainError


@dataclass(frozen=True)
class Reasons:
    """Why somebody goes on past warnings: by the alert's key one of :class:`OverrideReason`, and words of their own."""

    given: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


NONE_GIVEN = Reasons()


class Unsafe(DomainError):
    """A warning that stops, and no reason to go on. ``check`` is all that was found."""

    def __init__(self, check: Check, missing: Alert) -> None:
        super().__init__(f"{missing.message} Choose another drug, or say why you go on.", field="coding")
        self.check = check


def weigh(patient: Patient, coding: Coding, reasons: Reasons, *, besides: UUID | None = None) -> Check:
    """Check a drug. Raises Unsafe where an alert that stops has no reason beside it."""
    check = check_new_drug(patient, coding, besides=besides)
    for alert in check.stops:
        if reasons.given.get(alert.key) not in OverrideReason.values:
            raise Unsafe(check, alert)
    return check


def weigh_again(medication: MedicationStatement, reasons: Reasons) -> Check:
    """Check a drug of the list anew; the check's alerts are those that no reason was given for before.

    Raises Unsafe where one of them stops it and has no reason now either.
    """
    left = unanswered(medication)
    check = Check(alerts=tuple(left))
    for alert in check.stops:
        if reasons.given.get(alert.key) not in OverrideReason.values:
            raise Unsafe(check, alert)
    return check


@action
def record_overrides(
    *, by: User, medication: MedicationStatement, check: Check, reasons: Reasons, encounter: Encounter | None = None
) -> list[SafetyOverride]:
    """Keep for each alert that stops why it was passed."""
    return [
        _override(by, medication, alert, reasons.given[alert.key], reasons.comment, encounter) for alert in check.stops
    ]


@action
def override_standing(
    *, by: User, patient: Patient, key: str, reason: str, comment: str = "", encounter: Encounter | None = None
) -> SafetyOverride:
    """Say why a warning about what the patient takes already is passed. Raises Conflict when it stands no longer."""
    _, standing = standing_alerts(patient)
    found = next(((row, alert) for row, alert in standing if alert.key == key), None)
    if found is None:
        raise Conflict("This warning stands no longer: the medications or the allergies changed.")
    if reason not in OverrideReason.values:
        raise DomainError("Choose why you go on.", field="reason")
    return _override(by, found[0], found[1], reason, comment, encounter)


def _override(
    by: User, medication: MedicationStatement, alert: Alert, reason: str, comment: str, encounter: Encounter | None
) -> SafetyOverride:
    return SafetyOverride.objects.create(
        created_by=by,
        patient_id=medication.patient_id,
        encounter=encounter,
        medication=medication,
        kind=alert.kind,
        level=alert.level,
        against=alert.against,
        message=alert.message,
        source=alert.source,
        reason=reason,
        comment=comment.strip()[:300],
    )
