"""A nurse at the summary of a long chart: records beside it by keyboard, and looks for what was when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.clinic.queries.test_timeline import a_full_chart
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import set_up
from tests.stories.keys import Keys
from tests.stories.people import browsers


@pytest.mark.timeout(240)
@pytest.mark.feature("F17")
def test_entry_stands_beside_the_chart(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    patient = a_full_chart(clinic.clinician)
    summary, timeline = (reverse(f"clinic:chart_{name}", args=[patient.pk]) for name in ("summary", "timeline"))
    with running(tmp_path) as address, browsers(address) as sit_down:
        ruth = sit_down("ruth")
        page, keys, panel = ruth.page, Keys(ruth.page), ruth.page.locator("#panel")
        ruth.log_in(clinic.nurse.email)
        ruth.go(summary)
        ruth.looks("summary")

        keys.press("a", "p")
        expect(page.get_by_role("combobox", name="Problem")).to_be_focused()
        ruth.looks("summary-entry")
        # Refused where it stands; the chart stays in view.
        keys.press("Enter")
        expect(panel.get_by_text(re.compile("Enter a code or words")).first).to_be_visible()
        expect(page.get_by_role("heading", name="Vitals")).to_be_visible()
        page.get_by_role("combobox", name="Problem").fill("I10")
        keys.press("Enter")
        expect(page.get_by_text("The problem is on the list.")).to_be_visible()
        expect(page).to_have_url(f"{address}{summary}")
        expect(page.locator(".card", has_text="Problems").get_by_text("I10")).to_be_visible()

        keys.press("a", "m")
        expect(panel.locator("input:focus")).to_have_count(1)
        keys.press("Escape")
        expect(panel).to_be_empty()
        # What is typed beside the chart is thrown away by no other entry and no key, only by its own way out.
        keys.press("a", "p")
        problem = page.get_by_role("combobox", name="Problem")
        problem.fill("Half a thought")
        page.get_by_role("link", name="Add a medication").click()
        expect(page.get_by_text("Save or cancel what you began")).to_be_visible()
        expect(problem).to_have_value("Half a thought")
        panel.get_by_role("link", name="Cancel").click()
        expect(panel).to_be_empty()

        ruth.go(timeline)
        ruth.looks("timeline")
        page.get_by_text("Search and dates").click()
        page.get_by_label("Containing").fill("penicillin")
        keys.press("Enter")
        expect(page.locator(".timeline li")).to_have_count(1)
        ruth.looks("timeline-found")
        page.set_viewport_size({"width": 768, "height": 1024})
        ruth.go(summary)
        ruth.looks("narrow-summary")
        ruth.go(timeline)
        ruth.looks("narrow-timeline")
        # The browser's own word about the refusal above.
        assert [fault for fault in ruth.faults if "422" not in fault] == []
