"""Claims against what is around them: other claims, authorizations, code lists, the clinic's own rules."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.actions.authorizations import mark_authorization_wrong, save_authorization, use_authorization
from billing.actions.charges import add_charge
from billing.actions.claim_life import hold, know_payers_number
from billing.actions.claims import create_claim, refresh_claim, refresh_claims, submit_claims
from billing.actions.remedies import apply_remedy
from billing.actions.resubmitting import replace_claim, void_claim
from billing.actions.rules import JOB, recheck_all, save_rule
from billing.choices import ClaimState, RuleKind
from billing.models import Authorization, Claim, ClaimRule
from billing.queries.authorizations import authorization_rows
from billing.queries.claim_facts import own_rule
from billing.queries.rules import preview
from billing.queries.scrubbing import scrubbed, scrubbed_one, warnings_of
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.codes.models import CodeSystem, Concept, Release
from emr.codes.systems import HCPCS, ICD10CM
from emr.jobs.models import Job
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from tests.factories.billing import SEEN_ON, claim, service, visit
from tests.factories.claims import AuthorizationFactory

pytestmark = pytest.mark.django_db


def one(by: User, patient: Patient | None = None, code: str = "G1000", **more: Any) -> Claim:
    """The claim of a visit with one service."""
    encounter = visit(patient=patient)
    add_charge(by=by, encounter=encounter, coding=service(code), unit_price=Decimal(50), diagnosis_ranks=[1], **more)
    return create_claim(by=by, encounter=encounter)


def again(by: User, made: Claim) -> Claim:
    return refresh_claim(by=by, claim=made)


def rules(made: Claim) -> list[str]:
    """The rules that a claim breaks, but for code lists, of which tests load none."""
    return [edit.rule for edit in scrubbed_one(made).edits if edit.rule not in ("codes-unchecked", "codes-no-list")]


def load(system: str, code: str, **fields: Any) -> None:
    """A list in use that knows one code."""
    known, _ = CodeSystem.objects.get_or_create(url=system, defaults={"name": system[-8:], "title": "List"})
    someone = User.objects.get(email="someone@example.org")
    told = {"version": "1", "origin": "file", "source_name": "x", "checksum": system[-8:], "loaded_by": someone}
    release, _ = Release.objects.get_or_create(code_system=known, state="active", defaults=told)
    Concept.objects.create(code_system=known, release=release, code=code, display=code, **fields)


def leave(made: Claim, **more: Any) -> Authorization:
    return AuthorizationFactory.create(coverage=made.coverage, **more)


@pytest.mark.feature("H07", "X11")
def test_what_another_claim_asks_for_is_held_with_a_link_to_it(biller: User) -> None:
    first = one(biller)
    second = one(biller, first.patient)
    submit_claims(by=biller, claims=[again(biller, first)])  # of two drafts the later one is the double
    (edit,) = scrubbed_one(second).holds
    assert (second.state, second.state_where) == (ClaimState.HELD, "claim")
    assert (edit.rule, edit.box, edit.other) == ("duplicate", "24D.1", str(first.pk))
    assert first.number in edit.message
    assert rules(one(biller, first.patient, modifiers=["76"])) == []
    with pytest.raises(DomainError, match=f"claim {first.number} in force"):
        submit_claims(by=biller, claims=[second])
    void_claim(by=biller, claim=first, reason="Wrong visit")
    assert again(biller, second).state == ClaimState.READY


@pytest.mark.feature("H07", "H09")
def test_a_replacement_doubles_nothing(biller: User) -> None:
    first = one(biller)
    submit_claims(by=biller, claims=[first])
    know_payers_number(by=biller, claim=first, number="ICN1")
    assert rules(replace_claim(by=biller, claim=Claim.objects.get(pk=first.pk))) == []


@pytest.mark.feature("H07")
def test_codes_are_looked_up_on_the_day_of_service(biller: User) -> None:
    made = one(biller)
    bare = scrubbed_one(made)
    assert {edit.box for edit in bare.warnings} == {"21", "24B", "24J", "33b"}
    # What the clinic loads itself is no warning of each claim: it is said once, with the rules.
    assert [(edit.rule, edit.box) for edit in bare.unchecked] == [("codes-no-list", "24D")]
    assert "G1000" not in warnings_of([made])
    load(HCPCS, "G1000", valid_to=SEEN_ON - timedelta(days=1))
    load(ICD10CM, "I10", selectable=False)
    held = again(biller, made)
    assert [edit.rule for edit in scrubbed_one(made).holds] == ["diagnosis-valid", "service-valid"]
    assert "Box 21 has I10, which is a heading" in held.state_reason
    Concept.objects.update(valid_to=SEEN_ON, selectable=True)
    assert again(biller, made).state == ClaimState.READY


@pytest.mark.feature("H07", "H20")
def test_the_payers_limit_holds_what_was_never_sent(biller: User) -> None:
    made = one(biller)
    assert made.payer is not None
    with transaction.atomic(), acting(biller):
        made.payer.timely_filing_days = (clinic_today() - SEEN_ON).days - 1
        made.payer.save()
    held = again(biller, made)
    assert (held.state, held.state_where) == (ClaimState.HELD, "payer")
    with transaction.atomic(), acting(biller):
        made.payer.timely_filing_days += 10
        made.payer.save()
    assert again(biller, made).state == ClaimState.READY
    assert "in 9 days" in warnings_of([made])


@pytest.mark.feature("H18")
def test_visits_are_counted_from_the_claims_that_carry_the_number(biller: User) -> None:
    first = one(biller)
    number = leave(first, visits_allowed=2)
    others = [one(biller, first.patient, f"G200{n}") for n in range(2)]
    for made in (first, *others):
        use_authorization(by=biller, claim=made, authorization=number)
    assert rules(first) == []
    assert rules(others[0]) == ["authorization-last-visit"]
    assert rules(others[1]) == ["authorization-used-up"]
    assert Claim.objects.get(pk=others[1].pk).state == ClaimState.HELD
    submit_claims(by=biller, claims=[Claim.objects.get(pk=others[0].pk)])
    (row,) = authorization_rows(first.patient)
    assert (row.visits, row.drafts, row.state) == ("3 of 2", 2, "Used up")
    # What went out carries the number, whatever its visit names now; a visit that is void uses none.
    void_claim(by=biller, claim=Claim.objects.get(pk=others[0].pk), reason="Not seen")
    assert rules(again(biller, others[1])) == ["authorization-last-visit"]
    save_authorization(
        by=biller, authorization=number, coverage=number.coverage, number=number.number, visits_allowed=9
    )
    assert rules(others[1]) == []
    mark_authorization_wrong(by=biller, authorization=number, reason="Never given")
    assert scrubbed_one(others[1]).form.prior_authorization == ""
    assert rules(others[1]) == ["authorization-elsewhere"]


@pytest.mark.feature("H18")
def test_what_a_claim_cant_carry_is_refused(biller: User) -> None:
    made = one(biller)
    assert made.coverage is not None
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"number": "A 1_2"}, "number"),
        ({"codes": ["G100000"]}, "codes"),
        ({"visits_allowed": 0}, "visits_allowed"),
        ({"period_start": SEEN_ON, "period_end": SEEN_ON - timedelta(days=1)}, "period_end"),
    ]
    for fields, field in wrong:
        with pytest.raises(DomainError) as refused:
            save_authorization(by=biller, coverage=made.coverage, **{"number": "A1", **fields})
        assert refused.value.field == field
    kept = save_authorization(by=biller, coverage=made.coverage, number="pa-1 2", codes=["g10*", ""])
    assert (kept.number, kept.codes) == ("PA12", ["G10*"])
    with pytest.raises(DomainError, match="already"):
        save_authorization(by=biller, coverage=made.coverage, number="PA12")
    with pytest.raises(DomainError, match="policy that the claim goes to"):
        use_authorization(by=biller, claim=made, authorization=leave(one(biller)))


@pytest.mark.feature("H07", "H18", "X11")
def test_one_press_mends_what_is_mechanical_and_only_while_it_is_offered(biller: User) -> None:
    save_rule(by=biller, kind=RuleKind.NEEDS_AUTHORIZATION, codes=["G1*"], message="Ask Prairie first.")
    made = one(biller)
    assert made.state_reason == "Box 23, G1000: Ask Prairie first."
    number = leave(made)
    (edit,) = scrubbed_one(made).holds
    assert edit.remedy is not None
    mended = apply_remedy(by=biller, claim=made, kind=edit.remedy.kind, target=edit.remedy.target)
    assert (mended.state, scrubbed_one(made).form.prior_authorization) == (ClaimState.READY, number.number)
    for kind, target in [("authorization", str(number.pk)), ("delete", "1")]:
        with pytest.raises(Conflict, match="isn't lacking any more"):
            apply_remedy(by=biller, claim=made, kind=kind, target=target)
    item = made.items.select_related("charge_item").get()
    with transaction.atomic(), acting(biller):
        item.charge_item.diagnosis_ids *= 2
        item.charge_item.save()
    assert rules(again(biller, made)) == ["pointers-once"]
    assert apply_remedy(by=biller, claim=made, kind="pointers", target="1").state == ClaimState.READY


@pytest.mark.feature("H07", "X11")
def test_a_new_rule_is_looked_at_beforehand_and_moves_the_open_drafts(biller: User) -> None:
    made, waiting = one(biller), one(biller)
    hold(by=biller, claim=waiting, reason="A letter is coming")
    seen: list[tuple[int, int]] = []
    told = {"kind": RuleKind.NEEDS_MODIFIER, "codes": ["G10*"], "values": ["25"], "message": "Needs 25."}
    unsaved = own_rule(ClaimRule(**told))
    assert preview(unsaved).words == "2 open claims have such a service; 2 break this rule."
    rule, job = save_rule(by=biller, payer=made.payer, **told)
    assert Job.objects.get(pk=job.pk).name == JOB
    assert preview(own_rule(rule)).words == "1 open claim has such a service; 1 breaks this rule."
    assert recheck_all(by=biller, on_progress=lambda done, total: seen.append((done, total))) == (2, 1)
    assert seen == [(0, 2), (2, 2)]
    made.refresh_from_db()
    assert (made.state, made.state_reason) == (ClaimState.HELD, "Box 24D, line 1, G1000: Needs 25.")
    assert scrubbed_one(made).holds[0].own == str(rule.pk)
    save_rule(by=biller, rule=rule, active=False, payer=made.payer, **told)
    assert recheck_all(by=biller, on_progress=lambda done, total: None) == (2, 1)
    made.refresh_from_db()
    waiting.refresh_from_db()
    assert (made.state, waiting.state) == (ClaimState.READY, ClaimState.ON_HOLD)


@pytest.mark.feature("H07")
@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (RuleKind.NEEDS_MODIFIER, [], "values"),
        (RuleKind.FORBIDS_MODIFIER, ["255"], "values"),
        (RuleKind.NEEDS_AUTHORIZATION, ["25"], "values"),
        (RuleKind.NEEDS_DIAGNOSIS, ["250"], "values"),
        (RuleKind.NOT_TOGETHER, ["*"], "values"),
        (RuleKind.MOST_UNITS, ["1", "2"], "values"),
        (RuleKind.MOST_UNITS, ["0"], "values"),
        (RuleKind.AGE, ["65", "5"], "values"),
        (RuleKind.PLACE, ["1"], "values"),
    ],
)
def test_a_rule_says_only_what_its_kind_looks_at(biller: User, kind: str, values: list[str], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        save_rule(by=biller, kind=kind, codes=["G1000"], values=values, message="Look it up.")
    assert refused.value.field == field
    assert not ClaimRule.objects.exists()


@pytest.mark.feature("H07")
def test_thirty_claims_are_checked_in_as_many_queries_as_one(biller: User) -> None:
    made = [claim(biller) for _ in range(30)]
    for row in made:
        leave(row)
    counts = {}
    for name, work in {
        "checked": lambda rows: scrubbed(row.pk for row in rows),
        "brought up to date": lambda rows: refresh_claims(by=biller, claims=rows),
    }.items():
        for number in (1, 30):
            with CaptureQueriesContext(connection) as captured:
                work(made[:number])
            counts[name, number] = len(captured)
    assert counts["checked", 1] == counts["checked", 30]
    assert counts["brought up to date", 1] == counts["brought up to date", 30]
