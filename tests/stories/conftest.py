"""What each story needs."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from playwright.sync_api import expect

#: A busy machine draws late, and what a page asks for every few seconds comes late by itself.
expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; Django would refuse its database for that alone."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A story that fails is told once more, on a new database and in a new browser: of hundreds of keys pressed faster
    than anybody can, one may come before the page is ready for it. What is broken fails twice; that a story needed two
    tries stands among the run's warnings.
    """
    if not (isinstance(item, pytest.Function) and item.path.is_relative_to(Path(__file__).parent)):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = [report for report in reports if report.failed]
    if failed:
        warnings.warn(f"{item.nodeid} failed at first:\n{failed[0].longreprtext[-2000:]}", stacklevel=1)
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
