"""Rows of what is ordered, prescribed, planned and written, each standing as it does right after it was entered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from clinic.choices import SectionKind
from clinic.models import (
    CareGapDecision,
    CarePlan,
    CareTeamMember,
    Communication,
    CommunicationRecipient,
    Delegation,
    Device,
    FamilyMemberHistory,
    Goal,
    KnowledgeBase,
    Letter,
    LetterTemplate,
    MedicationReconciliation,
    MedicationReconciliationItem,
    MedicationRequest,
    NoteTemplate,
    NoteTemplateSection,
    NoteVersion,
    PrescriptionPrint,
    RefillRequest,
    SafetyOverride,
    ServiceRequest,
    ServiceRequestReason,
    TaskComment,
    TextMacro,
)
from emr.codes.systems import ICD10CM, LOINC, RXNORM
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import RecordFactory, factory, numbered, someone
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import PatientFactory


class OrderFactory(RecordFactory[ServiceRequest]):
    """A draft of a laboratory order."""

    class Meta:
        model = ServiceRequest

    patient = factory.SubFactory(PatientFactory)
    number = factory.Sequence(lambda n: f"L{n:06d}")
    category = "laboratory"
    system = LOINC
    code = "24323-8"
    display = "Metabolic panel"
    requester = factory.SubFactory(PractitionerFactory)


class OrderReasonFactory(RecordFactory[ServiceRequestReason]):
    class Meta:
        model = ServiceRequestReason

    order = factory.SubFactory(OrderFactory)
    system = ICD10CM
    code = "E11.9"
    display = "Type 2 diabetes mellitus without complications"
    rank = 1


class PrescriptionFactory(RecordFactory[MedicationRequest]):
    """A draft of a prescription."""

    class Meta:
        model = MedicationRequest

    medication = factory.SubFactory(MedicationFactory)
    patient = factory.SelfAttribute("medication.patient")
    number = factory.Sequence(lambda n: f"R{n:06d}")
    system = RXNORM
    code = "860975"
    display = "metformin 500 mg tablet"
    dosage_text = "One tablet by mouth twice a day"
    quantity = Decimal(60)
    quantity_unit = "tablet"
    prescriber = factory.SubFactory(PractitionerFactory)


class PrescriptionPrintFactory(RecordFactory[PrescriptionPrint]):
    class Meta:
        model = PrescriptionPrint

    prescription = factory.SubFactory(PrescriptionFactory)
    copy = 1


class RefillFactory(RecordFactory[RefillRequest]):
    class Meta:
        model = RefillRequest

    medication = factory.SubFactory(MedicationFactory)
    patient = factory.SelfAttribute("medication.patient")


class ReconciliationFactory(RecordFactory[MedicationReconciliation]):
    class Meta:
        model = MedicationReconciliation

    patient = factory.SubFactory(PatientFactory)


class ReconciliationItemFactory(RecordFactory[MedicationReconciliationItem]):
    class Meta:
        model = MedicationReconciliationItem

    reconciliation = factory.SubFactory(ReconciliationFactory)
    medication = factory.SubFactory(MedicationFactory, patient=factory.SelfAttribute("..reconciliation.patient"))
    outcome = "continue"


class OverrideFactory(RecordFactory[SafetyOverride]):
    class Meta:
        model = SafetyOverride

    medication = factory.SubFactory(MedicationFactory)
    patient = factory.SelfAttribute("medication.patient")
    kind = "allergy"
    level = "stop"
    against = "penicillin"
    message = "An allergy to penicillin is on file."
    source = "The allergy list"
    reason = "tolerated"


class FamilyFactory(RecordFactory[FamilyMemberHistory]):
    class Meta:
        model = FamilyMemberHistory

    patient = factory.SubFactory(PatientFactory)
    relationship = "NMTH"
    display = "Breast cancer"


class DeviceFactory(RecordFactory[Device]):
    class Meta:
        model = Device

    patient = factory.SubFactory(PatientFactory)
    display = "Pacemaker"
    implanted_on = date(2020, 5, 4)


class CareTeamFactory(RecordFactory[CareTeamMember]):
    class Meta:
        model = CareTeamMember

    patient = factory.SubFactory(PatientFactory)
    name = "Dr. Outside"
    role = "Cardiologist"


class CarePlanFactory(RecordFactory[CarePlan]):
    class Meta:
        model = CarePlan

    patient = factory.SubFactory(PatientFactory)
    title = "Blood pressure at home"


class GoalFactory(RecordFactory[Goal]):
    class Meta:
        model = Goal

    patient = factory.SubFactory(PatientFactory)
    description = "Walk every day"


class GapDecisionFactory(RecordFactory[CareGapDecision]):
    class Meta:
        model = CareGapDecision

    patient = factory.SubFactory(PatientFactory)
    rule = "colorectal-screening"
    rule_version = "1"
    decision = "declined"
    reason = "Not now"


class LetterTemplateFactory(RecordFactory[LetterTemplate]):
    class Meta:
        model = LetterTemplate

    name = numbered("Template ")
    body = "Dear colleague"


class LetterFactory(RecordFactory[Letter]):
    """A draft."""

    class Meta:
        model = Letter

    patient = factory.SubFactory(PatientFactory)
    subject = "Our patient"
    body = "Dear colleague"


class MessageFactory(RecordFactory[Communication]):
    class Meta:
        model = Communication

    patient = factory.SubFactory(PatientFactory)
    subject = "Please call"
    text = "About the result"


class RecipientFactory(RecordFactory[CommunicationRecipient]):
    class Meta:
        model = CommunicationRecipient

    communication = factory.SubFactory(MessageFactory)
    user = factory.LazyFunction(someone)


class TaskCommentFactory(RecordFactory[TaskComment]):
    class Meta:
        model = TaskComment

    text = "Tried at noon"


class DelegationFactory(RecordFactory[Delegation]):
    class Meta:
        model = Delegation

    user = factory.LazyFunction(someone)
    delegate = factory.LazyFunction(lambda: someone("other@example.org"))
    period_start = date(2026, 7, 1)
    period_end = date(2026, 7, 14)


class NoteTemplateFactory(RecordFactory[NoteTemplate]):
    class Meta:
        model = NoteTemplate

    name = numbered("Visit ")


class NoteTemplateSectionFactory(RecordFactory[NoteTemplateSection]):
    class Meta:
        model = NoteTemplateSection

    template = factory.SubFactory(NoteTemplateFactory)
    kind = SectionKind.SUBJECTIVE
    text = "Comes for"


class NoteVersionFactory(RecordFactory[NoteVersion]):
    """What unlocking a signed note sets aside."""

    class Meta:
        model = NoteVersion

    number = 1
    signed_at = factory.SelfAttribute("note.signed_at")
    signed_by = factory.SelfAttribute("note.signed_by")
    snapshot = factory.SelfAttribute("note.snapshot")
    content_hash = factory.SelfAttribute("note.content_hash")
    reason = "The wrong side was written"


class MacroFactory(RecordFactory[TextMacro]):
    class Meta:
        model = TextMacro

    name = numbered("word")
    text = "A longer text"


class KnowledgeBaseFactory(RecordFactory[KnowledgeBase]):
    class Meta:
        model = KnowledgeBase

    kind = "interactions"
    name = "Test pairs"
    version = "1"
    sha256 = "0" * 64
    rows = 0
