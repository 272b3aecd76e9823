"""People at their browsers: each has a window of their own, and looks at every page for accessibility."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.database import beside_a_loop
from tests.factories.accounts import PASSWORD

#: Waits for animations that end, such as a message's coming up: half way it has half of its contrast.
_AT_REST = """() => Promise.allSettled(
    document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished)
).then(() => null)"""
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A camera that shows a moving pattern, for pages that ask for one.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@dataclass
class Person:
    """Somebody at a browser. ``faults`` gathers what axe and the console say; the story ends with none."""

    name: str
    page: Page
    address: str
    pictures: Path | None
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def log_in(self, email: str) -> None:
        """Log in by the form."""
        self.go("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_load_state()

    def go(self, path: str) -> None:
        """Open a page of the clinic."""
        self.page.goto(f"{self.address}{path}")

    def looks(self, at: str) -> None:
        """Look at the page that is open, once what moves has come to rest: axe finds no violation; a picture is taken
        when pictures are wanted.
        """
        self.page.wait_for_load_state()
        self.page.evaluate(_AT_REST)
        found = Axe().run(self.page).response["violations"]
        self.faults += [f"{at}: {rule['id']} {[node['target'] for node in rule['nodes']][:3]}" for rule in found]
        self.seen.append(at)
        if self.pictures is not None:
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                self.page.screenshot(path=str(self.pictures / f"{len(self.seen):02d}-{self.name}-{at}-{scheme}.png"))
            self.page.emulate_media(color_scheme="light")


@contextmanager
def browsers(address: str) -> Iterator[Callable[..., Person]]:
    """A real Chromium; gives a function that sits somebody down at a window of their own.

    ``STORY_PICTURES=folder`` keeps a picture of each page that the story passes, light and dark; and of what stands in
    every window when the story fails.
    """
    folder = os.environ.get("STORY_PICTURES")
    pictures = Path(folder) if folder else None
    with sync_playwright() as playwright, beside_a_loop():
        chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGS)
        try:
            yield lambda name, **context: _sit_down(browser, name, address, pictures, **context)
        except BaseException:
            if pictures is not None:
                _picture_all(browser, pictures)
            raise
        finally:
            browser.close()


def _picture_all(browser: Browser, folder: Path) -> None:
    pages = [page for context in browser.contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=str(folder / f"failed-{number}.png"))


def _note(person: Person, text: str) -> None:
    """Keep an error of the console. htmx logs requests that typing made useless; and taking a picture puts in a style
    of Playwright's, which our policy refuses."""
    useless = text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    if not useless and not (person.pictures is not None and "inline style" in text):
        person.faults.append(text)


def _sit_down(browser: Browser, name: str, address: str, pictures: Path | None, **context: object) -> Person:
    page = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **context}).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(30_000)
    person = Person(name, page, address, pictures)
    page.on("console", lambda said: _note(person, said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: person.faults.append(str(error)))
    return person


def unfold(field: Locator) -> None:
    """Open the section in which a field stands, where it is folded."""
    if not field.is_visible():
        field.locator("xpath=ancestor::details[1]/summary").click()
