"""Two charts of one person, and what every table says, so that a round trip can be compared to the last column."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db import connection

from billing.actions.payment_plans import end_plan
from billing.models import PaymentPlan
from clinic.actions.merges import merge_patients
from clinic.models import Patient, PatientMerge, PatientMergeRow
from emr.accounts.models import User
from scheduling.actions.appointments import cancel
from scheduling.choices import CancelledBy
from scheduling.models import Appointment
from tests.factories.accounts import make_person
from tests.policy.lives import Life, a_life

#: Logs only grow, and a merge writes its own rows.
_GROWS = {"audit", "sessions", "jobs", "usersessions"}


def two_lives(**merged: Any) -> tuple[Life, Life]:
    """The chart that stays, and the one that is merged into it, each with all that can be recorded."""
    biller = make_person("biller")
    stays = a_life(make_person("clinician"), biller, given_name="Maria", family_name="Lopez")
    goes = a_life(
        make_person("clinician"), biller, **{"text": "Heard", "given_name": "Marie", "family_name": "Lopes", **merged}
    )
    soon = Appointment.objects.get(pk=goes.keys["appointment_id"][1])
    cancel(by=biller, appointment=soon, cancelled_for=CancelledBy.CLINIC, reason="Two visits at one time")
    ended = PaymentPlan.objects.get(patient=goes.patient)
    end_plan(by=biller, plan=ended, reason="Two plans at one time")
    return stays, goes


def merge(by: User, survivor: Patient, merged: Patient, **more: Any) -> PatientMerge:
    """Merge two charts, confirmed as the form does it."""
    stays = Patient.objects.get(pk=survivor.pk)
    return merge_patients(
        **{"by": by, "survivor": stays, "merged": merged, "reason": "One person", "confirmed": stays.mrn, **more}
    )


def everything() -> dict[str, dict[str, Any]]:
    """Every row of every table as the database has it, by table and key, without what only grows."""
    found: dict[str, dict[str, Any]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in _GROWS or model in (PatientMerge, PatientMergeRow):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{model._meta.db_table}" t')
            rows = [json.loads(row[0]) for row in cursor.fetchall()]
        found[model._meta.db_table] = {str(row.get("id", row)): row for row in rows}
    return found


def difference(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """What is not the same, by table: columns that differ, rows that came, rows that went."""
    found: dict[str, list[str]] = {}
    for table in before.keys() | after.keys():
        mine, theirs = before.get(table, {}), after.get(table, {})
        said = [f"gone {key}" for key in mine.keys() - theirs.keys()]
        said += [f"new {theirs[key]}" for key in theirs.keys() - mine.keys()]
        for key in mine.keys() & theirs.keys():
            said += [
                f"{key}.{name}: {mine[key][name]} → {theirs[key].get(name)}"
                for name in mine[key]
                if mine[key][name] != theirs[key].get(name)
            ]
        if said:
            found[table] = sorted(said)
    return found
