"""The worklist as a page: columns, bulk work with undo, the claim's own card, what isn't billed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.claim_life import hold
from billing.models import Claim, ClaimNote
from billing.queries.claim_rows import COLUMNS
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.billing.payers import decide
from tests.factories.billing import charged, claim, submitted, visit

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H08")]

LogIn = Callable[..., Any]
EVERY = {"columns": [column.key for column in COLUMNS]}
SOON = formats.day(clinic_today() + timedelta(days=3))


def page(client: Client, name: str = "claims_list", *args: Any, **query: Any) -> str:
    response = client.get(reverse(f"billing:{name}", args=args), query)
    assert response.status_code == 200
    return b"".join(response).decode()


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"billing:{name}", args=args), data)


def table(client: Client, name: str, **query: Any) -> list[list[str]]:
    text = client.get(reverse(f"billing:{name}"), query).getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_has_the_columns_and_the_claims_of_the_screen(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    decide(biller, made, paid=1000, patient=1500)
    claim(biller)
    post(client, "claims_work", claim=made.pk, act="label", label="=cmd()")
    for query in (EVERY, {}, {"columns": ["days", "insurance"]}, {"columns": "rooms"}):
        html, rows = page(client, **query), table(client, "claims_export", **query)
        assert len(rows) == 3
        for head in rows[0][4:]:
            assert f">{head}" in html
        shown = [cell.removeprefix("'") for row in rows[1:] for cell in row if cell]
        assert [cell for cell in shown if cell not in html] == []
    assert table(client, "claims_export", columns=["days", "insurance"])[0][4:] == ["Payer owes", "Days"]
    amounts = client.get(reverse("billing:claims_export"), {"columns": ["charge", "patient"]}).getvalue()
    assert amounts.decode().splitlines()[-1].endswith(",50.00,15.00"), "numbers stand without quotes, to be added up"
    assert "'=cmd()" in [cell for row in table(client, "claims_export") for cell in row]


def test_a_day_that_is_none_is_the_only_thing_that_is_wrong(biller: User, as_role: LogIn) -> None:
    """Enter presses no button: the field that was filled says what is meant, also where it can't be read."""
    made, client = claim(biller), as_role("biller")
    answer = post(client, "claims_work", claim=made.pk, snooze_until="someday")
    page = answer.content.decode()
    assert (answer.status_code, "Press the button" in page, 'value="someday"' in page) == (422, False, True)
    nothing = post(client, "claims_work", claim=made.pk)
    assert "Press the button" in nothing.content.decode()


def test_no_key_of_the_list_begins_another(biller: User, as_role: LogIn) -> None:
    """A key that acts at once would keep what begins with it from ever being typed: n p, a new patient."""
    claim(biller)
    keys = set(re.findall(r'data-shortcut="([^"]+)"', page(as_role("biller", "front_desk"))))
    assert {"n n", "n p", "z"} <= keys
    assert [(one, other) for one in keys for other in keys if other.startswith(f"{one} ")] == []


def test_the_list_asks_fewer_than_fifteen_times_however_long_it_is(biller: User, as_role: LogIn) -> None:
    client = as_role("biller")

    def asked(**query: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, **query)
        return len(captured)

    claim(biller)
    for query in ({}, {**EVERY, "order": "-insurance", "owing": "on", "filing": 999, "assignee": "me"}):
        asked(**query)
    few = asked(), asked(**EVERY), asked(order="-insurance")
    for _ in range(29):
        submitted(biller)
    assert (asked(), asked(**EVERY), asked(order="-insurance")) == few
    assert few[0] < 15


@pytest.mark.feature("H09")
def test_many_are_worked_on_and_what_was_not_done_is_named(biller: User, as_role: LogIn) -> None:
    draft, sent, client = claim(biller), submitted(biller), as_role("biller")
    back = reverse("billing:claims_list") + "?queue=sent"
    both = {"claim": [draft.pk, sent.pk], "back": back}
    held = post(client, "claims_work", **both, act="hold", hold_reason="Waits for the referral")
    assert held.headers["Location"] == back
    html = client.get(back).content.decode()
    assert "1 claim put on hold." in html
    assert f"Not done to 1 claim. Claim {sent.number} can&#39;t be held back: it went out." in html
    post(client, "claims_work", **both, act="release")
    post(client, "claims_work", **both, act="note", text="Called")
    assert "2 claims noted." in page(client)
    assert ClaimNote.objects.count() == 2
    draft.refresh_from_db()
    assert draft.state == "ready"


def test_the_last_thing_is_undone(biller: User, as_role: LogIn) -> None:
    made, client = [claim(biller), claim(biller)], as_role("biller")
    keys = [row.pk for row in made]
    for data, words in (
        ({"act": "snooze", "snooze_until": SOON}, f"2 claims snoozed until {SOON}."),
        ({"act": "assign", "assignee": "me"}, "2 claims given to"),
        ({"act": "label", "label": "Call back"}, "2 claims labelled Call back."),
    ):
        post(client, "claims_work", claim=keys, **data)
        html = page(client)
        assert words in html
        assert "Undo" in html
        post(client, "claims_undo")
        html = page(client)
        assert "As before: 2 claims." in html
        assert "Undo" not in html
    assert set(Claim.objects.values_list("snoozed_until", "assignee")) == {(None, None)}
    assert list(Claim.objects.exclude(labels=[])) == []
    post(client, "claims_undo")
    assert "nothing to take back" in page(client)


def test_enter_in_a_field_does_what_the_field_says(biller: User, as_role: LogIn) -> None:
    made, client = claim(biller), as_role("biller")
    post(client, "claims_work", claim=made.pk, text="Spoke to Ann", snooze_until="", assignee="")
    assert ClaimNote.objects.get().text == "Spoke to Ann"
    refused = post(client, "claims_work", claim=made.pk, text="Spoke to Bo", label="Two things")
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "Press the button of what is to be done." in html
    assert 'value="Spoke to Bo"' in html
    assert f'value="{made.pk}" aria-label="Select {made.patient.sort_name}, 09-Mar-2026" checked' in html


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "snooze", "snooze_until": ""}, "Choose the day until which"),
        ({"act": "snooze", "snooze_until": "31-Feb-2026"}, "Enter a day that exists"),
        ({"act": "hold", "hold_reason": " "}, "Say what the claim waits for."),
        ({"act": "note", "text": ""}, "Write what there is to say."),
        ({"act": "assign", "assignee": "019a0000-0000-7000-8000-000000000000"}, "Choose somebody who works on claims."),
        ({"act": "label", "label": "x", "claim": []}, "Choose at least one row."),
        ({"act": "erase"}, "Select a valid choice"),
    ],
)
def test_what_is_lacking_is_said_where_it_lacks(data: dict[str, Any], words: str, biller: User, as_role: LogIn) -> None:
    made = claim(biller)
    answer = post(as_role("biller"), "claims_work", **{"claim": made.pk, **data})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Claim.objects.filter(snoozed_until=None, assignee=None, labels=[], state="ready").count() == 1


def test_a_claim_is_found_by_our_number_and_by_the_payer_s(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    decide(biller, made, paid=1000, icn="ICN77A")
    there = reverse("billing:claims_detail", args=[made.patient_id, made.pk])
    for number in (made.number, "icn77a"):
        assert post(client, "claims_find", number=number).headers["Location"] == there
    post(client, "claims_find", number="none")
    assert "No claim has this number." in page(client)


@pytest.mark.feature("H09")
def test_a_claim_is_worked_on_from_its_page(biller: User, as_role: LogIn) -> None:
    made, client = claim(biller), as_role("biller")
    own = [made.patient_id, made.pk]
    for data in (
        {"act": "assign", "assignee": "me"},
        {"act": "snooze", "snooze_until": SOON},
        {"act": "label", "label": "Call back"},
        {"act": "note", "text": "Spoke to Ann at the payer"},
        {"act": "hold", "hold_reason": "Waits for the referral", "hold_until": SOON},
    ):
        assert post(client, "claims_work_one", *own, **data).status_code == 303, data
    html = page(client, "claims_detail", *own)
    for words in (str(client.user), SOON, "Call back", "Spoke to Ann at the payer", "Release from hold"):
        assert words in html
    for act in ("wake", "release"):
        post(client, "claims_work_one", *own, act=act)
    post(client, "claims_work_one", *own, act="unlabel", label="Call back")
    made.refresh_from_db()
    assert (made.state, made.snoozed_until, made.labels) == ("ready", None, [])
    assert "Release from hold" not in page(client, "claims_detail", *own)


def test_a_claim_s_page_keeps_what_can_t_be_done(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    own = [made.patient_id, made.pk]
    refused = post(client, "claims_work_one", *own, act="hold", hold_reason="Too late now")
    assert refused.status_code == 409
    assert "it went out" in refused.content.decode()
    assert post(client, "claims_number", *own, number=" ").status_code == 422
    assert post(client, "claims_number", *own, number="icn 5").status_code == 303
    made.refresh_from_db()
    assert made.payer_control_number == "ICN 5"
    assert 'value="ICN 5"' in page(client, "claims_detail", *own)
    assert "Add note" not in page(as_role("manager"), "claims_detail", *own)
    assert post(client, "claims_work_one", submitted(biller).patient_id, made.pk, act="wake").status_code == 404


def test_unbilled_by_payer_leads_to_what_it_counts(biller: User, as_role: LogIn) -> None:
    client = as_role("biller")
    assert "Everything is billed" in page(client, "unbilled_list")
    seen = charged(biller, visit())
    held = hold(by=biller, claim=claim(biller, patient=seen.patient), reason="Referral")
    html = page(client, "unbilled_list")
    ready = reverse("billing:charges_ready") + f"?payer={held.payer_id}"
    drafts = reverse("billing:claims_list") + f"?state=held&amp;state=on-hold&amp;state=ready&amp;payer={held.payer_id}"
    assert ready in html
    assert drafts in html
    assert held.number in client.get(drafts.replace("&amp;", "&")).content.decode()
    rows = table(client, "unbilled_export")
    assert [row[0] for row in rows] == ["Payer", held.payer.name if held.payer else "", "Together"]
    assert all(cell in html for row in rows for cell in row)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, "unbilled_list")
        return len(captured)

    few = asked()
    for _ in range(29):
        charged(biller, visit())
    assert asked() == few


def test_what_a_press_leaves_out_is_told(biller: User, as_role: LogIn) -> None:
    draft, sent, client = claim(biller), submitted(biller), as_role("biller")
    both = [draft.pk, sent.pk]
    post(client, "claims_check", claim=both)
    html = page(client)
    assert "1 claim checked, 0 held." in html
    assert f"Not done to 1 claim. Claim {sent.number} is submitted" in html
    post(client, "claims_work", claim=both, act="release")
    html = page(client)
    assert "released" not in html
    assert f"Not done to 2 claims. Claim {draft.number} isn&#39;t on hold." in html
    post(client, "claims_submit")
    html = page(client)
    assert "Choose at least one claim." in html
    assert "Not done to" not in html


def test_one_comes_back_to_the_page_of_the_list_that_one_was_on(
    biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.queries.claims.PAGE_SIZE", 1)
    first, second = submitted(biller), submitted(biller)
    client, here = as_role("biller"), reverse("billing:claims_list") + f"?before={second.pk}"
    html = client.get(here).content.decode()
    assert (f'value="{first.pk}"' in html, f'name="back" value="{here}"' in html) == (True, True)
    refused = post(client, "claims_work", claim=first.pk, back=here, act="note", text="")
    assert f'value="{first.pk}"' in refused.content.decode()


def test_a_day_that_can_t_be_read_is_seen_not_passed_over(biller: User, as_role: LogIn) -> None:
    claim(biller)
    html = page(as_role("biller"), since="31-Feb-2026")
    assert '<details class="menu claims-more" open>' in html
    assert "Enter a day that exists" in html
