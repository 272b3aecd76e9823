"""Which rows of two charts can't stand in one, by what the database itself says: unique indexes and exclusions.

The catalogue is asked, not the models, so a rule of any app counts, also one that is added later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from clinic.patient_columns import PatientColumn

_RULES = """
    SELECT coalesce(con.conname, idx.relname) AS name, pg_get_expr(i.indpred, i.indrelid) AS condition,
        coalesce(con.conexclop::regoper[]::text[], '{}') AS operators, i.indnullsnotdistinct,
        ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) AS k) AS parts
    FROM pg_index i
    JOIN pg_class idx ON idx.oid = i.indexrelid
    LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('x', 'u')
    WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND (i.indisunique OR i.indisexclusion)
    ORDER BY 1
"""


@dataclass(frozen=True)
class Rule:
    """One rule of the database: what of two rows of a patient must not fit together.

    ``parts`` are pairs of an expression over the row and the operator by which two rows clash, without the patient's
    own column.
    """

    name: str
    condition: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Clash:
    """A row of the merged chart, and the survivor's row beside which it can't stand."""

    column: PatientColumn
    rule: str
    merged_id: UUID
    survivor_id: UUID


def clashes(column: PatientColumn, merged_id: UUID, survivor_id: UUID) -> list[Clash]:
    """Every pair of rows of one table that a rule keeps apart. One query a rule; most tables have none."""
    found = []
    for rule in rules_of(column.table, column.field.column):
        query = _pairs(column, rule)
        with connection.cursor() as cursor:
            cursor.execute(query, [merged_id, survivor_id])
            found += [Clash(column, rule.name, *pair) for pair in cursor.fetchall()]
    return found


@lru_cache(maxsize=256)
def rules_of(table: str, column: str) -> tuple[Rule, ...]:
    """The rules of a table that speak of its patient. They change with a migration alone, so they are asked once."""
    with connection.cursor() as cursor:
        cursor.execute(_RULES, [table])
        rows = cursor.fetchall()
    rules = []
    for name, condition, operators, nulls_alike, parts in rows:
        signs = [_sign(one) for one in operators] or ["IS NOT DISTINCT FROM" if nulls_alike else "="] * len(parts)
        pairs = list(zip(parts, signs, strict=True))
        if column in parts:
            rules.append(Rule(name, condition or "", tuple(pair for pair in pairs if pair[0] != column)))
    return tuple(rules)


def _sign(operator: str) -> str:
    """The bare operator: ``regoper`` may name its schema."""
    return operator.rpartition(".")[2]


def _pairs(column: PatientColumn, rule: Rule) -> Any:
    """The query of the pairs. Expressions and conditions are the catalogue's own words, nothing that anybody typed."""
    keys = sql.SQL(", ").join(
        sql.SQL("({}) AS {}").format(sql.SQL(part), sql.Identifier(f"k{n}")) for n, (part, _) in enumerate(rule.parts)
    )
    side = sql.SQL("(SELECT id{comma}{keys} FROM {table} WHERE {patient} = %s AND ({condition}))").format(
        comma=sql.SQL(", ") if rule.parts else sql.SQL(""),
        keys=keys,
        table=sql.Identifier(column.table),
        patient=sql.Identifier(column.field.column),
        condition=sql.SQL(rule.condition or "true"),
    )
    fits = sql.SQL(" AND ").join(
        sql.SQL("m.{key} {sign} s.{key}").format(key=sql.Identifier(f"k{n}"), sign=sql.SQL(sign))
        for n, (_, sign) in enumerate(rule.parts)
    )
    where = sql.SQL("ON {}").format(fits) if rule.parts else sql.SQL("ON true")
    return sql.SQL("SELECT m.id, s.id FROM {side} m JOIN {side} s {where} ORDER BY 1, 2").format(side=side, where=where)
