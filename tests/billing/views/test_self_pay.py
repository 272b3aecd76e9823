"""A visit without insurance, from its charges to zero, through every page and every door of its claim."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from billing.choices import ClaimState
from billing.models import Claim, LedgerTransaction, PaymentPlan
from billing.queries.claim_money import owed_by
from billing.queries.ledger_findings import ledger_findings
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from tests.factories.billing import FeeFactory, charged, visit
from tests.factories.statements import BillingPolicyFactory
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H19")]

LogIn = Callable[..., Any]


def test_no_page_of_a_visit_without_insurance_ever_fails(biller: User, as_role: LogIn) -> None:
    """ottehr#8293: a self-pay visit crashed the making of its claim."""
    BillingPolicyFactory(self_pay_discount=Decimal(10))
    FeeFactory()
    client, seen = as_role("biller", "manager", "clinician"), charged(biller, visit(covered=False))
    patient = seen.patient
    keys = {"patient_id": patient.pk, "encounter_id": seen.pk}

    def through_every_door() -> dict[str, int]:
        """Look at, and send nothing to, all that hangs on the visit and its claim."""
        names = {"patient_id", "encounter_id", "claim_id"}
        urls = [url for url in every_url() if url.name.startswith("billing:")]
        mine = [url for url in urls if {name for name, _ in url.converters} <= names and url.converters]
        paths = [url.path(**keys) for url in mine if {name for name, _ in url.converters} <= set(keys)]
        answers = {path: client.get(path).status_code for path in paths}
        assert len(answers) > 15
        return {path: status for path, status in answers.items() if status not in (200, 303, 405)}

    def go(name: str, *more: Any, **data: Any) -> None:
        answer = client.post(reverse(f"billing:{name}", args=[patient.pk, *more]), data)
        assert answer.status_code == 303, (name, answer.content.decode())

    assert through_every_door() == {}
    assert "Self-pay" in client.get(reverse("billing:charges_ready")).content.decode()
    go("claims_create", seen.pk)
    made = Claim.objects.get()
    keys["claim_id"] = made.pk
    assert (made.state, owed_by(made).patient) == (ClaimState.PATIENT_BALANCE, Decimal(50))
    assert through_every_door() == {}
    for name in ("claims_refresh", "claims_submit_one", "claims_replace"):
        client.post(reverse(f"billing:{name}", args=[patient.pk, made.pk]))
    assert (Claim.objects.get().state, owed_by(made).patient) == (ClaimState.PATIENT_BALANCE, Decimal(50))

    page = client.get(reverse("billing:claims_detail", args=[patient.pk, made.pk])).content.decode()
    assert "Take 10 % off: $5.00" in page
    for _ in range(2):
        go("claims_discount", made.pk, share="10.00")
    assert owed_by(made).patient == Decimal(45)
    for reason, amount in (("prompt-pay", "2"), ("courtesy", "1"), ("hardship", "2")):
        off = {"side": "patient", "reason_code": reason, "amount": amount, "request_token": uuid7()}
        go("claims_write_off", made.pk, **off)
    too_much = {"side": "patient", "reason_code": "courtesy", "amount": "40.01", "request_token": uuid7()}
    answer = client.post(reverse("billing:claims_write_off", args=[patient.pk, made.pk]), too_much)
    assert (answer.status_code, "owes $40.00" in answer.content.decode()) == (422, True)
    assert LedgerTransaction.objects.filter(kind="adjustment").count() == 4

    go("plans_patient", total="40", part="20", first_due=clinic_today().isoformat(), day="")
    assert "pays by a plan" in client.get(reverse("billing:claims_detail", args=[patient.pk, made.pk])).content.decode()
    assert through_every_door() == {}
    for _ in range(2):
        paid = {"amount": "20", "kind": "payment", "method": "cash", "request_token": uuid7()}
        go("payments_panel", **paid)
    assert (Claim.objects.get().state, PaymentPlan.objects.get().status) == (ClaimState.CLOSED, "completed")
    assert through_every_door() == {}
    assert [str(finding) for finding in ledger_findings()] == []
