"""Visits that can be billed, and their claims."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.models import Claim, FeeSchedule, FeeScheduleItem, VaccineService
from clinic.models import Encounter, EncounterDiagnosis, Note, Patient
from clinic.snapshots import snapshot_of
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS, ICD10CM
from tests.factories.accounts import NPIS, ClinicFactory, PractitionerFactory
from tests.factories.base import RecordFactory, factory, someone
from tests.factories.clinic import ContactPointFactory, CoverageFactory, PatientAddressFactory, PatientFactory

#: Noon in the clinic's zone on the day of service of every visit made here.
SEEN_AT = datetime(2026, 3, 9, 17, tzinfo=UTC)
SEEN_ON = date(2026, 3, 9)

#: Twelve diagnoses that may stand together (ICD-10-CM, public).
TWELVE = ["I10", "E11.9", "E78.5", "J45.909", "K21.9", "M54.50", "N39.0", "R51.9", "F32.A", "L30.9", "J02.0", "Z79.4"]


class EncounterFactory(RecordFactory[Encounter]):
    class Meta:
        model = Encounter

    patient = factory.SubFactory(PatientFactory)
    practitioner = factory.SubFactory(PractitionerFactory, npi=NPIS[1])
    status = "finished"
    period_start = SEEN_AT
    period_end = SEEN_AT
    finished_at = SEEN_AT
    finished_by = factory.LazyFunction(someone)


class DiagnosisFactory(RecordFactory[EncounterDiagnosis]):
    class Meta:
        model = EncounterDiagnosis

    patient = factory.SelfAttribute("encounter.patient")
    rank = 1
    system = ICD10CM
    code = "I10"
    display = "Essential (primary) hypertension"


class SignedNoteFactory(RecordFactory[Note]):
    class Meta:
        model = Note

    patient = factory.SelfAttribute("encounter.patient")
    author = factory.LazyFunction(someone)
    status = "final"
    signed_at = SEEN_AT
    signed_by = factory.LazyFunction(someone)
    snapshot = factory.LazyAttribute(
        lambda row: snapshot_of(Note(encounter=row.encounter, author=row.author), by=row.signed_by, at=SEEN_AT)
    )
    content_hash = "0" * 64


class FeeScheduleFactory(RecordFactory[FeeSchedule]):
    class Meta:
        model = FeeSchedule

    name = "Clinic fees"
    effective_from = date(2020, 1, 1)


class FeeFactory(RecordFactory[FeeScheduleItem]):
    class Meta:
        model = FeeScheduleItem

    fee_schedule = factory.SubFactory(FeeScheduleFactory)
    system = HCPCS
    code = "G0463"
    display = "Hospital outpatient clinic visit"
    amount = Decimal("120.00")


class VaccineServiceFactory(RecordFactory[VaccineService]):
    class Meta:
        model = VaccineService

    cvx = "141"
    product_code = "Q2035"
    administration_code = "G0008"


def service(code: str = "G0463", display: str = "Clinic visit") -> Coding:
    """A public service code."""
    return Coding(HCPCS, code, display)


def visit(
    *,
    patient: Patient | None = None,
    codes: list[str] | None = None,
    covered: bool = True,
    signed: bool = True,
    **more: Any,
) -> Encounter:
    """A finished visit with diagnoses, of a patient with all that a claim needs. The clinic is there afterwards."""
    ClinicFactory()
    if patient is None:
        patient = PatientFactory()
        PatientAddressFactory(patient=patient)
        ContactPointFactory(patient=patient)
    if covered and not patient.coverages.exists():
        CoverageFactory(patient=patient)
    practitioner = more.pop("practitioner", None)
    if practitioner is None:
        practitioner = PractitionerFactory._meta.model.objects.filter(npi=NPIS[1]).first() or PractitionerFactory(
            npi=NPIS[1]
        )
    made: Encounter = EncounterFactory.create(patient=patient, practitioner=practitioner, **more)
    for rank, code in enumerate(codes or ["I10"], 1):
        DiagnosisFactory(encounter=made, rank=rank, code=code, display=f"Diagnosis {code}")
    if signed:
        SignedNoteFactory(encounter=made)
    return made


def charged(by: User, encounter: Encounter, lines: int = 1, **more: Any) -> Encounter:
    """Put charges on a visit, 50.00 and rising by a dollar each; other services than on the patient's visits before,
    which all are of one day."""
    before = encounter.patient.charge_items.filter(entered_in_error_at=None).count()
    for n in range(lines):
        code = f"G{1000 + before + n:04d}"
        add_charge(by=by, encounter=encounter, coding=service(code), unit_price=Decimal(50 + n), **more)
    return encounter


def claim(by: User, **more: Any) -> Claim:
    """A claim that is ready, or, for a patient who pays, theirs to pay."""
    return create_claim(by=by, encounter=charged(by, visit(**more)))


def submitted(by: User, **more: Any) -> Claim:
    """A submitted claim."""
    return submit_claims(by=by, claims=[claim(by, **more)])[0]
