"""What payers sent back: files, acknowledgements, remittances."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile

from billing.models import (
    ClaimAcknowledgement,
    ClaimResponse,
    PaymentReconciliation,
    ProviderAdjustment,
    ReceivedFile,
)
from billing.queries.decisions import decision_data
from billing.x12.remittance_records import RemittanceClaim
from tests.factories.base import RecordFactory, factory


class ReceivedFileFactory(RecordFactory[ReceivedFile]):
    class Meta:
        model = ReceivedFile

    name = "remittance.835"
    content = factory.LazyFunction(lambda: ContentFile(b"ISA*", name="x"))
    sha256 = factory.Sequence(lambda n: sha256(str(n).encode()).hexdigest())
    size = 4
    kind = "835"


class AcknowledgementFactory(RecordFactory[ClaimAcknowledgement]):
    class Meta:
        model = ClaimAcknowledgement

    file = factory.SubFactory(ReceivedFileFactory, kind="277")
    position = factory.Sequence(lambda n: n + 1)
    patient = factory.SelfAttribute("claim.patient")
    kind = "277"
    outcome = "accepted"


class ReconciliationFactory(RecordFactory[PaymentReconciliation]):
    class Meta:
        model = PaymentReconciliation

    source = "era"
    file = factory.SubFactory(ReceivedFileFactory)
    payer_name = "Example Health"
    payer_identifier = "1512345678"
    trace_number = factory.Sequence(lambda n: f"EFT{n:06}")
    payment_date = date(2026, 3, 20)
    amount = Decimal(0)


def _told(row: Any) -> dict[str, Any]:
    """A decision without lines, as it is kept."""
    empty: dict[str, Any] = {field.name: () for field in fields(RemittanceClaim)}
    names = ("filing_indicator", "payer_claim_number", "facility_type", "frequency", "header_number")
    said = dict.fromkeys(names, "") | {"patient_responsibility": None, "position": row.sequence}
    said |= {name: getattr(row, name) for name in ("patient_control_number", "charge", "paid")}
    return decision_data(RemittanceClaim(**empty | said | {"status": row.status_code}))


class ClaimResponseFactory(RecordFactory[ClaimResponse]):
    class Meta:
        model = ClaimResponse

    reconciliation = factory.SubFactory(ReconciliationFactory)
    sequence = factory.Sequence(lambda n: n + 1)
    patient = factory.SelfAttribute("claim.patient")
    patient_control_number = factory.SelfAttribute("claim.number")
    status_code = "4"
    charge = factory.SelfAttribute("claim.total")
    paid = Decimal(0)
    content = factory.LazyAttribute(_told)


class ProviderAdjustmentFactory(RecordFactory[ProviderAdjustment]):
    class Meta:
        model = ProviderAdjustment

    reconciliation = factory.SubFactory(ReconciliationFactory)
    sequence = 1
    code = "L6"
    amount = Decimal("-1.27")
