"""What stands around claims: authorizations, particulars, remarks, and whom claims are sent to."""

from __future__ import annotations

from billing.models import Authorization, ClaimNote, ClaimSupportingInfo, TradingPartner
from tests.factories.base import RecordFactory, factory
from tests.factories.clinic import CoverageFactory


class AuthorizationFactory(RecordFactory[Authorization]):
    class Meta:
        model = Authorization

    patient = factory.SelfAttribute("coverage.patient")
    coverage = factory.SubFactory(CoverageFactory)
    number = factory.Sequence(lambda n: f"AUTH{n:05}")


class SupportingInfoFactory(RecordFactory[ClaimSupportingInfo]):
    class Meta:
        model = ClaimSupportingInfo

    patient = factory.SelfAttribute("encounter.patient")


class ClaimNoteFactory(RecordFactory[ClaimNote]):
    class Meta:
        model = ClaimNote

    text = "Spoke to the payer: in process."


class TradingPartnerFactory(RecordFactory[TradingPartner]):
    class Meta:
        model = TradingPartner

    name = "Example Clearinghouse"
    sender_id = "CLINIC01"
    receiver_id = "CLEARING01"
    contact_name = "Billing office"
    contact_phone = "2175550110"
