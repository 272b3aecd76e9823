"""Every word that a door says to the log of reads has a label."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from clinic.chart import SECTIONS
from emr.audit.sections import PARTS, part_of

_SAID = re.compile(r"""(?:section=|SECTION = )"([a-z_-]+)\"""")


def test_each_word_of_the_code_has_a_label() -> None:
    files = [
        path
        for app in ("emr", "clinic", "scheduling", "billing")
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
    ]
    said = {word for path in files for word in _SAID.findall(path.read_text(encoding="utf-8"))}
    assert "allergies" in said
    assert said | {section.name for section in SECTIONS} <= PARTS.keys()


def test_a_word_of_old_is_told_as_it_stands() -> None:
    assert part_of("fax_queue") == "Fax queue"
