"""The sample clinic: always the same, whole, and something to see on every page."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.choices import ClaimState
from billing.models import (
    Appeal,
    Authorization,
    Claim,
    ClaimBatch,
    ClaimResponse,
    ClaimRule,
    GoodFaithEstimate,
    Invoice,
    LedgerTransaction,
    Payment,
    PaymentPlan,
    PaymentReconciliation,
    ReceivedFile,
)
from billing.queries.charges import ready_to_bill
from billing.queries.ledger_findings import ledger_findings
from billing.queries.responses import OPEN
from clinic.chart import SECTIONS, ChartSection
from clinic.models import (
    AllergyIntolerance,
    BreakGlass,
    Coverage,
    MedicationRequest,
    Note,
    NoteDraft,
    Observation,
    Patient,
    PatientRequest,
    PatientUserGrant,
    SnoopingSignal,
)
from clinic.models.access import in_force
from clinic.models.break_glass import Finding
from clinic.queries.break_glass import done_during
from demo.logins import demo_logins
from demo.seed import SIZES, check_log, seed_clinic
from demo.story.calendar import ZONE, Calendar
from demo.story.people import invent
from demo.story.plan import Planner
from emr.access.roles import ROLES
from emr.accounts.models import Invitation, Practitioner, User
from emr.audit.models import LegalHold, LogEntry
from emr.audit.registry import recorded_models
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job
from emr.shared.identifiers import is_npi
from emr.ui import navigation
from interop.models import WaitingMessage
from scheduling.models import Appointment
from tests import database
from tests.demo.conftest import NOW

#: What is compared: what people read, not keys, and not instants that the real clock gives.
_COLUMNS = {
    Patient: ("mrn", "family_name", "given_name", "birth_date", "primary_care__family_name", "created_at"),
    Appointment: ("patient__mrn", "practitioner__family_name", "start_at", "status", "reason", "checked_in_at"),
    Observation: ("patient__mrn", "code", "effective_at", "value_quantity", "value_text", "interpretation"),
    Note: ("patient__mrn", "title", "signed_at", "sections__kind", "sections__text"),
    Claim: ("number", "patient__mrn", "service_date", "state", "state_reason", "total", "submitted_at"),
    Coverage: ("patient__mrn", "payer__name", "order", "subscriber_id", "period_start", "period_end"),
}


def digest() -> str:
    rows = [sorted(model.objects.values_list(*columns), key=str) for model, columns in _COLUMNS.items()]
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def test_the_same_seed_and_moment_tell_the_same_story(sample: str, committed_db: str) -> None:
    seed_clinic(seed=1, size=SIZES["small"], say=lambda text: None, now=NOW)
    again = digest()
    with database.using(sample):
        assert digest() == again


def test_another_seed_plans_another_year() -> None:
    assert plan(1) == plan(1)
    assert plan(1) != plan(2)


def plan(seed: int) -> list[str]:
    calendar = Calendar(NOW)
    people = invent(calendar, seed, calendar.today - timedelta(days=395), None)
    planner = Planner(calendar, seed)
    planner.history(people, 365)
    return [f"{visit.key} {visit.story['key']} {visit.practitioner}" for visit in planner.visits]


def test_every_row_is_in_the_log(sample: str) -> None:
    logged = set(LogEntry.objects.filter(action=LogEntry.Action.CREATE).values_list("object_pk", flat=True))
    for model in recorded_models():
        missing = set(model._default_manager.values_list("pk", flat=True)) - logged
        assert not missing, model
    check_log()


def test_claims_stand_in_every_state(sample: str) -> None:
    states = Counter(Claim.objects.values_list("state", flat=True))
    assert all(states[state] for state in ClaimState.values), states
    assert all(Claim.objects.filter(state=ClaimState.HELD).values_list("state_reason", flat=True))
    assert ready_to_bill().exists()


def test_the_ledger_holds(sample: str) -> None:
    assert [str(finding) for finding in ledger_findings()] == []
    rows = PaymentReconciliation.objects.all()
    assert [row.findings for row in rows if row.findings] == []
    assert Counter(row.status for row in rows)["draft"] == 1
    answers = Counter(ReceivedFile.objects.values_list("kind", "state"))
    assert set(answers) == {(kind, "read") for kind in ("835", "999", "277")}
    kinds = set(LedgerTransaction.objects.values_list("kind", flat=True))
    assert {"charge", "remittance", "plb", "transfer", "payment", "reversal"} <= kinds


def test_billers_have_written_down_answered_and_asked(sample: str) -> None:
    rules = Counter(ClaimRule.objects.values_list("severity", "active"))
    assert rules == {("warning", True): 2, ("hold", True): 2, ("warning", False): 1}
    assert Authorization.objects.filter(entered_in_error_at=None).count() >= 3
    assert {*Appeal.objects.values_list("status", flat=True)} >= {"sent"}
    assert ClaimResponse.objects.filter(state__in=OPEN, reconciliation__status="active").count() == 2
    assert Invoice.objects.exists()
    assert PaymentPlan.objects.filter(status="active").exists()
    assert GoodFaithEstimate.objects.exists()
    assert Payment.objects.filter(kind="refund").count() == 1
    asked = Job.objects.filter(name__startswith="billing.").exclude(status=JobStatus.SUCCEEDED)
    assert list(asked) == []


def test_prescriptions_and_results_stand_in_their_states(sample: str) -> None:
    states = Counter(MedicationRequest.objects.values_list("status", "method"))
    assert states == {("active", "phoned"): 1, ("active", "printed"): 1, ("stopped", "phoned"): 1, ("draft", ""): 1}
    assert [row.status for row in WaitingMessage.objects.all()] == ["waiting"]


def test_a_print_run_is_done(sample: str) -> None:
    jobs = [batch.job for batch in ClaimBatch.objects.select_related("job")]
    assert jobs
    assert all(job is not None and job.status == JobStatus.SUCCEEDED and job.files.exists() for job in jobs)


def test_today_is_under_way(sample: str) -> None:
    calendar = Calendar(NOW)
    today = [row for row in Appointment.objects.all() if calendar.today == row.start_at.astimezone(ZONE).date()]
    assert {"noshow", "cancelled", "booked"} <= {row.status for row in today}
    assert not Appointment.objects.filter(checked_in_at__gt=NOW).exists()
    assert NoteDraft.objects.exists()


def test_allergies_are_known_none_and_not_asked(sample: str) -> None:
    assert AllergyIntolerance.objects.filter(none_known=True).exists()
    assert AllergyIntolerance.objects.filter(none_known=False).exists()
    assert Patient.objects.filter(allergies=None).exists()


def test_emergency_access_waits_and_is_signed_off_each_with_its_reads(sample: str) -> None:
    signed, waiting = BreakGlass.objects.order_by("started_at")
    assert (signed.finding, waiting.finding) == (Finding.APPROPRIATE, "")
    assert not waiting.is_open
    sections = [[read.section for read in done_during(glass).reads] for glass in (signed, waiting)]
    assert sections == [["summary", "medications", "allergies"], ["summary", "medications", "vitals", "notes"]]


def test_a_chart_is_closed_with_grants_that_hold_and_that_are_over(sample: str) -> None:
    closed = Patient.objects.get(restricted=True)
    holding = PatientUserGrant.objects.filter(in_force(), content_object=closed)
    assert [grant.user.last_name for grant in holding] == ["Okafor"]
    over = PatientUserGrant.objects.filter(content_object=closed).exclude(pk__in=holding)
    assert [grant.user.last_name for grant in over] == ["Silva"]
    assert [denial.user.last_name for denial in closed.denials.all()] == ["Nair"]
    assert [note.grants.count() for note in Note.objects.filter(confidential=True)] == [1]


def test_signals_wait_and_are_answered(sample: str) -> None:
    found = Counter(SnoopingSignal.objects.values_list("kind", "user__last_name", "finding"))
    assert found == Counter(
        {
            ("own", "Lindqvist", "confirmed"): 1,
            ("colleague", "Silva", "dismissed"): 1,
            ("restricted", "Silva", ""): 1,
            ("colleague", "Brandt", ""): 1,
        }
    )


def test_patients_asked_and_were_answered(sample: str) -> None:
    states = PatientRequest.objects.values_list("status", flat=True)
    assert Counter(states) == {"requested": 1, "accepted": 1, "denied": 1}
    assert LegalHold.objects.filter(lifted_at=None).count() == 1
    assert Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=NOW).count() == 1


def test_numbers_are_valid_and_nobodys(sample: str) -> None:
    for npi in Practitioner.objects.values_list("npi", flat=True):
        assert is_npi(npi)
        assert npi.startswith("2"), "the registry gives none that begin with 2"


@pytest.fixture
def clients(sample: str) -> dict[str, Client]:
    """A logged-in browser for each role."""
    found = {}
    for login in demo_logins():
        found[login.role] = Client()
        found[login.role].force_login(User.objects.get(email=login.email), backend="emr.accounts.backends.LoginBackend")
    return found


#: Pages of billing beside those of the rail; which vaccine costs what is said in codes that nobody may ship.
_BESIDE = [name for item in navigation.all_items() for name in item.also if name.startswith("billing:")]
_BESIDE.remove("billing:vaccines_list")


@pytest.mark.parametrize("name", _BESIDE)
def test_each_page_of_billing_has_something_to_show(clients: dict[str, Client], name: str) -> None:
    assert _EMPTY not in page(clients["biller"], reverse(name))


@pytest.mark.parametrize("item", list(navigation.all_items()), ids=lambda item: item.url_name)
def test_each_page_of_the_rail_has_something_to_show(clients: dict[str, Client], item: navigation.Item) -> None:
    path = f"{navigation.path_of(item)}{_ASKED.get(item.url_name, '')}"
    shown = [
        html
        for role, client in clients.items()
        if item.permission in ROLES[role].permissions and (html := page(client, path))
    ]
    assert shown, f"nobody opens {path}"
    assert any(_EMPTY not in html for html in shown), f"{path} is empty for everybody"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_each_section_of_some_chart_is_filled(clients: dict[str, Client], section: ChartSection) -> None:
    patients = Patient.objects.filter(restricted=False)
    paths = [reverse(section.url_name, args=[patient.pk]) for patient in patients]
    client = next(clients[role] for role in ROLES if section.permission in ROLES[role].permissions)
    assert any(_EMPTY not in page(client, path) for path in paths)


#: A page that shows nothing before it is asked.
_ASKED = {"codes:concepts_search": "?q=clinic+visit&system=hcpcs"}
_EMPTY = 'class="empty'


def page(client: Client, path: str | None) -> str:
    assert path
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    return answer.content.decode()
