"""A sealed file gives back what was sealed, or says that it doesn't."""

from __future__ import annotations

import io
import secrets
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from emr.encryption.sealed import MARK, PIECE, SealedReader, plain_size, seal
from emr.keys import Unreadable, new_key

pytestmark = pytest.mark.feature("K05")

HEADER = len(MARK) + 8 + 32


def sealed(content: bytes) -> bytes:
    """The sealed bytes of a content."""
    return b"".join(seal([content]))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_content_comes_back(size: int) -> None:
    content = secrets.token_bytes(size)
    made = sealed(content)
    assert io.BufferedReader(SealedReader(io.BytesIO(made))).read() == content
    assert plain_size(len(made)) == size
    assert size < 100 or content[:100] not in made


def test_any_part_can_be_read() -> None:
    content = secrets.token_bytes(3 * PIECE + 17)
    reader = SealedReader(io.BytesIO(sealed(content)))
    assert reader.seek(0, io.SEEK_END) == len(content)
    for start in (2 * PIECE + 5, 0, PIECE - 3, 3 * PIECE):
        reader.seek(start)
        buffered = io.BufferedReader(reader)
        assert buffered.read(10) == content[start : start + 10]
        buffered.detach()


def test_the_same_content_is_never_sealed_to_the_same_bytes() -> None:
    assert sealed(b"Rosa")[HEADER:] != sealed(b"Rosa")[HEADER:]


@pytest.mark.parametrize("place", [0, len(MARK), len(MARK) + 8, HEADER, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    made = bytearray(sealed(b"Rosa Lopez"))
    made[place] ^= 1
    with pytest.raises(Unreadable):
        SealedReader(io.BytesIO(bytes(made)))


def test_a_cut_or_shuffled_file_is_noticed() -> None:
    made = sealed(secrets.token_bytes(3 * PIECE))
    step = PIECE + 16
    head, one, two, three = made[:HEADER], *(made[HEADER + n * step : HEADER + (n + 1) * step] for n in range(3))
    for cut in (head, head + one, head + one + two, made[:-1], head + two + three, head + one + two + three + three):
        with pytest.raises(Unreadable):
            SealedReader(io.BytesIO(cut))
    shuffled = SealedReader(io.BytesIO(head + two + one + three))
    with pytest.raises(Unreadable):
        shuffled.read(10)


def test_an_older_key_still_opens_and_a_missing_one_says_so(settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.ENCRYPTION_KEYS = [old]
    made = sealed(b"Rosa")
    settings.ENCRYPTION_KEYS = [new, old]
    assert SealedReader(io.BytesIO(made)).read() == b"Rosa"
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(Unreadable, match="not in ENCRYPTION_KEYS"):
        SealedReader(io.BytesIO(made))


def test_size_costs_no_memory() -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(320):
            yield b"x" * PIECE

    tracemalloc.start()
    size = sum(len(piece) for piece in seal(chunks()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 20_000_000 > 2_000_000 > peak
