"""``make features``: each row of the feature table with the tests that are marked with it.

Rows come from the marks alone, so that the report says what is tested and not what is hoped.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import defaultdict

import pytest


class Collector:
    """A pytest plugin that keeps what is marked with which row."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("feature"):
                for row in mark.args:
                    if item.nodeid.split("[")[0] not in self.rows[row]:
                        self.rows[row].append(item.nodeid.split("[")[0])


def _order(row: str) -> tuple[str, int]:
    letters, digits = re.match(r"([A-Z]+)(\d*)", row).groups()  # type: ignore[union-attr]
    return letters, int(digits or 0)


def main() -> int:
    """Print the report; the exit status is pytest's own when it can't collect."""
    collector = Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-q"], plugins=[collector])
    if status != pytest.ExitCode.OK:
        sys.stdout.write(said.getvalue())
        return int(status)
    for row in sorted(collector.rows, key=_order):
        sys.stdout.write(f"{row}\n" + "".join(f"  {test}\n" for test in collector.rows[row]))
    sys.stdout.write(f"{len(collector.rows)} rows have tests\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
