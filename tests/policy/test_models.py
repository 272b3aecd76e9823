"""Rules of the house about every table."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

from clinic.models import Encounter, Patient
from emr.audit.registry import APPEND_ONLY_TABLES, exempt_models, kept_models, recorded_models
from tests.services import ROOT

OURS = ("accounts", "audit", "codes", "jobs", "clinic", "scheduling", "billing", "interop", "demo")


def ours() -> list[type[models.Model]]:
    """Every concrete model of the project."""
    return [model for model in apps.get_models(include_auto_created=False) if model._meta.app_label in OURS]


@pytest.mark.feature("K01")
def test_every_model_is_recorded_or_exempt_with_a_reason() -> None:
    recorded, exempted = set(recorded_models()), exempt_models()
    assert {model._meta.label for model in apps.get_models()} - {
        model._meta.label for model in recorded | exempted.keys()
    } == set()
    assert [model for model, reason in exempted.items() if len(reason) < 10] == []


@pytest.mark.django_db
@pytest.mark.feature("K01")
def test_every_recorded_table_has_the_guard() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'pgtrigger_audit_guard%' AND t.tgenabled = 'O'"
            " AND t.tgdeferrable AND t.tginitdeferred"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert guarded == {model._meta.db_table for model in recorded_models()}


@pytest.mark.django_db
@pytest.mark.feature("K02")
def test_the_app_may_only_add_to_logs_and_never_delete_records() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = current_user"
        )
        rights: dict[str, set[str]] = {}
        for table, right in cursor.fetchall():
            rights.setdefault(table, set()).add(right)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        owned = cursor.fetchone()
    assert owned == (0,)
    for table in APPEND_ONLY_TABLES:
        assert rights[table] == {"SELECT", "INSERT"}, table
    for model in kept_models():
        assert "DELETE" not in rights[model._meta.db_table], model
        assert "TRUNCATE" not in rights[model._meta.db_table], model


def test_nothing_cascades_from_patient_or_encounter() -> None:
    loose = [
        f"{model._meta.label}.{field.name}"
        for model in ours()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model in {Patient, Encounter}
        and field.remote_field.on_delete is not models.PROTECT
    ]
    assert loose == []


def test_clinical_rows_name_their_patient() -> None:
    #: A signal about the volume of a whole day is about no patient.
    #: A message between colleagues may be about nobody.
    #: Cash over or short, and what a payer settles with the clinic as a whole, are on accounts of no patient.
    #: An answer that names no claim of ours is about nobody whom we know.
    without = {"clinic.SnoopingSignal.patient", "clinic.Communication.patient", "billing.LedgerEntry.patient"}
    without |= {"billing.ClaimAcknowledgement.patient", "billing.ClaimResponse.patient"}
    nullable = {
        f"{model._meta.label}.{field.name}"
        for model in recorded_models()
        for field in model._meta.fields
        if field.name == "patient" and field.null
    }
    assert nullable == without


def test_keys_are_uuids() -> None:
    allowed = {
        "audit.LogEntry",  # a running number, so that the log has an order of its own
        "clinic.NameWord",  # the word itself
        "clinic.PatientWord",  # the patient and the word
    }
    wrong = [
        model._meta.label
        for model in ours()
        if not isinstance(model._meta.pk, models.UUIDField) and model._meta.label not in allowed
    ]
    assert wrong == []


def test_at_and_by_come_in_pairs_with_a_constraint() -> None:
    for model in ours():
        names = {field.name for field in model._meta.fields}
        nullable = {field.name for field in model._meta.fields if field.null}
        pairs = {name[:-3] for name in nullable if name.endswith("_at") and f"{name[:-3]}_by" in names}
        constrained = " ".join(str(constraint.deconstruct()) for constraint in model._meta.constraints)
        for stem in pairs:
            assert f"{stem}_at__isnull" in constrained, f"{model._meta.label}.{stem}_at/_by has no constraint"
            assert f"{stem}_by__isnull" in constrained, f"{model._meta.label}.{stem}_at/_by has no constraint"


def test_statuses_are_checked_by_the_database() -> None:
    for model in recorded_models():
        for field in model._meta.fields:
            if field.name in {"status", "clinical_status", "verification_status", "state"} and field.choices:
                conditions = " ".join(str(constraint.deconstruct()) for constraint in model._meta.constraints)
                assert f"{field.name}__in" in conditions, f"{model._meta.label}.{field.name}"


def test_no_template_has_inline_script_or_style() -> None:
    import re

    bad = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", re.IGNORECASE)
    allowed = {"templates/base_print.html"}  # WeasyPrint's page: its style sheet is put in by emr.ui.paper
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if path.relative_to(ROOT).as_posix() not in allowed
        for match in [bad.search(path.read_text(encoding="utf-8"))]
        if match
    ]
    assert found == []
