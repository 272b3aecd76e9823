"""A patient with at least one row on every floor of the house, for tests that attack all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.actions.adjusting import write_off
from billing.actions.batches import create_batch
from billing.actions.claims import submit_claims
from billing.actions.payments import take_payment
from billing.choices import AdjustmentReason, BatchStyle, PaymentKind, PaymentMethod, Side
from billing.models import Claim, DayClose
from clinic.actions.disclosures import record_disclosure
from clinic.actions.eligibility import check_eligibility
from clinic.actions.intake_review import decide_field
from clinic.actions.merges import merge_patients
from clinic.actions.note_drafts import save_draft
from clinic.actions.notes import add_addendum
from clinic.actions.requests import decide_request, take_request
from clinic.actions.signals import link_staff_patient
from clinic.actions.tasks import create_task
from clinic.choices import AddendumKind, SectionKind
from clinic.models import Encounter, Note, Patient, SnoopingSignal
from emr.accounts.actions.invitations import invite_person
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import Log
from emr.audit.retention.actions import place_hold, set_retention
from emr.audit.retention_models import MOST_YEARS
from emr.shared.records import uuid7
from scheduling import models as s
from scheduling.actions.placing import save_visit
from scheduling.actions.staging import record_move
from scheduling.choices import CheckItem
from tests.clinic.glass import BreakGlassFactory
from tests.clinic.notes import a_note, a_signed_note, a_visit
from tests.factories import billing, care, chart, claims, clinic, intake, interop, remittances, scheduling, statements
from tests.factories.accounts import NPIS, PractitionerFactory, make_person
from tests.factories.base import someone


@dataclass
class Life:
    """A patient, and the keys of that patient's rows by the names that URLs give them."""

    patient: Patient
    visit: Encounter
    open_note: Note
    signed_note: Note
    draft_claim: Claim
    submitted_claim: Claim
    keys: dict[str, list[UUID]] = field(default_factory=dict)


#: What the URLs of the first lists call a row, in the order in which a life makes them.
LISTED = ("condition_id", "allergy_id", "medication_id", "immunization_id", "procedure_id", "answer_id")


def a_life(doctor: User, biller: User, *, text: str = "Said", **patient: Any) -> Life:
    """Everything that this version can record of a person; free text everywhere is ``text``."""
    maria = clinic.PatientFactory(**patient)
    home = clinic.PatientAddressFactory(patient=maria)
    clinic.ContactPointFactory(patient=maria)
    former = clinic.PatientNameFactory(patient=maria, family_name=f"Old{text}"[:60])
    kin = clinic.RelatedPersonFactory(patient=maria, family_name=text[:60], relationship=text[:60])
    paper = clinic.document(patient=maria, description=text[:200])
    coverage = clinic.CoverageFactory(patient=maria, subscriber_id="A1", plan_name=text[:29])
    visit = a_visit(doctor, maria)
    rows = [
        chart.ConditionFactory(patient=maria, encounter=visit, note=text),
        clinic.AllergyIntoleranceFactory(patient=maria, display=text, note=text),
        chart.MedicationFactory(patient=maria, display=text, note=text, dosage_text=text[:200]),
        chart.ImmunizationFactory(patient=maria, display=text, note=text),
        chart.ProcedureFactory(patient=maria, display=text, note=text),
        chart.ObservationFactory(patient=maria, note=text),
    ]
    clinic.AllergyReactionFactory(allergy=rows[1], display=text)
    report = chart.ReportFactory(patient=maria, display=text, conclusion=text)
    interop.FiledReportFactory(report=report)
    result = chart.ObservationFactory(patient=maria, report=report, category="laboratory")
    chart.blood_pressure(patient=maria)
    diagnosis = visit.diagnoses.get()
    signed = a_signed_note(doctor, visit)
    add_addendum(by=doctor, note=signed, text=text, kind=AddendumKind.ADDENDUM)
    care.NoteVersionFactory(note=signed, content_hash="1" * 64)  # an earlier one
    open_visit = a_visit(doctor, maria, days_ago=1)
    note = a_note(doctor, open_visit)
    texts = {SectionKind.SUBJECTIVE: text}
    save_draft(by=doctor, note=note, base_version=note.version, sections=texts)
    seer = PractitionerFactory._meta.model.objects.filter(npi=NPIS[1]).first() or PractitionerFactory(npi=NPIS[1])
    room = scheduling.RoomFactory()
    coming = scheduling.AppointmentFactory(
        patient=maria, practitioner=seer, room=room, reason=text[:200], comment=text[:300]
    )
    today = timezone.now().replace(minute=0, second=0, microsecond=0)
    soon = scheduling.AppointmentFactory(
        patient=maria,
        practitioner=doctor.practitioner,
        start_at=today,
        end_at=today + timedelta(minutes=20),
        reason=text[:200],
    )
    draft = billing.claim(biller, patient=maria)
    sent = submit_claims(by=biller, claims=[billing.claim(biller, patient=maria)])[0]
    billing.charged(biller, billing.visit(patient=maria))
    batch = create_batch(by=biller, claims=[sent], style=BatchStyle.REVIEW)
    checked = check_eligibility(by=biller, coverage=coverage, service_date=date(2026, 3, 9), request_token=uuid7())
    paid = take_payment(
        by=biller,
        patient=maria,
        kind=PaymentKind.COPAY,
        method=PaymentMethod.CHECK,
        amount=Decimal(25),
        reference=text[:29],
    )
    forgiven = write_off(
        by=biller,
        claim=sent,
        side=Side.PAYER,
        amount=Decimal(1),
        reason_code=AdjustmentReason.CONTRACTUAL,
        reason=text[:200],
    )
    charge = draft.items.get().charge_item
    assert home.pk
    keys = {
        "row_id": [diagnosis.pk, rows[-1].pk],
        **{name: [row.pk] for name, row in zip(LISTED, rows, strict=True)},
        "encounter_id": [visit.pk, open_visit.pk, draft.encounter_id],
        "note_id": [signed.pk, note.pk],
        "coverage_id": [coverage.pk],
        "appointment_id": [coming.pk, soon.pk],
        "claim_id": [draft.pk, sent.pk],
        "payment_id": [paid.pk],
        "transaction_id": [forgiven.pk],
        "check_id": [checked.pk],
        "charge_id": [charge.pk],
        "batch_id": [batch.pk],
        "job_id": [batch.job_id],
        "grant_id": [clinic.grant_note(someone(), signed).pk, clinic.grant_chart(someone(), maria).pk],
        "person_id": [kin.pk],
        "name_id": [former.pk],
        "address_id": [home.pk],
        "document_id": [paper.pk, clinic.scan(maria, description=text[:200]).pk],
        "report_id": [report.pk],
        "result_id": [result.pk],
        "denial_id": [clinic.PatientDenialFactory(patient=maria, user=someone()).pk],
    }
    entry = scheduling.WaitlistEntryFactory(patient=maria, type=coming.type, note=text)
    keys["entry_id"] = [entry.pk]
    keys["offer_id"] = [scheduling.WaitlistOfferFactory(entry=entry, practitioner=coming.practitioner).pk]
    told = scheduling.ReminderFactory(appointment=coming)
    scheduling.ReminderAnswerFactory(reminder=told, text=text[:1000])
    keys["recall_id"] = [scheduling.RecallFactory(patient=maria, reason=text[:200]).pk]
    keys["request_id"] = _requests(doctor, maria, text)
    keys |= _intake(doctor, maria, text) | _care(maria, text)
    leave = claims.AuthorizationFactory(coverage=coverage, comment=text[:200])
    keys["authorization_id"] = [leave.pk]
    claims.SupportingInfoFactory(encounter=draft.encounter, additional_information=text[:71], authorization=leave)
    claims.ClaimNoteFactory(claim=draft, text=text[:1000])
    remittances.AcknowledgementFactory(claim=sent, message=text[:1000])
    # Two charts of which both are held wouldn't become one before somebody releases one of them.
    statements.BillingAccountFactory(patient=maria, collections_agency=text[:100])
    keys["payment_plan_id"] = [statements.PaymentPlanFactory(patient=maria).pk]
    asked = statements.InvoiceLineFactory(invoice__patient=maria, invoice__run=statements.RunFactory()).invoice
    keys |= {"invoice_id": [asked.pk], "run_id": [asked.run_id]}
    keys["estimate_id"] = [statements.EstimateFactory(patient=maria).pk]
    keys["appeal_id"] = [statements.AppealFactory(claim=sent, text=text).pk]
    remittances.ClaimResponseFactory(claim=sent, patient_name=text[:120], why=text[:300])
    return Life(maria, visit, note, signed, draft, sent, keys)


def _intake(doctor: User, patient: Patient, text: str) -> dict[str, list[UUID]]:
    """Answers that wait and details of which one is decided, a signed text, and a way in that is open."""
    history = intake.answered(patient, "before-visit", {"reason": [text], "allergic": ["false"]})
    details = intake.answered(patient, "details", {"name": [text[:60]], "phone": ["217-555-0188"]})
    decide_field(by=doctor, response=details, field="preferred_name", accept=False, seen="", reason=text[:200])
    return {
        "response_id": [history.pk, details.pk],
        "consent_id": [intake.signed(patient, signer_name=text[:100] if len(text) > 1 else "Maria").pk],
        "intake_id": [intake.way_in(patient, "before-visit", forms=[intake.text()]).pk],
    }


def _care(patient: Patient, text: str) -> dict[str, list[UUID]]:
    """What is ordered, prescribed, planned, warned of and written."""
    drug = chart.MedicationFactory(patient=patient, display=text)
    order = care.OrderFactory(patient=patient, display=text, reason=text, instructions=text, performer=text[:120])
    care.OrderReasonFactory(order=order, display=text)
    prescription = care.PrescriptionFactory(medication=drug, display=text, dosage_text=text, reason=text[:300])
    care.PrescriptionPrintFactory(prescription=prescription)
    plan = care.CarePlanFactory(patient=patient, title=text[:120], description=text)
    message = care.MessageFactory(patient=patient, subject=text[:150], text=text)
    care.RecipientFactory(communication=message)
    reconciled = care.ReconciliationFactory(patient=patient, comment=text)
    care.ReconciliationItemFactory(reconciliation=reconciled, medication=drug, before=text, comment=text[:300])
    return {
        "order_id": [order.pk],
        "prescription_id": [prescription.pk],
        "refill_id": [care.RefillFactory(medication=drug, comment=text).pk],
        "reconciliation_id": [reconciled.pk],
        "override_id": [care.OverrideFactory(medication=drug, against=text, message=text, comment=text[:300]).pk],
        "family_id": [care.FamilyFactory(patient=patient, display=text, note=text).pk],
        "device_id": [care.DeviceFactory(patient=patient, display=text, note=text).pk],
        "member_id": [care.CareTeamFactory(patient=patient, name=text[:120], role=text[:80]).pk],
        "plan_id": [plan.pk],
        "goal_id": [care.GoalFactory(patient=patient, care_plan=plan, description=text[:300], note=text).pk],
        "decision_id": [care.GapDecisionFactory(patient=patient, reason=text[:300]).pk],
        "letter_id": [care.LetterFactory(patient=patient, subject=text[:150], body=text, recipient=text[:120]).pk],
        "thread_id": [message.pk],
    }


def _requests(doctor: User, patient: Patient, text: str) -> list[UUID]:
    """A disclosure; a request that waits, and one that was denied."""
    to = {"recipient": text[:100], "purpose": "court", "what": text[:200], "how": "mail"}
    record_disclosure(by=doctor, patient=patient, **to)
    waiting, denied = (take_request(by=doctor, patient=patient, what=text) for _ in range(2))
    decide_request(by=doctor, request=denied, accept=False, reason=text[:200])
    return [waiting.pk, denied.pk]


def the_house() -> None:
    """A row of every recorded table that belongs to no patient, or only to a grant."""
    person, other = someone(), make_person("nurse")
    scheduling.ScheduleTypeFactory()
    scheduling.EquipmentNeedFactory()
    scheduling.CalendarFeedFactory()
    scheduling.DoubleBookingPolicyFactory()
    soon = timezone.now() + timedelta(days=1)
    scheduling.ScheduleExceptionFactory(
        practitioner=PractitionerFactory(), start_at=soon, end_at=soon + timedelta(hours=1)
    )
    billing.FeeFactory(fee_schedule=billing.FeeScheduleFactory(effective_from=date(2019, 1, 1)))
    billing.VaccineServiceFactory()
    claims.TradingPartnerFactory()
    remittances.ProviderAdjustmentFactory()
    statements.BillingPolicyFactory()
    statements.ClaimRuleFactory()
    clinic.PharmacyFactory()
    _desk(person)
    patient = clinic.PatientFactory(restricted=True)
    clinic.grant_chart(other, patient)
    clinic.grant_chart_to_role("nurse", patient)
    clinic.PatientDenialFactory(patient=patient, user=other)
    BreakGlassFactory(user=person)
    link_staff_patient(by=person, user=person, patient=patient)
    task = create_task(by=person, code="call-back", description="Call back", owner=person)
    care.TaskCommentFactory(task=task)
    interop.WaitingMessageFactory()
    care.DelegationFactory()
    care.LetterTemplateFactory()
    care.MacroFactory()
    care.NoteTemplateSectionFactory()
    place_hold(by=person, reason="A subpoena")
    set_retention(by=person, log=Log.READS, years=MOST_YEARS)
    new = {"email": "new@example.org", "first_name": "New", "last_name": "Person", "roles": ["nurse"]}
    invite_person(by=person, link_base="https://example.org", **new)
    with transaction.atomic(), acting(person):
        SnoopingSignal.objects.create(
            user=person, kind="volume", day=soon.date(), reads=1, first_at=soon, last_at=soon, explanation="Many"
        )
    clinic.grant_note(other, Note.objects.all()[0])
    one = clinic.PatientFactory()
    merge_patients(
        by=make_person("manager"), survivor=one, merged=clinic.PatientFactory(), reason="One person", confirmed=one.mrn
    )


def _desk(person: User) -> None:
    """What a day at the desk leaves: a series, a visit gone through to its room, a try to reach somebody, a close."""
    day = timezone.now() - timedelta(days=400)
    visit = scheduling.AppointmentFactory.create(
        patient=clinic.PatientFactory(), start_at=day, end_at=day + timedelta(minutes=20)
    )
    with transaction.atomic(), acting(person):
        s.AppointmentSeries.objects.create(
            created_by=person,
            patient=visit.patient,
            practitioner=visit.practitioner,
            type=visit.type,
            frequency="weekly",
            first_day=day.date(),
            wall_time=time(9),
            minutes=20,
            count=3,
            weekdays=["mon"],
        )
        s.AppointmentEquipment.objects.create(
            created_by=person, appointment=visit, equipment=scheduling.EquipmentFactory.create()
        )
        s.StageThreshold.objects.create(created_by=person, stage="arrived", warn_minutes=10, late_minutes=20)
        s.WaitingDisplay.objects.create(created_by=person, name="Hall", link_expires_at=day)
        s.RecallAttempt.objects.create(
            recall=scheduling.RecallFactory.create(), method="phone", outcome="message", at=day, by=person
        )
        row = s.Appointment.objects.get(pk=visit.pk)
        save_visit(row, *record_move(row, "arrived", by=person, at=day))
        checked = s.CheckIn.objects.create(patient=visit.patient, appointment=visit, created_by=person)
        for item in CheckItem:
            s.CheckInItem.objects.create(check_in=checked, item=item, outcome="done", required=False)
        DayClose.objects.create(
            created_by=person,
            business_date=day.date(),
            payment_count=0,
            total=0,
            expected_cash=0,
            counted_cash=0,
        )
