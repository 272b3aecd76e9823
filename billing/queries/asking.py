"""How patients are asked for what they owe: by statements, by a plan, by an agency, or for the time being not."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from billing.choices import ClaimState, PlanStatus
from billing.models import BillingAccount, PaymentPlan


class Asking(StrEnum):
    """The last part of a claim's life (claims.md, section 4), once what is left of it is the patient's."""

    STATEMENT = "statement"
    PLAN = "plan"
    COLLECTIONS = "collections"
    HELD = "held"

    @property
    def label(self) -> str:
        """The words of the list and of its filter."""
        return _LABELS[self]

    @property
    def claims(self) -> Q:
        """The claims whose patients are asked so."""
        return Q(state=ClaimState.PATIENT_BALANCE) & self._patients

    @property
    def _patients(self) -> Q:
        if self is Asking.COLLECTIONS:
            return _at_collections()
        if self is Asking.PLAN:
            return _on_plan() & ~_at_collections()
        if self is Asking.HELD:
            return _held() & ~_on_plan() & ~_at_collections()
        return ~_held() & ~_on_plan() & ~_at_collections()


_LABELS = {
    Asking.STATEMENT: "By statement",
    Asking.PLAN: "On a payment plan",
    Asking.COLLECTIONS: "At collections",
    Asking.HELD: "Statements are held",
}


def asked_otherwise(patients: Iterable[UUID]) -> dict[UUID, Asking]:
    """Those of these patients who aren't just sent statements. Two queries."""
    mine = {"patient__in": list(patients)}
    kept = BillingAccount.objects.particular().filter(**mine).values_list("patient", "collections_at")
    plans = PaymentPlan.objects.filter(**mine, status=PlanStatus.ACTIVE).values_list("patient", flat=True)
    found = {key: Asking.COLLECTIONS if away else Asking.HELD for key, away in kept}
    # An agency asks for all of it; a plan goes on where only statements are held.
    return found | {key: Asking.PLAN for key in plans if found.get(key) is not Asking.COLLECTIONS}


def _at_collections() -> Q:
    return Q(patient__in=BillingAccount.objects.filter(collections_at__isnull=False).values("patient"))


def _held() -> Q:
    return Q(patient__in=BillingAccount.objects.filter(statements_held=True).values("patient"))


def _on_plan() -> Q:
    return Q(patient__in=PaymentPlan.objects.filter(status=PlanStatus.ACTIVE).values("patient"))
