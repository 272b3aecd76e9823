"""What is ready to bill."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from billing.choices import ChargeItemStatus, ClaimStatus
from billing.models import Claim
from clinic.choices import EncounterStatus
from clinic.models import Encounter, EncounterDiagnosis, Note


def ready_to_bill() -> QuerySet[Encounter]:
    """Visits with a signed note and no claim in force, the oldest first; with their charges' count and sum.

    A visit without charges is listed too, so that none is forgotten.
    """
    claimed = Claim.objects.filter(encounter=OuterRef("pk"), status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE])
    signed = Note.objects.filter(encounter=OuterRef("pk"), signed_at__isnull=False, entered_in_error_at=None)
    billable = Q(charge_items__status=ChargeItemStatus.BILLABLE, charge_items__entered_in_error_at=None)
    return (
        Encounter.objects.filter(status=EncounterStatus.FINISHED, entered_in_error_at=None)
        .filter(Exists(signed), ~Exists(claimed))
        .select_related("patient", "practitioner")
        .prefetch_related(
            Prefetch("diagnoses", queryset=EncounterDiagnosis.objects.filter(entered_in_error_at=None).order_by("rank"))
        )
        .annotate(
            charge_count=Count("charge_items", filter=billable),
            charge_total=Sum("charge_items__amount", filter=billable),
        )
        .order_by("period_start")
    )
