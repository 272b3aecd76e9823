"""Measures pages in turn and tells what each costs."""

from __future__ import annotations

import cProfile
import gc
import io
import pstats
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles

from demo.bench.browser import Answer, Browser
from demo.bench.pages import Page

#: Before anything is measured: templates are compiled, connections are open, content types are known.
_WARM_UP = 3


class WrongAnswer(Exception):
    """A page did not answer as it must, so that its time would mean nothing."""


@dataclass
class Result:
    """What the runs of one page took, in seconds."""

    page: Page
    total: list[float] = field(default_factory=list)
    in_sql: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    bytes: int = 0

    def add(self, answer: Answer) -> None:
        """Take a run in."""
        self.total.append(answer.seconds)
        self.in_sql.append(answer.statements.seconds)
        self.statements.append(answer.statements.count)
        self.bytes = len(answer.body)

    @property
    def p95(self) -> float:
        """The time that 19 of 20 runs stay under."""
        return quantiles(self.total, n=20, method="inclusive")[-1]


def measure(browser: Browser, pages: Sequence[Page], runs: int) -> list[Result]:
    """Ask each page ``runs`` times, in turn (A B C A B C …), so that a slow moment falls on all alike."""
    results = [Result(page) for page in pages]
    for result in results:
        for _ in range(_WARM_UP):
            _ask(browser, result.page)
    with _as_the_server_forks():
        for _ in range(runs):
            for result in results:
                result.add(_ask(browser, result.page))
    return results


@contextmanager
def _as_the_server_forks() -> Iterator[None]:
    """What was loaded is out of the collector's reach, as it is in the web server's workers (emr.gunicorn)."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def table(results: Sequence[Result]) -> Iterator[str]:
    """The results as lines; the ratio is to the first page's median."""
    hello = median(results[0].total)
    yield f"{'page':<16}{'median':>10}{'p95':>10}{'× hello':>9}{'SQL':>6}{'in SQL':>10}{'page':>9}"
    for result in results:
        counts = sorted({min(result.statements), max(result.statements)})
        yield (
            f"{result.page.name:<16}{_ms(median(result.total))}{_ms(result.p95)}{median(result.total) / hello:>9.2f}"
            f"{'–'.join(map(str, counts)):>6}{_ms(median(result.in_sql))}{result.bytes / 1024:>6.1f} kB"
            + (f"   {result.page.about}" if result.page.about else "")
        )


def price_of_the_door(results: Sequence[Result]) -> str:
    """What the door and the record of the read add to the chart's summary, as a share of the page without them.

    The two pages were asked in turn, so each pair of runs met the same moment: the median of the pairs' ratios.
    """
    by_name = {result.page.name: result for result in results}
    pairs = zip(by_name["chart summary"].total, by_name["chart, no door"].total, strict=True)
    added = median(one / other for one, other in pairs) - 1
    return f"The door and the record of the read add {added:+.1%} to the chart summary."


def profile(browser: Browser, page: Page, runs: int) -> str:
    """Where the time of one page goes: the functions with the most time of their own, then with what they call."""
    for _ in range(_WARM_UP):
        _ask(browser, page)
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(runs):
        _ask(browser, page)
    profiler.disable()
    text = io.StringIO()
    stats = pstats.Stats(profiler, stream=text)
    stats.sort_stats("tottime").print_stats(25)
    stats.sort_stats("cumulative").print_stats(40)
    return text.getvalue()


def _ask(browser: Browser, page: Page) -> Answer:
    def check(answer: Answer) -> None:
        if not page.good(answer):
            raise WrongAnswer(f"{page.name} ({page.path}) answered {answer.status}, not as it must.")

    return browser.ask(page.path, page.form, check)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:>7.2f} ms"
