"""Set-based writes of reference rows: a hundred thousand codes in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from django.db import connection

from emr.codes.folding import code_key, search_text
from emr.codes.importers.rows import ConceptRow
from emr.codes.models import CodeSystem, Release, Word
from emr.shared.records import uuid7

_UPSERT = """
    INSERT INTO codes_concept (
        id, code, code_key, display, synonyms, search_text, selectable, common, properties, valid_from, valid_to,
        code_system_id, release_id, active
    )
    SELECT new.*, %s, %s, true
    FROM unnest(
        %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::smallint[],
        %s::jsonb[], %s::date[], %s::date[]
    ) AS new (
        id, code, code_key, display, synonyms, search_text, selectable, common, properties, valid_from, valid_to
    )
    ON CONFLICT (code_system_id, code) DO UPDATE SET
        display = excluded.display, synonyms = excluded.synonyms, search_text = excluded.search_text,
        selectable = excluded.selectable, common = excluded.common, properties = excluded.properties,
        valid_from = CASE WHEN excluded.valid_from IS DISTINCT FROM %s THEN excluded.valid_from
                          ELSE codes_concept.valid_from END,
        valid_to = excluded.valid_to, release_id = excluded.release_id, active = true
    RETURNING xmax = 0
"""

_WORDS = """
    SELECT word, count(*)
    FROM (
        SELECT DISTINCT id, unnest(string_to_array(btrim(replace(search_text, '|', '')), ' ')) AS word
        FROM codes_concept
        WHERE code_system_id = %s
    ) AS said
    WHERE length(word) BETWEEN 1 AND 100
    GROUP BY word
"""


def upsert(release: Release, rows: Sequence[ConceptRow], *, new_from: date | None) -> int:
    """Write the rows as concepts of the release's system; return how many codes were new.

    A code that is there keeps its key, and its first day unless the row says another.
    A new one is valid from its own first day, else ``new_from``.
    """
    values = [_values(row, new_from) for row in rows]
    columns = [list(column) for column in zip(*values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [release.code_system_id, release.pk, *columns, new_from])
        return sum(inserted for (inserted,) in cursor.fetchall())


def _values(row: ConceptRow, new_from: date | None) -> tuple[object, ...]:
    return (
        *(uuid7(), row.code, code_key(row.code), row.display, row.synonyms, search_text(row.display, row.synonyms)),
        *(row.selectable, row.common, json.dumps(row.properties), row.valid_from or new_from, row.valid_to),
    )


def rebuild_words(code_system: CodeSystem) -> None:
    """Take the system's words anew from its concepts."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [code_system.pk])
        counted = cursor.fetchall()
    Word.objects.filter(code_system=code_system).delete()
    words = (Word(code_system=code_system, word=word, frequency=frequency) for word, frequency in counted)
    Word.objects.bulk_create(words, batch_size=5_000)
