"""The pages of claim checks and authorizations, and what is mended on a claim's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.rules import save_rule
from billing.choices import RuleKind
from billing.cms1500.edits import catalogue
from billing.models import Authorization, Claim, ClaimRule
from emr.accounts.models import User
from emr.jobs.models import Job
from tests.factories.billing import claim
from tests.factories.claims import AuthorizationFactory
from tests.factories.clinic import PayerFactory
from tests.factories.statements import ClaimRuleFactory

LogIn = Callable[..., Client]

pytestmark = pytest.mark.django_db

RULE = {
    "kind": "most-units",
    "codes": "g1000, G20*",
    "values": "1",
    "message": "One a day.",
    "severity": "hold",
    "active": "on",
}


def read(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"billing:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.feature("H07", "X11")
def test_all_rules_are_listed_with_box_and_reason_and_found_by_words(as_role: LogIn) -> None:
    ClaimRuleFactory(message="Prairie wants 25.", payer=PayerFactory(name="Prairie Nine"))
    client = as_role("biller")
    whole = read(client, "rules_list")
    assert all(f'id="{rule}"' in whole for rule in catalogue())
    assert "Prairie wants 25." in whole
    found = client.get(reverse("billing:rules_list"), {"q": "prairie nine"}).content.decode()
    assert ("Prairie wants 25." in found, 'id="units"' in found) == (True, False)
    found = client.get(reverse("billing:rules_list"), {"q": "box 24G"}).content.decode()
    assert 'id="units"' in found
    assert "No such rule" in client.get(reverse("billing:rules_list"), {"q": "zebra"}).content.decode()


@pytest.mark.feature("H07")
def test_a_rule_is_tried_before_it_is_kept(biller: User, as_role: LogIn) -> None:
    claim(biller)
    client, address = as_role("biller"), reverse("billing:rules_add")
    tried = client.post(address, {**RULE, "preview": "1"})
    assert tried.status_code == 200
    assert "1 open claim has such a service; none breaks this rule." in tried.content.decode()
    assert not ClaimRule.objects.exists()
    assert "Give one number" in client.post(address, {**RULE, "values": "one, two"}).content.decode()
    kept = client.post(address, RULE)
    rule = ClaimRule.objects.get()
    assert (rule.codes, rule.values, rule.active) == (["G1000", "G20*"], ["1"], True)
    assert kept.headers["Location"] == reverse("jobs:jobs_detail", args=[Job.objects.get().pk])
    page = read(client, "rules_edit", rule.pk)
    assert "G1000, G20*" in page
    client.post(reverse("billing:rules_edit", args=[rule.pk]), {**RULE, "active": ""})
    rule.refresh_from_db()
    assert rule.active is False
    assert "Not in use" in read(client, "rules_list")


@pytest.mark.feature("H18")
def test_an_authorization_is_written_down_corrected_and_taken_back(biller: User, as_role: LogIn) -> None:
    made, client = claim(biller), as_role("biller")
    told = {"coverage": made.coverage_id, "kind": "G1", "number": "PA 77", "visits_allowed": "3", "codes": "G10*"}
    client.post(reverse("billing:authorizations_add", args=[made.patient_id]), told)
    row = Authorization.objects.get()
    assert (row.number, row.visits_allowed, row.codes) == ("PA77", 3, ["G10*"])
    assert "0 of 3" in read(client, "authorizations_list", made.patient_id)
    edit = reverse("billing:authorizations_edit", args=[made.patient_id, row.pk])
    assert "PA77" in client.get(edit).content.decode()
    assert client.post(edit, {**told, "visits_allowed": "0"}).status_code == 422
    client.post(edit, {**told, "period_end": "09-Mar-2026"})
    row.refresh_from_db()
    assert row.period_end == date(2026, 3, 9)
    error = reverse("billing:authorizations_error", args=[made.patient_id, row.pk])
    assert client.post(error, {"reason": ""}).status_code == 422
    client.post(error, {"reason": "Another patient's"})
    assert "Entered in error" in read(client, "authorizations_list", made.patient_id)
    assert client.get(edit).status_code == 404


@pytest.mark.feature("H07", "H18", "X11")
def test_a_claims_page_names_the_rule_and_mends_it_at_one_press(biller: User, as_role: LogIn) -> None:
    save_rule(by=biller, kind=RuleKind.NEEDS_AUTHORIZATION, codes=["G1*"], message="Ask Prairie first.")
    made, client = claim(biller), as_role("biller")
    AuthorizationFactory(coverage=made.coverage, number="PA1", visits_allowed=1)
    page = read(client, "claims_detail", made.patient_id, made.pk)
    rule = ClaimRule.objects.get()
    assert "Ask Prairie first." in page
    assert reverse("billing:rules_edit", args=[rule.pk]) in page
    assert f"{reverse('billing:rules_list')}#codes-unchecked" in page
    press = reverse("billing:claims_remedy", args=[made.patient_id, made.pk])
    assert "Use PA1" in page
    client.post(press, {"kind": "authorization", "target": Authorization.objects.get().pk})
    page = read(client, "claims_detail", made.patient_id, made.pk)
    assert "PA1, visit 1 of 1" in page
    assert "last of its 1 visits" in page
    client.post(reverse("billing:claims_authorize", args=[made.patient_id, made.pk]), {"authorization": ""})
    assert Claim.objects.get(pk=made.pk).state == "held"
    client.post(press, {"kind": "authorization", "target": Authorization.objects.get().pk})
    sent = client.post(reverse("billing:claims_submit_one", args=[made.patient_id, made.pk]), follow=True)
    assert "Worth a look" in sent.content.decode()
    assert Claim.objects.get(pk=made.pk).state == "submitted"
    assert "PA1" in read(client, "claims_detail", made.patient_id, made.pk)


def test_pages_ask_as_much_with_thirty_rows_as_with_one(biller: User, as_role: LogIn) -> None:
    made, client = claim(biller), as_role("biller")

    def counts() -> list[int]:
        found = []
        for name, args in [
            ("rules_list", []),
            ("authorizations_list", [made.patient_id]),
            ("claims_detail", [made.patient_id, made.pk]),
        ]:
            with CaptureQueriesContext(connection) as captured:
                read(client, name, *args)
            found.append(len(captured))
        return found

    def more() -> None:
        ClaimRuleFactory(payer=PayerFactory())
        AuthorizationFactory(coverage=made.coverage)

    more()
    counts()
    few = counts()
    for _ in range(29):
        more()
    assert counts() == few
