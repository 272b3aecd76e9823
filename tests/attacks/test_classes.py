"""Each class of attack that broke other medical records is tried by a test here, and each test here says which."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.attacks.classes import CLASSES
from tests.services import ROOT


@pytest.mark.feature("A03")
@pytest.mark.attack(*CLASSES)
def test_every_class_is_tried_and_every_test_says_what_it_tries() -> None:
    program = (
        "from tests.attacks.report import collect\n"
        "found = collect()\n"
        "own = 'tests/attacks/test_classes.py'\n"
        "print(sorted(key for key, names in found.tests.items() if any(own not in name for name in names)))\n"
        "print(sorted(found.unmarked))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines() == [str(sorted(CLASSES)), "[]"]
