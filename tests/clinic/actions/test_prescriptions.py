"""Prescriptions from draft to pharmacy, and requests for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.actions.medications import change_medication, stop_medication
from clinic.actions.pharmacy_messages import answer_renewal, anything_sent, take_messages
from clinic.actions.prescriptions import (
    draft_prescription,
    end_prescription,
    prescription_in_error,
    print_prescription,
    sign_prescription,
    transmit_prescription,
)
from clinic.actions.refills import ANSWER_JOB, approve_refill, deny_refill, request_refill, withdraw_refill
from clinic.actions.renewals import receive_renewal
from clinic.actions.safety import Reasons, Unsafe
from clinic.erx.adapter import Sent, Unsent
from clinic.erx.build import cancel_rx, new_rx, renewal_response
from clinic.erx.messages import Answer, CancelRx, CancelRxResponse, ChangeKind, RxChangeRequest
from clinic.erx.simulator import Simulator
from clinic.models import (
    MedicationRequest,
    MedicationStatement,
    PrescriptionPrint,
    RefillRequest,
    SafetyOverride,
    Task,
)
from clinic.models.prescriptions import PrescriptionMethod
from clinic.queries.medications import directions
from clinic.queries.prescriptions import directions_now, last_prescription
from clinic.queries.safety import check_new_drug, standing_alerts
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting, service_user
from emr.codes.coding import Coding
from emr.codes.systems import RXNORM
from emr.jobs.models import Job
from emr.shared.errors import Conflict, DomainError
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import (
    AllergyIntoleranceFactory,
    PatientAddressFactory,
    PatientFactory,
    PharmacyFactory,
)

pytestmark = [pytest.mark.feature("F07"), pytest.mark.django_db]

METFORMIN = Coding(RXNORM, "860975", "metformin 500 MG Oral Tablet")
OXYCODONE = Coding(RXNORM, "1049621", "oxyCODONE Hydrochloride 5 MG Oral Tablet")
HOW = {"dose_quantity": Decimal(500), "dose_unit": "mg", "route": "by mouth", "frequency": "twice a day"}


@pytest.fixture
def doctor() -> User:
    return make_person("clinician")


def _who(user: User) -> Practitioner:
    return Practitioner.objects.get(user=user)


def _draft(doctor: User, patient: Any, coding: Coding = METFORMIN, **fields: Any) -> MedicationRequest:
    given = {
        "how": HOW,
        "dosage_text": "500 mg by mouth twice a day",
        "quantity": Decimal(60),
        "quantity_unit": "tablets",
        **fields,
    }
    return draft_prescription(by=doctor, patient=patient, coding=coding, prescriber=_who(doctor), **given)


def _signed(doctor: User, patient: Any, coding: Coding = METFORMIN, **fields: Any) -> MedicationRequest:
    return sign_prescription(by=doctor, prescription=_draft(doctor, patient, coding, **fields))


def test_a_new_drug_is_intended_until_it_is_signed_and_then_taken(doctor: User) -> None:
    patient = PatientFactory()
    row = _draft(doctor, patient, refills=3)
    assert (row.status, row.medication.status, row.number[0]) == ("draft", "intended", "R")
    sign_prescription(by=doctor, prescription=row)
    drug = MedicationStatement.objects.get()
    assert (drug.status, drug.quantity, drug.refills, drug.prescriber) == ("active", Decimal(60), 3, _who(doctor))

    # The same again is the same row; other directions are another one, and the one before ends.
    assert _draft(doctor, patient).medication == drug
    more = _signed(doctor, patient, how={**HOW, "dose_quantity": Decimal(1000)})
    drug.refresh_from_db()
    assert (drug.status, drug.status_reason) == ("stopped", f"Replaced by prescription {more.number}")
    assert MedicationStatement.objects.get(status="active").dose_quantity == Decimal(1000)


def test_what_is_signed_does_not_change_and_only_its_prescriber_signs(doctor: User) -> None:
    row = _draft(doctor, PatientFactory())
    with pytest.raises(DomainError, match="prescribes this, and signs it"):
        sign_prescription(by=make_person("clinician"), prescription=row)
    signed = sign_prescription(by=doctor, prescription=row)
    assert sign_prescription(by=doctor, prescription=row) == signed
    signed.quantity = Decimal(600)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic(), acting(doctor):
        signed.save(update_fields=["quantity"])
    with pytest.raises(DomainError, match="Say why it is taken back"):
        end_prescription(by=doctor, prescription=signed, reason=" ")


def test_a_drug_that_the_chart_speaks_against_needs_a_reason_and_again_when_it_changes(doctor: User) -> None:
    patient = PatientFactory()
    AllergyIntoleranceFactory(patient=patient, display="Metformin")
    with pytest.raises(Unsafe):
        _draft(doctor, patient)
    (alert,) = check_new_drug(patient, METFORMIN).stops
    row = _draft(doctor, patient, reasons=Reasons({alert.key: "benefit"}))
    AllergyIntoleranceFactory(patient=patient, display="Metformin hydrochloride")
    with pytest.raises(DomainError, match="Say under Safety checks"):
        sign_prescription(by=doctor, prescription=row)
    # Other directions for what was answered: the answer goes with it, and no drug is a duplicate of itself.
    other = PatientFactory.create()
    AllergyIntoleranceFactory(patient=other, display="Metformin")
    (alert,) = check_new_drug(other, METFORMIN).stops
    _signed(doctor, other, reasons=Reasons({alert.key: "benefit"}))
    _draft(doctor, other, how={**HOW, "frequency": "once a day"})
    assert [one.kind for _, one in standing_alerts(other)[1]] == ["allergy", "allergy"]
    assert SafetyOverride.objects.filter(patient=other).count() == 2


def test_controlled_drugs_keep_the_law(doctor: User) -> None:
    patient = PatientFactory()
    with pytest.raises(DomainError, match="is Schedule II"):
        _draft(doctor, patient, OXYCODONE, schedule="4")
    with pytest.raises(DomainError, match="Schedule II allows no refills"):
        _draft(doctor, patient, OXYCODONE, refills=1)
    with pytest.raises(DomainError, match="at most 5 refills"):
        _draft(doctor, patient, Coding("", "", "zolpidem 5 mg"), refills=6)
    row = _draft(doctor, patient, OXYCODONE, pharmacy=PharmacyFactory())
    assert row.schedule == "2"
    with pytest.raises(DomainError, match="needs the DEA number"):
        sign_prescription(by=doctor, prescription=row)
    who = _who(doctor)
    who.dea_number = "AB1234563"
    with acting(doctor):
        who.save()
    with pytest.raises(DomainError, match="needs the patient's address"):
        sign_prescription(by=doctor, prescription=row)
    PatientAddressFactory(patient=patient)
    row = sign_prescription(by=doctor, prescription=row)
    for way in (PrescriptionMethod.PHONED, PrescriptionMethod.FAXED, PrescriptionMethod.SENT):
        with pytest.raises(DomainError, match="Schedule II can't be"):
            transmit_prescription(by=doctor, prescription=row, method=way)
    print_prescription(by=doctor, prescription=row)
    with pytest.raises(DomainError, match="Say why it is printed again"):
        print_prescription(by=doctor, prescription=row)
    with pytest.raises(DomainError, match="somebody who signs"):
        prescription_in_error(by=make_person("nurse"), prescription=row, reason="Wrong")
    print_prescription(by=doctor, prescription=row, reason="The printer ate it")
    assert list(PrescriptionPrint.objects.values_list("copy", "reason")) == [(1, ""), (2, "The printer ate it")]


def test_what_has_run_out_goes_out_no_more(doctor: User) -> None:
    """Schedule IV six months after its signature; what isn't controlled at any time."""
    who, patient = _who(doctor), PatientFactory()
    who.dea_number = "AB1234563"
    with acting(doctor):
        who.save()
    PatientAddressFactory(patient=patient)
    with time_machine.travel(timezone.now() - timedelta(days=200)):
        sleep = _signed(doctor, patient, Coding("", "", "zolpidem 5 mg"), pharmacy=PharmacyFactory())
        plain = _signed(doctor, patient)
    with pytest.raises(DomainError, match="It was good until"):
        print_prescription(by=doctor, prescription=sleep)
    with pytest.raises(DomainError, match="It was good until"):
        transmit_prescription(by=doctor, prescription=sleep, method=PrescriptionMethod.PHONED)
    print_prescription(by=doctor, prescription=plain)


def test_it_goes_out_once_and_is_taken_back_where_it_went(doctor: User, settings: LazySettings) -> None:
    settings.ERX_BACKEND = "clinic.erx.simulator.Simulator"
    ClinicFactory()
    patient = PatientFactory()
    silent = _signed(doctor, patient, pharmacy=PharmacyFactory(ncpdp_id="1234568"))
    with pytest.raises(DomainError, match="The pharmacy did not answer"):
        transmit_prescription(by=doctor, prescription=silent, method=PrescriptionMethod.SENT)
    with pytest.raises(DomainError, match="names none"):
        transmit_prescription(by=doctor, prescription=_signed(doctor, patient), method=PrescriptionMethod.PHONED)

    row = _signed(doctor, patient, pharmacy=PharmacyFactory(ncpdp_id="1234560"))
    assert "has it" in transmit_prescription(by=doctor, prescription=row, method=PrescriptionMethod.SENT)
    with pytest.raises(DomainError, match="went out already"):
        transmit_prescription(by=doctor, prescription=row, method=PrescriptionMethod.PHONED)
    with pytest.raises(DomainError, match="take it back first"):
        prescription_in_error(by=doctor, prescription=row, reason="Wrong")
    with pytest.raises(DomainError, match="somebody who signs"):
        end_prescription(by=make_person("nurse"), prescription=row, reason="Wrong")
    assert "not dispensed" in end_prescription(by=doctor, prescription=row, reason="Wrong strength")
    row.refresh_from_db()
    assert (row.status, row.status_reason) == ("stopped", "Wrong strength")
    with pytest.raises(DomainError, match="nothing of it goes out"):
        print_prescription(by=doctor, prescription=row)

    settings.ERX_BACKEND = ""
    with pytest.raises(DomainError, match="No electronic way to pharmacies is set up"):
        transmit_prescription(by=doctor, prescription=silent, method=PrescriptionMethod.SENT)


def test_a_draft_that_is_dropped_leaves_no_drug_behind(doctor: User) -> None:
    row = _draft(doctor, PatientFactory())
    end_prescription(by=make_person("nurse"), prescription=row, reason="Changed our mind")
    row.refresh_from_db()
    assert (row.status, row.medication.status) == ("cancelled", "not-taken")


def test_more_is_asked_for_and_approved_changed_or_denied(doctor: User) -> None:
    nurse, patient = make_person("nurse"), PatientFactory()
    drug = _signed(doctor, patient).medication
    asked = request_refill(by=nurse, medication=drug, pharmacy=PharmacyFactory())
    with pytest.raises(DomainError, match="is waiting already"):
        request_refill(by=nurse, medication=drug)
    fresh = {
        "dosage_text": "500 mg by mouth twice a day",
        "quantity": Decimal(90),
        "quantity_unit": "tablets",
        "refills": 1,
    }
    with pytest.raises(DomainError, match="Only a prescriber"):
        approve_refill(by=nurse, refill=asked, **fresh)
    done = approve_refill(by=doctor, refill=asked, reason="Ninety days", **fresh)
    assert done.prescription is not None
    assert (done.status, done.prescription.status, done.prescription.quantity) == ("accepted", "active", Decimal(90))
    assert (done.prescription.medication, done.prescription.pharmacy) == (drug, asked.pharmacy)
    with pytest.raises(Conflict, match="Somebody was first: the request is approved"):
        deny_refill(by=doctor, refill=asked, reason="No")

    again = request_refill(by=nurse, medication=drug)
    with pytest.raises(DomainError, match="Say why it is denied"):
        deny_refill(by=doctor, refill=again, reason="")
    assert deny_refill(by=doctor, refill=again, reason="Needs a visit").decision_reason == "Needs a visit"
    assert withdraw_refill(by=nurse, refill=request_refill(by=nurse, medication=drug)).status == "cancelled"
    with pytest.raises(DomainError, match="not on the list any more"):
        request_refill(by=nurse, medication=MedicationFactory(status="stopped"))


def test_a_refill_never_says_other_than_the_list(doctor: User) -> None:
    """Other directions that are approved stand on the list too; those that changed on the list since are offered; a
    drug that was stopped is not begun again by a request that waited; nor is anything prescribed for the dead."""
    nurse, patient = make_person("nurse"), PatientFactory()
    drug = _signed(doctor, patient, dosage_text="500 mg by mouth twice a day, with food").medication
    more = {"quantity": Decimal(90), "quantity_unit": "tablets", "refills": 1}
    last = last_prescription(drug)
    assert directions_now(drug, last) == "500 mg by mouth twice a day, with food"
    waits = request_refill(by=nurse, medication=drug)
    drug = change_medication(by=doctor, medication=drug, dose_quantity=Decimal(250))
    assert directions_now(drug, last) == "250 mg by mouth twice a day"
    same = approve_refill(by=doctor, refill=waits, dosage_text="250 mg by mouth twice a day", **more)
    assert same.prescription is not None
    assert same.prescription.medication == drug
    waits = request_refill(by=nurse, medication=drug)
    other = approve_refill(by=doctor, refill=waits, reason="Less", dosage_text="250 mg once a day", **more)
    assert other.prescription is not None
    drug.refresh_from_db()
    taken = MedicationStatement.objects.get(status="active")
    assert (taken, directions(taken)) == (other.prescription.medication, "250 mg once a day")
    assert drug.status_reason == f"Replaced by prescription {other.prescription.number}"

    waits = request_refill(by=nurse, medication=taken)
    stop_medication(by=doctor, medication=taken, reason="Lactic acidosis")
    with pytest.raises(DomainError, match=r"not on the list any more \(Lactic acidosis\)"):
        approve_refill(by=doctor, refill=waits, dosage_text="250 mg once a day", **more)
    assert not MedicationStatement.objects.filter(status="active").exists()
    row = _draft(doctor, PatientFactory())
    with acting(doctor):
        row.patient.deceased_at = timezone.now()
        row.patient.save(update_fields=["deceased_at"])
    with pytest.raises(DomainError, match="has died"):
        sign_prescription(by=doctor, prescription=row)
    with pytest.raises(DomainError, match="has died"):
        _draft(doctor, row.patient, OXYCODONE)


def test_messages_say_what_the_rows_say_and_answer_each_other(doctor: User) -> None:
    ClinicFactory()
    patient = PatientFactory(family_name="Silva", given_name="Maria", birth_date=date(1962, 3, 14), gender="female")
    PatientAddressFactory(patient=patient)
    row = _signed(doctor, patient, refills=2, days_supply=30, pharmacy=PharmacyFactory(ncpdp_id="1234560"))
    said = new_rx(row)
    assert said.header.message_id == new_rx(row).header.message_id != cancel_rx(row).header.message_id
    assert (said.header.receiver, said.header.prescriber_order_number) == ("1234560", row.number)
    assert (said.patient.family_name, said.patient.sex, said.prescriber.dea_number) == ("Silva", "F", "")
    told = (said.drug.rxnorm, said.drug.sig, said.drug.quantity, said.drug.refills, said.drug.days_supply)
    assert told == ("860975", "500 mg by mouth twice a day", Decimal(60), 2, 30)

    pharmacy = Simulator()
    answer = pharmacy.send(CancelRx(said.header, said.patient, said.prescriber, said.pharmacy, said.drug, "Wrong"))
    assert isinstance(answer.reply, CancelRxResponse)
    assert (answer.reply.header.relates_to, answer.reply.answer) == (said.header.message_id, Answer.APPROVED)
    with pytest.raises(Unsent, match="does not know"):
        pharmacy.send(replace(said, header=replace(said.header, receiver="")))

    asks = pharmacy.renewal_of(said, filled_on=date(2026, 11, 1), note="Ran out")
    by = make_person("nurse")
    with pytest.raises(DomainError, match="names another patient"):
        receive_renewal(by=by, message=replace(asks, patient=replace(asks.patient, birth_date=date(1962, 3, 15))))
    nameless = replace(asks, header=replace(asks.header, prescriber_order_number=""))
    with pytest.raises(DomainError, match="names no prescription"):
        receive_renewal(by=by, message=nameless)
    refill = receive_renewal(by=by, message=asks)
    assert (refill.source, refill.pharmacy, refill.comment) == ("pharmacy", row.pharmacy, "Ran out")
    fresh = {"dosage_text": row.dosage_text, "quantity": Decimal(60), "quantity_unit": "tablets", "refills": 2}
    assert receive_renewal(by=by, message=asks) == refill
    reply = renewal_response(approve_refill(by=doctor, refill=refill, **fresh))
    assert (reply.answer, reply.header.relates_to, reply.drug and reply.drug.refills) == (
        Answer.APPROVED,
        asks.header.message_id,
        2,
    )
    denied = deny_refill(by=doctor, refill=request_refill(by=by, medication=row.medication), reason="A visit first")
    assert (renewal_response(denied).answer, denied.prescription) == (Answer.DENIED, None)


def test_what_pharmacies_send_is_taken_in_and_answered(doctor: User, settings: LazySettings) -> None:
    """A renewal waits for its decision, and the decision goes back once: an approval is the prescription itself, of a
    controlled drug it is none. What fits nobody is refused at once; what can't be filled is somebody's task.
    """
    settings.ERX_BACKEND = "clinic.erx.simulator.Simulator"
    ClinicFactory()
    service, patient, shop = service_user("jobs"), PatientFactory(), PharmacyFactory(ncpdp_id="1234560")
    PatientAddressFactory(patient=patient)
    who = _who(doctor)
    who.dea_number = "AB1234563"
    with acting(doctor):
        who.save()
    plain = _signed(doctor, patient, pharmacy=shop)
    sleep = _signed(doctor, patient, Coding("", "", "zolpidem 5 mg"), pharmacy=shop)
    asks = [Simulator().renewal_of(new_rx(row), filled_on=date(2026, 11, 1)) for row in (plain, sleep)]
    strange = replace(asks[0], header=replace(asks[0].header, message_id="x", prescriber_order_number="R1"))
    change = RxChangeRequest(
        *(replace(asks[0].header, message_id="y"), asks[0].patient, asks[0].pharmacy, asks[0].drug),
        *(ChangeKind.OUT_OF_STOCK, (asks[1].drug,), "None before Friday"),
    )
    late = CancelRxResponse(replace(asks[0].header, message_id="z"), Answer.DENIED, "Dispensed on Monday")
    sent: list[Any] = []

    def deliver(self: Simulator, message: Any) -> Sent:
        sent.append(message)
        return Sent(message, "Taken.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Simulator, "mail", [*asks, strange, change, late, asks[0]])
        patched.setattr(Simulator, "send", deliver)
        assert anything_sent()
        assert take_messages(by=service) == 6
        assert not anything_sent()
        assert [(one.answer, one.header.relates_to) for one in sent] == [("denied", "x")]
        assert RefillRequest.objects.count() == 2
        tasks = list(Task.objects.filter(code="pharmacy-message").order_by("created_at"))
        assert [task.owner for task in tasks] == [doctor, doctor]
        said = [task.comments.get().text for task in tasks]
        assert "None before Friday Offered: zolpidem 5 mg." in said[0]
        assert "Dispensed on Monday" in said[1]
        sent.clear()
        for refill in RefillRequest.objects.order_by("created_at"):
            last = {"dosage_text": plain.dosage_text, "quantity": Decimal(60), "quantity_unit": "tablets", "refills": 0}
            approved = approve_refill(by=doctor, refill=refill, **last)
            job = Job.objects.get(payload__refill=str(refill.pk))
            assert (job.name, job.created_by) == (ANSWER_JOB, doctor)
            for _ in range(2):
                answer_renewal(by=doctor, refill=approved)
        first, again, controlled, _ = sent
        assert (first.answer, first.header.message_id) == (Answer.APPROVED, again.header.message_id)
        assert (controlled.answer, controlled.drug) == (Answer.DENIED, None)
        ways = MedicationRequest.objects.exclude(refill_of=None).order_by("created_at").values_list("method", flat=True)
        assert list(ways) == ["sent", ""]
