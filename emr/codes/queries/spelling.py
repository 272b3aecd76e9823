"""Mending mistyped words by comparing them with the words that a code system uses (pg_trgm)."""

from __future__ import annotations

from collections import defaultdict

from django.db import connection

_SHORTEST = 4
_AS_GOOD = 0.08

# Words that begin no known word, each with its most similar ones. "%%" is pg_trgm's similarity operator (index).
_SIMILAR = """
    SELECT typed.word, near.word, near.score
    FROM unnest(%(words)s::text[]) AS typed (word)
    CROSS JOIN LATERAL (
        SELECT known.word, similarity(known.word, typed.word) AS score
        FROM codes_word AS known
        WHERE known.code_system_id = (SELECT id FROM codes_codesystem WHERE url = %(system)s)
          AND known.word %% typed.word
        ORDER BY score DESC, known.frequency DESC, known.word
        LIMIT 3
    ) AS near
    WHERE NOT EXISTS (
        SELECT FROM codes_word AS begun
        WHERE begun.code_system_id = (SELECT id FROM codes_codesystem WHERE url = %(system)s)
          AND begun.word LIKE typed.word || '%%'
    )
"""


def mended(system: str, said: list[str]) -> list[list[str]]:
    """For each word the words that may be meant: itself if the system's texts know it, else the most similar ones.

    Words under four letters and words with digits are left alone; so is one that resembles nothing.
    """
    doubtful = [word for word in said if len(word) >= _SHORTEST and word.isalpha()]
    near = _similar(system, doubtful) if doubtful else {}
    return [near.get(word, [word]) for word in said]


def _similar(system: str, doubtful: list[str]) -> dict[str, list[str]]:
    scored: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, {"system": system, "words": doubtful})
        for typed, word, score in cursor.fetchall():
            scored[typed].append((word, score))
    return {
        typed: [word for word, score in found if score >= found[0][1] - _AS_GOOD] for typed, found in scored.items()
    }
