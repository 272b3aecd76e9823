"""The worklist on a narrow screen, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from billing.choices import ClaimState
from emr.accounts.models import User
from tests.emr.ui.browser import shown
from tests.factories.billing import claim
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H08")]
_OVER = "[...document.querySelectorAll('.table-wrap')].map(one => one.scrollWidth - one.clientWidth)"
_STEP = '<span class="problem">The policy is not in force</span> <a class="nowrap" href="#x">Edit the insurance</a>'


def test_the_table_fits_whatever_the_state(biller: User, as_role: Callable[..., Any]) -> None:
    made = claim(biller, patient=PatientFactory.create(family_name="Castellanos", given_name="Bartholomew"))
    html = as_role("biller").get(reverse("billing:claims_list")).content.decode()
    longest = max((str(label) for label in ClaimState.labels), key=len)
    row = html.split("<tbody>", 1)[1].split("</tr>", 1)[0]
    state = f">{made.get_state_display()}<"
    assert (row.count(state), row.count(">–<"), row.count('<td class="step">')) == (1, 2, 1)
    wide = row.replace(state, f">{longest}<").replace(">–<", ">1,234.50<")
    wide = re.sub(r'(?s)(<td class="step">).*?</td>', rf"\1{_STEP}</td>", wide)
    html = html.replace(row, wide)
    with shown(html, viewport={"width": 768, "height": 900}) as page:
        over = page.evaluate(_OVER)
    assert over == [0]
