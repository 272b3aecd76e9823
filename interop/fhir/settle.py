"""What two rows of one bundle can't both be: one active problem of a code, one active drug."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from clinic.choices import ConditionCategory, ConditionClinicalStatus, MedicationStatus
from clinic.models import Condition, MedicationStatement
from interop.fhir.mapped import Mapped

_ACTIVE_PROBLEM = frozenset(
    {ConditionClinicalStatus.ACTIVE, ConditionClinicalStatus.RECURRENCE, ConditionClinicalStatus.RELAPSE}
)


class ActivePlaces:
    """The active places of codes on patients' lists, taken by rows on file and by rows of this import."""

    def __init__(self) -> None:
        self._taken: dict[tuple[type, UUID], set[tuple[str, str]]] = {}

    def settle(self, mapped: Mapped, remark: Callable[[str], None]) -> None:
        """Real records list one problem or drug as active twice: one stays active, the other stays on file."""
        row = mapped.row
        if isinstance(row, Condition) and self._is_second(row, _claims_place(row)):
            row.category = ConditionCategory.ENCOUNTER_DIAGNOSIS
            remark("a problem that is active on the list already was kept as a visit's diagnosis")
        if isinstance(row, MedicationStatement) and self._is_second(row, row.status == MedicationStatus.ACTIVE):
            row.status = MedicationStatus.COMPLETED
            row.status_reason = "Ordered again: the other order of this drug is the active one."
            remark("a drug that is active on the list already was kept as completed")

    def _is_second(self, row: Condition | MedicationStatement, is_active: bool) -> bool:
        if not is_active or not row.code:
            return False
        taken = self._of(row)
        if (row.system, row.code) in taken:
            return True
        taken.add((row.system, row.code))
        return False

    def _of(self, row: Condition | MedicationStatement) -> set[tuple[str, str]]:
        """The places taken on a patient's list: one query for each patient and list."""
        key = (type(row), row.patient_id)
        if key not in self._taken:
            self._taken[key] = _on_file(row)
        return self._taken[key]


def _claims_place(row: Condition) -> bool:
    return row.clinical_status in _ACTIVE_PROBLEM and row.category == ConditionCategory.PROBLEM_LIST_ITEM


def _on_file(row: Condition | MedicationStatement) -> set[tuple[str, str]]:
    mine = {"patient_id": row.patient_id, "entered_in_error_at": None}
    if isinstance(row, Condition):
        problems = Condition.objects.filter(
            clinical_status__in=_ACTIVE_PROBLEM, category=ConditionCategory.PROBLEM_LIST_ITEM, **mine
        )
        return set(problems.values_list("system", "code"))
    drugs = MedicationStatement.objects.filter(status=MedicationStatus.ACTIVE, **mine)
    return set(drugs.values_list("system", "code"))
