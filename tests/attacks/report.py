"""``python -m tests.attacks.report``: each class of attack, worst first, with the tests that try it."""

from __future__ import annotations

import contextlib
import io
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.attacks.classes import CLASSES


class Collector:
    """A pytest plugin that keeps which test tries which class."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)
        self.unmarked: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            name = item.nodeid.split("[")[0]
            marks = list(item.iter_markers("attack"))
            if not marks and "tests/attacks/" in name:
                self.unmarked.append(name)
            for key in (key for mark in marks for key in mark.args):
                if name not in self.tests[key]:
                    self.tests[key].append(name)


def collect() -> Collector:
    """Which tests try which class; the tests are read, not run."""
    collector = Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-q", str(Path(__file__).parent)], plugins=[collector])
    if status != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    return collector


def main() -> int:
    """Print the report; the exit status is 1 if a class has no test."""
    tests = collect().tests
    for found in sorted(CLASSES.values(), key=lambda found: -found.score):
        sys.stdout.write(f"{found.score:4} {found.severity:8} {found.title} [{found.evidence}]\n")
        sys.stdout.write("".join(f"       {test}\n" for test in tests[found.key]) or "       no test\n")
    untried = [key for key in CLASSES if not tests[key]]
    sys.stdout.write(f"{len(CLASSES) - len(untried)} of {len(CLASSES)} classes have tests\n")
    return 1 if untried else 0


if __name__ == "__main__":
    sys.exit(main())
