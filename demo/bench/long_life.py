"""Somebody with twenty years in the chart, among a million visits of others: made by SQL, as the tables' owner."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from psycopg import sql

from clinic import models as m
from clinic import vitals
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting, service_user
from emr.audit.bulk import bulk_create_recorded
from emr.codes.systems import CVX, ICD10CM, LOINC, RXNORM

VISITS, OBSERVATIONS, YEARS = 300, 5000, 20
_SEED, _VISITS_EACH = 20261122, 20
#: Of each visit: blood pressure, heart rate, weight; the other observations are results, in reports of twelve.
_VITALS, _TESTS, _IN_REPORT = 3, 60, 12
_TABLES = (
    *(m.Patient, m.Encounter, m.EncounterDiagnosis, m.Observation, m.ObservationComponent, m.DiagnosticReport),
    *(m.Condition, m.MedicationStatement, m.AllergyIntolerance, m.AllergyReaction, m.Immunization, m.Note),
)


def fill_lives(encounters: int) -> m.Patient:
    """Write so many visits of others, each with an observation, and then the one long life; gives that patient."""
    with acting(service_user("bench")), _untriggered(*_TABLES):
        user = bulk_create_recorded([User(email="long-life@example.invalid", last_name="Bench", is_active=False)])[0]
        doctor = bulk_create_recorded([Practitioner(family_name="Bench", given_name="Ada")])[0]
        _others(user, doctor, encounters)
        patient = _long_life(user, doctor)
    with connection.cursor() as cursor:
        names = sql.SQL(", ").join(sql.Identifier(model._meta.db_table) for model in _TABLES)
        cursor.execute(sql.SQL("VACUUM ANALYZE {}").format(names))
    return patient


def _others(user: User, doctor: Practitioner, encounters: int) -> None:
    """As many copies of one row of each, with keys, patients and moments of their own."""
    people = max(1, encounters // _VISITS_EACH)
    person = m.Patient.objects.create(
        created_by=user,
        mrn="1999999",
        family_name="Other",
        given_name="One",
        birth_date=date(1970, 1, 1),
        gender="unknown",
    )
    visit = m.Encounter.objects.create(
        created_by=user, patient=person, practitioner=doctor, status="finished", period_start=timezone.now()
    )
    reading = m.Observation.objects.create(
        **_coded(LOINC, vitals.HEART_RATE, "Heart rate"),
        **{"created_by": user, "patient": person, "encounter": visit, "effective_at": timezone.now()},
        **{"category": "vital-signs", "value_quantity": Decimal(72), "value_unit": "/min"},
    )
    of = sql.SQL("md5('p' || (n %% {}))::uuid").format(sql.Literal(people))
    when = sql.SQL("now() - n * interval '20 years' / {}").format(sql.Literal(encounters))
    _copy(person, people, {"id": of, "mrn": sql.SQL("(2000000 + n)::text")})
    _copy(visit, encounters, {"id": _key("e"), "patient_id": of, "period_start": when})
    moved = {"id": _key("o"), "patient_id": of, "encounter_id": _key("e"), "effective_at": when}
    _copy(reading, encounters, moved)


def _key(kind: str) -> sql.Composable:
    """A key of its own for each number, dense as those of the record are."""
    return sql.SQL("(lpad(to_hex(n), 12, '0') || '7' || substr(md5({} || n), 14))::uuid").format(sql.Literal(kind))


def _copy(row: Model, count: int, other: Mapping[str, sql.Composable]) -> None:
    columns = [field.column for field in row._meta.concrete_fields if field.column and not field.generated]
    values = [other.get(name) or sql.SQL("t.{}").format(sql.Identifier(name)) for name in columns]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, {count}) n WHERE t.id = %s"
    ).format(
        table=sql.Identifier(row._meta.db_table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
        count=sql.Literal(count),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [row.pk])


def _long_life(user: User, doctor: Practitioner) -> m.Patient:
    patient = m.Patient.objects.create(
        **{"created_by": user, "mrn": "1004827", "family_name": "Longlife", "given_name": "Rosa"},
        **{"birth_date": date(1954, 3, 9), "gender": "female"},
    )
    own: dict[str, Any] = {"created_by": user, "patient": patient}
    moments = [timezone.now() - timedelta(days=YEARS * 365 * n / VISITS, hours=1) for n in range(VISITS)]
    visits = m.Encounter.objects.bulk_create(
        m.Encounter(**own, practitioner=doctor, status="finished", period_start=at, reason="Follow-up")
        for at in moments
    )
    m.EncounterDiagnosis.objects.bulk_create(
        m.EncounterDiagnosis(**own, encounter=visit, rank=rank, **_coded(ICD10CM, f"E{rank}", f"Problem {rank}"))
        for visit in visits
        for rank in (1, 2)
    )
    m.Note.objects.bulk_create(m.Note(**own, encounter=visit, author=user) for visit in visits)
    _measure(own, visits)
    _lists(own)
    return patient


def _measure(own: dict[str, Any], visits: list[m.Encounter]) -> None:
    """Three vital signs at each visit, and results enough that all together are as many as meant."""
    dice = random.Random(_SEED)  # noqa: S311  # values for a benchmark
    pressures = [
        m.Observation(**own, **_coded(LOINC, vitals.BLOOD_PRESSURE, "Blood pressure"), **_at(visit, "vital-signs"))
        for visit in visits
    ]
    others = [
        _number(own, visit, "vital-signs", code, name, unit, Decimal(dice.randrange(60, 100)))
        for visit in visits
        for code, name, unit in ((vitals.HEART_RATE, "Heart rate", "/min"), (vitals.WEIGHT, "Weight", "kg"))
    ]
    left = OBSERVATIONS - _VITALS * len(visits)
    reports = [
        m.DiagnosticReport(
            **own, **_coded(LOINC, "24323-8", "Panel"), effective_at=visits[n % len(visits)].period_start
        )
        for n in range(left // _IN_REPORT + 1)
    ]
    tests = [
        _number(
            own, visits[n // _IN_REPORT % len(visits)], "laboratory", f"{test}-0", f"Test {test}", "mmol/L", Decimal(5)
        )
        for n, test in ((n, n % _TESTS) for n in range(left))
    ]
    for n, one in enumerate(tests):
        one.report = reports[n // _IN_REPORT]
    m.DiagnosticReport.objects.bulk_create(reports)
    m.Observation.objects.bulk_create([*pressures, *others, *tests])
    m.ObservationComponent.objects.bulk_create(
        m.ObservationComponent(
            **own,
            observation=one,
            rank=rank,
            value_quantity=value,
            value_unit="mm[Hg]",
            **_coded(LOINC, code, "Pressure"),
        )
        for one in pressures
        for rank, code, value in ((1, vitals.SYSTOLIC, Decimal(138)), (2, vitals.DIASTOLIC, Decimal(82)))
    )


def _lists(own: dict[str, Any]) -> None:
    start = date(2008, 1, 1)
    m.Condition.objects.bulk_create(
        m.Condition(
            **own,
            **_coded(ICD10CM, f"E{n}", f"Problem {n}"),
            onset_date=start + timedelta(days=300 * n),
            clinical_status="active" if n < 12 else "resolved",
        )
        for n in range(20)
    )
    m.MedicationStatement.objects.bulk_create(
        m.MedicationStatement(
            **own,
            **_coded(RXNORM, str(n), f"drug {n}"),
            effective_start=start + timedelta(days=90 * n),
            status="active" if n < 12 else "stopped",
        )
        for n in range(60)
    )
    m.Immunization.objects.bulk_create(
        m.Immunization(**own, **_coded(CVX, str(n), f"vaccine {n}"), occurrence_date=start + timedelta(days=180 * n))
        for n in range(36)
    )
    allergies = m.AllergyIntolerance.objects.bulk_create(
        m.AllergyIntolerance(**own, **_coded(RXNORM, str(n), f"substance {n}")) for n in range(4)
    )
    m.AllergyReaction.objects.bulk_create(
        m.AllergyReaction(**own, allergy=one, display="Hives", severity="severe") for one in allergies
    )


def _number(
    own: dict[str, Any], visit: m.Encounter, category: str, code: str, name: str, unit: str, value: Decimal
) -> m.Observation:
    measured = {"value_quantity": value, "value_unit": unit}
    return m.Observation(**own, **_coded(LOINC, code, name), **_at(visit, category), **measured)


def _at(visit: m.Encounter, category: str) -> dict[str, Any]:
    return {"encounter": visit, "category": category, "effective_at": visit.period_start}


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"system": system, "code": code, "display": display}


@contextmanager
def _untriggered(*models: type[Model]) -> Iterator[None]:
    """Without the triggers that would ask for an entry of the log for each row."""
    names = [sql.Identifier(model._meta.db_table) for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        yield
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
