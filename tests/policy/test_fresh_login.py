"""What matters most asks once more who one is: which pages, and that each of them asks before it does anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from emr.access.roles import ROLES
from emr.audit.models import AccessEvent
from tests.factories.clinic import PatientFactory
from tests.factories.sessions import make_stale
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.feature("A05"), pytest.mark.django_db]

#: Signing, exports, rights, ways to sign in, emergency access, and how the logs are kept.
FRESH = """
accounts:factors_reset accounts:factors_roles accounts:identity_edit accounts:invitations_send
accounts:invitations_withdraw accounts:people_add accounts:people_edit accounts:people_sign_out
accounts:people_unlock
audit:charts_export audit:charts_print audit:entries_export
audit:holds_lift audit:holds_place audit:retention_set
billing:batches_new billing:batches_redraw billing:claims_export billing:payments_day_export billing:plans_export
billing:reports_aging_export billing:reports_collections_export billing:reports_journal_export
billing:reports_payments_export billing:reports_productivity_export
billing:unbilled_export
billing:statement_runs_redraw billing:statements_run
billing:deadlines_export billing:denials_export billing:remittances_take_back
clinic:access_deny clinic:access_grant clinic:access_lift clinic:access_restrict clinic:access_revoke
clinic:break_glass_export clinic:break_glass_start
clinic:disclosures_export clinic:disclosures_file clinic:disclosures_print
clinic:letters_sign
clinic:merges_move clinic:merges_preview clinic:merges_undo
clinic:notes_cosign clinic:notes_sign clinic:notes_unlock clinic:prescriptions_sign
clinic:refills_decide clinic:signals_export
jobs:files_download
scheduling:no_shows_csv
usersessions_list
"""
#: Not in it: what one does to one's own account behind a public door, which asks within; see the tests of sessions.
URLS = [url for url in every_url() if hasattr(url.view, "fresh_login")]


def test_what_asks_is_listed() -> None:
    assert sorted({url.name for url in URLS}) == sorted(FRESH.split())


@pytest.mark.parametrize("url", URLS, ids=lambda url: url.name)
def test_each_asks_before_it_does_or_shows_anything(url: Url, as_role: Callable[..., Client]) -> None:
    client = as_role(*_roles(url))
    make_stale(client)
    path = url.path(patient_id=PatientFactory().pk)
    ways = [client.post] if not url.view.fresh_to_read else [client.get, client.post]  # type: ignore[attr-defined]
    answers = [answer for answer in (way(path) for way in ways) if answer.status_code != 405]
    assert {answer.headers.get("Location") for answer in answers} == {reverse("account_reauthenticate")}
    assert not AccessEvent.objects.exists()


def _roles(url: Url) -> list[str]:
    asked = url.door.permission if url.door else None
    return [next(name for name, role in ROLES.items() if asked is None or asked in role.permissions)]
