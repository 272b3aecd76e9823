"""What each id in an address is, who owns it, and how to make one: the registry that the walks attack with.

An id belongs to a patient (another's must not open under one's own chart, and nobody's restricted or denied chart at
all), to a member of staff (a colleague's is not there), or to the house (whoever may open the page may open each).
A parameter that stands nowhere here fails the build: say what it is before the walks can guard it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from billing.actions.batches import JOB
from clinic.actions.merges import merge_patients
from clinic.actions.requests import take_request
from clinic.actions.signals import link_staff_patient
from clinic.actions.tasks import create_task
from clinic.models import BreakGlass, Communication, PatientMerge, Task
from clinic.models.signals import SignalKind, SnoopingSignal
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.retention.actions import place_hold
from emr.jobs import enqueue
from emr.jobs.models import Job, JobFile
from tests.factories import billing, care, claims, clinic, intake, scheduling, statements
from tests.factories.accounts import ClinicFactory, PractitionerFactory, make_person
from tests.factories.base import someone
from tests.factories.interop import WaitingMessageFactory
from tests.factories.remittances import ClaimResponseFactory, ReceivedFileFactory, ReconciliationFactory
from tests.policy.lives import Life, a_life
from tests.policy.urls import Url

#: Ids that tests/policy/lives.py makes for each patient.
PATIENTS = frozenset(
    {
        "row_id",
        "condition_id",
        "allergy_id",
        "medication_id",
        "prescription_id",
        "decision_id",
        "refill_id",
        "immunization_id",
        "procedure_id",
        "answer_id",
        "family_id",
        "device_id",
        "member_id",
        "goal_id",
        "plan_id",
        "encounter_id",
        "note_id",
        "coverage_id",
        "appointment_id",
        "appeal_id",
        "claim_id",
        "authorization_id",
        "charge_id",
        "payment_id",
        "invoice_id",
        "transaction_id",
        "payment_plan_id",
        "estimate_id",
        "check_id",
        "grant_id",
        "denial_id",
        "break_glass_id",
        "request_id",
        "document_id",
        "person_id",
        "name_id",
        "address_id",
        "response_id",
        "consent_id",
        "intake_id",
        "entry_id",
        "letter_id",
        "recall_id",
        "offer_id",
        "order_id",
        "report_id",
        "result_id",
    }
)
#: Ids of what one member of staff owns.
STAFFS = frozenset({"job_id", "file_id", "task_id", "session_id", "thread_id"})
#: Ids of what the house owns, by the part of the program: the same word is another thing in another.
HOUSES = frozenset(
    {
        "accounts:user_id",
        "audit:chart_id",
        "audit:hold_id",
        "billing:batch_id",
        "billing:decision_id",
        "billing:entered_id",
        "billing:received_id",
        "billing:reconciliation_id",
        "billing:partner_id",
        "billing:rule_id",
        "billing:run_id",
        "billing:schedule_id",
        "clinic:delegation_id",
        "clinic:form_id",
        "clinic:letter_template_id",
        "clinic:link_id",
        "clinic:macro_id",
        "clinic:merge_id",
        "clinic:note_template_id",
        "clinic:other_id",
        "clinic:payer_id",
        "clinic:pharmacy_id",
        "clinic:questionnaire_id",
        "clinic:signal_id",
        "interop:message_id",
        "scheduling:display_id",
        "scheduling:equipment_id",
        "scheduling:exception_id",
        "scheduling:policy_id",
        "scheduling:practitioner_id",
        "scheduling:room_id",
        "scheduling:rule_id",
        "scheduling:schedule_id",
        "scheduling:type_id",
    }
)
#: Parameters that are no ids, or open to superusers alone.
PLAIN = frozenset({"day", "key", "number", "uidb36", "token", "secret", "log_name", "app_label", "object_id"})


@dataclass
class Town:
    """Everything that can be attacked, and who owns it."""

    own: Life
    foreign: dict[str, Life]
    house: dict[str, UUID]
    job: Job
    file: JobFile
    task: Task
    message: Communication
    session: UserSession
    doctor: User
    biller: User

    def deny(self, user: User) -> None:
        """Keep one person out of one chart, which nothing else closes."""
        clinic.PatientDenialFactory(user=user, patient=self.foreign["denied"].patient)

    def keys(self, url: Url, life: Life | None = None) -> list[dict[str, Any]]:
        """Each choice of ids for a URL, the patient's taken from ``life``."""
        life = life or self.own
        space = url.name.partition(":")[0]
        found: dict[str, list[Any]] = {}
        for name, _ in url.converters:
            if name in PATIENTS:
                found[name] = life.keys[name]
            elif name == "job_id":
                found[name] = [self.job.pk]
            elif name == "file_id":
                found[name] = [self.file.pk]
            elif name == "task_id":
                found[name] = [self.task.pk]
            elif name == "thread_id":
                found[name] = [self.message.pk]
            elif name == "session_id":
                found[name] = [self.session.pk]
            elif f"{space}:{name}" in HOUSES:
                found[name] = [self.house[f"{space}:{name}"]]
        longest = max((len(keys) for keys in found.values()), default=1)
        return [{name: keys[n % len(keys)] for name, keys in found.items()} for n in range(longest)]

    def paths(self, url: Url, life: Life | None = None, *, patient: UUID | None = None) -> list[str]:
        """The addresses of a URL with the ids of ``life``, under its own patient or under another."""
        whose = patient or (life or self.own).patient.pk
        return [url.path(patient_id=whose, **keys) for keys in self.keys(url, life)]


def unregistered(url: Url) -> list[str]:
    """The parameters of a URL of which nobody said what they are."""
    space = url.name.partition(":")[0]
    known = PATIENTS | STAFFS | PLAIN | {"patient_id"}
    return [name for name, _ in url.converters if name not in known and f"{space}:{name}" not in HOUSES]


def restrict(life: Life) -> None:
    """Hide a chart from everybody without a grant."""
    life.patient.restricted = True
    with transaction.atomic(), acting(someone()):
        life.patient.save(update_fields=["restricted"])


#: How each kind of foreign patient comes to be foreign; "another" is nobody's secret, but not this chart's.
FOREIGN: dict[str, Callable[[Life], None]] = {
    "another": lambda life: None,
    "restricted": restrict,
    "denied": lambda life: None,
}


def a_town(**text: str) -> Town:
    """A clinic with one's own patient and every kind of foreign one."""
    ClinicFactory()
    doctor, biller = make_person("clinician"), make_person("biller")
    own = a_life(doctor, biller, family_name="Zzown", **text)
    _rules(own, doctor)
    foreign = {kind: a_life(make_person("clinician"), biller, family_name=f"Zz{kind}") for kind in FOREIGN}
    job = enqueue(JOB, key="colleague", by=biller, payload={"batch": str(own.keys["batch_id"][0])})
    made = JobFile(job=job, name="claims.pdf", content_type="application/pdf", size=4, sha256="0" * 64)
    made.content.save("claims.pdf", ContentFile(b"%PDF"), save=True)
    task = create_task(by=doctor, code="call-back", description="Call back", owner=biller)
    message = care.MessageFactory(patient=None, created_by=biller)
    session = UserSession.objects.create(user=biller, ip="127.0.0.1", user_agent="", session_key="x" * 32)
    town = Town(own, foreign, _house(own), job, made, task, message, session, doctor, biller)
    for kind, life in foreign.items():
        _rules(life, doctor)
        FOREIGN[kind](life)
    return town


def _rules(life: Life, doctor: User) -> None:
    """Grants, a denial and an emergency access of somebody else to this patient's chart."""
    colleague = make_person("nurse")
    now = timezone.now()
    with transaction.atomic(), acting(someone()):
        glass = BreakGlass.objects.create(
            patient=life.patient,
            user=colleague,
            reason_code="emergency",
            reason="Said",
            purpose="ETREAT",
            started_at=now,
            expires_at=now + timedelta(minutes=60),
        )
    asked = take_request(by=doctor, patient=life.patient, what="Said otherwise")
    denial = clinic.PatientDenialFactory(user=make_person("nurse"), patient=life.patient)
    grant = clinic.grant_chart(colleague, life.patient)
    life.keys |= {
        "grant_id": [grant.pk, clinic.grant_note(colleague, life.open_note).pk],
        "denial_id": [denial.pk],
        "break_glass_id": [glass.pk],
        "request_id": [asked.pk],
    }


def _merge() -> PatientMerge:
    """A merge that stands, of two charts without rows."""
    kept, gone = clinic.PatientFactory(), clinic.PatientFactory()
    manager = make_person("manager")
    return merge_patients(by=manager, survivor=kept, merged=gone, reason="Said", confirmed=kept.mrn)


def _house(own: Life) -> dict[str, UUID]:
    practitioner = PractitionerFactory()
    soon = timezone.now() + timedelta(days=1)
    closed = scheduling.ScheduleExceptionFactory(
        practitioner=practitioner, start_at=soon, end_at=soon + timedelta(hours=1)
    )
    fees = billing.FeeScheduleFactory(effective_from=date(2019, 1, 1))
    nurse, now = make_person("nurse"), timezone.now()
    signal = SnoopingSignal(user=nurse, patient=own.patient, kind=SignalKind.SURNAME, day=now.date(), reads=1)
    signal.first_at = signal.last_at = now
    signal.explanation = "Said"
    with transaction.atomic(), acting(someone()):
        signal.save(force_insert=True)
    return {
        "accounts:user_id": nurse.pk,
        "audit:chart_id": own.patient.pk,
        "audit:hold_id": place_hold(by=nurse, reason="Said").pk,
        "clinic:letter_template_id": care.LetterTemplateFactory().pk,
        "clinic:link_id": link_staff_patient(by=nurse, user=nurse, patient=own.patient).pk,
        "clinic:merge_id": _merge().pk,
        "clinic:other_id": clinic.PatientFactory().pk,
        "clinic:signal_id": signal.pk,
        "billing:batch_id": own.keys["batch_id"][0],
        "billing:run_id": own.keys["run_id"][0],
        "billing:received_id": ReceivedFileFactory(state="read").pk,
        "billing:reconciliation_id": (paper := ReconciliationFactory(source="manual", file=None)).pk,
        "billing:entered_id": ClaimResponseFactory(reconciliation=paper, claim=own.submitted_claim).pk,
        "billing:decision_id": ClaimResponseFactory(reconciliation=paper, claim=own.submitted_claim).pk,
        "billing:schedule_id": fees.pk,
        "billing:rule_id": statements.ClaimRuleFactory().pk,
        "billing:partner_id": claims.TradingPartnerFactory(name="Second Clearinghouse").pk,
        "clinic:delegation_id": care.DelegationFactory().pk,
        "clinic:form_id": intake.text().pk,
        "clinic:payer_id": clinic.PayerFactory().pk,
        "clinic:macro_id": care.MacroFactory().pk,
        "clinic:note_template_id": care.NoteTemplateFactory().pk,
        "clinic:pharmacy_id": clinic.PharmacyFactory().pk,
        "clinic:questionnaire_id": intake.questionnaire().pk,
        "scheduling:exception_id": closed.pk,
        "scheduling:display_id": scheduling.WaitingDisplayFactory().pk,
        "scheduling:equipment_id": scheduling.EquipmentFactory().pk,
        "scheduling:room_id": scheduling.RoomFactory().pk,
        "scheduling:rule_id": scheduling.ReminderRuleFactory().pk,
        "scheduling:policy_id": scheduling.DoubleBookingPolicyFactory().pk,
        "interop:message_id": WaitingMessageFactory().pk,
        "scheduling:practitioner_id": practitioner.pk,
        "scheduling:schedule_id": scheduling.ScheduleFactory().pk,
        "scheduling:type_id": scheduling.AppointmentTypeFactory().pk,
    }
