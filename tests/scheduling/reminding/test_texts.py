"""What a reply by text message means."""

from __future__ import annotations

import pytest

from scheduling.choices import ReminderReply
from scheduling.reminding.texts import meaning


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("YES.", "confirm"),
        ("sí", "confirm"),
        ("n", "cancel"),
        ("stopall", "stop"),
        ("yes and no", "other"),
        ("", "other"),
    ],
)
def test_only_a_plain_word_is_an_answer(text: str, reply: str) -> None:
    assert meaning(text) == ReminderReply(reply)
