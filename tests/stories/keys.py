"""Somebody at a keyboard who never touches the mouse: what is pressed is counted, and where the focus is is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

#: Somebody who has to press Tab more often than this reaches for the mouse.
MOST_TABS = 15
_WHERE = """() => { const one = document.activeElement; if (!one) return "nowhere";
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "";
  return `${one.tagName.toLowerCase()}#${one.id} "${name.trim().slice(0, 60)}"`; }"""
_SEEN = """one => { const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  return ring && box.bottom > 0 && box.top < innerHeight; }"""


class Keys:
    """The keyboard of one page. ``pressed`` holds every key beside typed text, ``typed`` counts the letters."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: list[str] = []
        self.typed = 0
        self.tasks: dict[str, int] = {}

    @contextmanager
    def task(self, name: str, *, most: int) -> Iterator[None]:
        """One thing that a person wants done: it takes no more keys beside typed text than ``most``."""
        before = len(self.pressed)
        yield
        used = self.pressed[before:]
        self.tasks[name] = len(used)
        assert len(used) <= most, f"{name}: {len(used)} keys instead of {most}: {' '.join(used)}"

    def press(self, *keys: str) -> None:
        """Press keys one after the other; a shortcut like ``g s`` is two."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed.append(key)

    def go(self, *keys: str) -> None:
        """Press keys that lead to another page, and wait until it is there, with its scripts."""
        with self.page.expect_navigation():
            self.press(*keys)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)
        self.typed += len(text)

    def replace(self, text: str) -> None:
        """Type over what stands in the field."""
        self.press("Control+a")
        self.type(text)

    def tab_to(self, wanted: Locator, *, back: bool = False) -> None:
        """Press Tab until the element has the focus; the focus can be seen."""
        expect(wanted).to_be_visible()
        way = [self.where()]
        while not self._has(wanted):
            assert len(way) <= MOST_TABS, f"{wanted} is further than {MOST_TABS} Tabs away: {' > '.join(way)}"
            self.press("Shift+Tab" if back else "Tab")
            way.append(self.where())
        self.on(wanted)

    def skip(self) -> None:
        """Over search and navigation to the page itself, by the link that stands first for that."""
        self.press("Tab", "Enter")
        expect(self.page.locator("#main")).to_be_focused()

    def enter(self, wanted: Locator, *, back: bool = False) -> None:
        """Tab to a link or button and press it."""
        self.tab_to(wanted, back=back)
        self.press("Enter")

    def fill(self, wanted: Locator, text: str) -> None:
        """Tab to a field and type."""
        self.tab_to(wanted)
        self.type(text)

    def choose(self, wanted: Locator, label: str) -> None:
        """Tab to a select and type the beginning of what is wanted, as the browser lets one."""
        self.fill(wanted, label)
        expect(wanted.locator("option:checked")).to_have_text(re.compile(f"^{re.escape(label)}"))

    def on(self, wanted: Locator) -> None:
        """The focus has come here by itself, and can be seen."""
        expect(wanted).to_be_focused()
        assert wanted.evaluate(_SEEN), f"the focus on {self.where()} can't be seen"

    def where(self) -> str:
        """What has the focus, in words."""
        return str(self.page.evaluate(_WHERE))

    def _has(self, wanted: Locator) -> bool:
        return bool(wanted.evaluate("one => one === document.activeElement"))
