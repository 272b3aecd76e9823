"""What somebody with the app's own database password can't do, whatever SQL they know."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, models, transaction

from billing.models import LedgerEntry
from clinic.models import ContactPoint, Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.bulk import bulk_create_recorded
from emr.audit.models import LogEntry
from emr.audit.registry import recorded_models
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.policy.conftest import a_standing_life
from tests.policy.lives import Life, the_house

pytestmark = [pytest.mark.feature("K01"), pytest.mark.feature("K02")]

_IGNORED = {"id", "updated_at", "password", "last_login", "logo"}


@pytest.fixture
def life(committed_stage: Callable[[Callable[[], Life]], Life]) -> Life:
    """For what is refused at the end of a transaction: a life in a database of the test's own."""
    return committed_stage(a_standing_life)


def _run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _harmless_change(model: type[models.Model]) -> str:
    """A change of one column that no constraint of the table minds."""
    names = [f.column for f in model._meta.concrete_fields]
    if "created_at" in names:
        return "created_at = created_at + interval '1 second'"
    for one in model._meta.concrete_fields:
        free = isinstance(one, models.CharField) and not one.choices and not one.unique
        if free and one.column not in _IGNORED | {"npi", "email", "token_hash"}:
            return f"{one.column} = {one.column} || '1'"
    for one in model._meta.concrete_fields:
        if isinstance(one, models.DateTimeField) and not one.null and one.column not in _IGNORED:
            return f"{one.column} = {one.column} + interval '1 second'"
    if "rank" in names:
        return "rank = rank + 100"
    one = next(f for f in model._meta.concrete_fields if f.column.endswith("_id") and f.column != "permission_id")
    return f"{one.column} = {one.column}"


def test_an_unaudited_change_of_any_recorded_table_is_refused(life: Life) -> None:
    the_house()
    unguarded = {}
    refusals = (
        "unaudited change",
        "append-only",
        "permission denied",
        "does not change",
        "is fixed once",
        "closed by its signed note",
    )
    for model in recorded_models():
        assert model._default_manager.exists(), f"{model._meta.label}: the test has no row to attack"
        change = _harmless_change(model)
        try:
            _run(f"UPDATE {model._meta.db_table} SET {change}")
        except DatabaseError as error:
            said = str(error)
        else:
            said = "nothing"
        if not any(words in said for words in refusals):
            unguarded[model._meta.label] = f"{change}: {said}"
    assert unguarded == {}


@pytest.mark.django_db
def test_every_guard_fires_on_insert_update_and_delete() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_audit_guard%'"
            " AND tgtype & 28 <> 28"
        )
        assert cursor.fetchall() == []


def test_grants_given_behind_the_logs_back_are_refused(life: Life) -> None:
    the_house()
    with pytest.raises(DatabaseError, match=r"unaudited insert of clinic.patientusergrant"):
        _run(
            "INSERT INTO clinic_patientusergrant SELECT"
            " (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid(), 'user_id', u.id))).*"
            " FROM clinic_patientusergrant g, accounts_user u WHERE u.id <> g.user_id LIMIT 1"
        )
    with pytest.raises(DatabaseError, match=r"permission denied for table clinic_patientusergrant"):
        _run("DELETE FROM clinic_patientusergrant")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO accounts_user_groups (user_id, group_id) SELECT u.id, g.id FROM accounts_user u, auth_group g"
        " WHERE g.name = 'manager' AND u.id NOT IN (SELECT user_id FROM accounts_user_groups) LIMIT 1",
        "UPDATE accounts_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'manager')"
        " WHERE id = (SELECT min(id) FROM accounts_user_groups)",
        "DELETE FROM accounts_user_groups",
    ],
    ids=["given", "exchanged", "taken"],
)
@pytest.mark.feature("A03")
def test_roles_do_not_change_behind_the_logs_back(life: Life, statement: str) -> None:
    def held() -> list[tuple[object, ...]]:
        return sorted(User.groups.through.objects.values_list("id", "user_id", "group_id"))

    before = held()
    with pytest.raises(DatabaseError, match="unaudited"):
        _run(statement)
    assert held() == before


def test_roles_given_by_the_program_are_on_record(committed_db: str, person: Callable[..., User]) -> None:
    user = person("nurse")
    with transaction.atomic(), acting(someone()):
        user.groups.set(Group.objects.filter(name="biller"))
    with transaction.atomic(), acting(someone()):
        user.groups.clear()
    assert user.role_names == frozenset()
    told = [entry.changes["groups"]["operation"] for entry in LogEntry.objects.filter(object_pk=user.pk, action=1)]
    assert len(told) >= 3


def test_a_table_of_the_same_name_does_not_stand_in_for_the_log(life: Life) -> None:
    """A temporary table is found before a real one of the same name, unless a function names where it looks."""
    forged = (
        "CREATE TEMPORARY TABLE audit_logentry ON COMMIT DROP AS"
        f" SELECT '{life.patient.pk}'::uuid AS object_pk, pg_current_xact_id() AS txid, 1 AS action,"
        ' \'{"given_name": ["a", "b"]}\'::jsonb AS changes, 1 AS content_type_id'
    )
    with pytest.raises(DatabaseError, match=r"unaudited change|permission denied"):
        _run(forged, f"UPDATE public.clinic_patient SET given_name = 'Forged' WHERE id = '{life.patient.pk}'")
    life.patient.refresh_from_db()
    assert life.patient.given_name == "Maria"


def test_no_setting_of_the_session_switches_triggers_off(life: Life) -> None:
    """The library of the triggers lets the ones be that the setting names, and everybody may set it."""
    switched_off = "SELECT set_config('pgtrigger.ignore', (SELECT array_agg(tgname)::text FROM pg_trigger), true)"
    section, entry = life.signed_note.sections.all()[0], LedgerEntry.objects.all()[0]
    for refused, attack in {
        "unaudited change": f"UPDATE clinic_patient SET given_name = 'Forged' WHERE id = '{life.patient.pk}'",
        "signed note": f"UPDATE clinic_notesection SET text = 'x' WHERE id = '{section.pk}'",
        "is fixed once": f"UPDATE billing_ledgerentry SET amount = 1 WHERE id = '{entry.pk}'",
    }.items():
        with pytest.raises(DatabaseError, match=refused):
            _run(switched_off, attack)


def test_a_table_of_the_same_name_does_not_open_a_signed_note(life: Life) -> None:
    section = life.signed_note.sections.first()
    assert section is not None
    with pytest.raises(DatabaseError, match=r"signed note|permission denied"), acting(someone()):
        _run(
            "CREATE TEMPORARY TABLE clinic_note (id uuid, signed_at timestamptz) ON COMMIT DROP",
            f"UPDATE public.clinic_notesection SET text = 'x' WHERE id = '{section.pk}'",
        )


@pytest.mark.feature("F06")
def test_a_signed_note_stays_even_with_an_entry_in_the_log(life: Life) -> None:
    note, section = life.signed_note, life.signed_note.sections.first()
    assert section is not None
    entries = (
        "INSERT INTO audit_logentry (object_pk, object_repr, action, changes, content_type_id, actor_id, timestamp,"
        " cid, reason) SELECT x, '', 1, jsonb_build_object('text', '[]', 'title', '[]', 'signed_at', '[]', 'version',"
        " '[]', 'snapshot', '[]'), min(t.id), (SELECT id FROM accounts_user LIMIT 1), now(), '', ''"
        f" FROM django_content_type t, unnest(ARRAY['{note.pk}', '{section.pk}']::uuid[]) x GROUP BY x"
    )
    for attack in (
        f"UPDATE clinic_note SET title = 'x' WHERE id = '{note.pk}'",
        f"UPDATE clinic_note SET signed_at = NULL, signed_by_id = NULL, content_hash = '', snapshot = NULL,"
        f" status = 'preliminary' WHERE id = '{note.pk}'",
        f"UPDATE clinic_note SET snapshot = '{{}}' WHERE id = '{note.pk}'",
        f"UPDATE clinic_notesection SET text = 'x' WHERE id = '{section.pk}'",
        f"UPDATE clinic_notesection SET note_id = '{life.open_note.pk}' WHERE id = '{section.pk}'",
        "UPDATE clinic_noteaddendum SET text = 'x'",
        "DELETE FROM clinic_noteaddendum",
        f"DELETE FROM clinic_note WHERE id = '{note.pk}'",
    ):
        with pytest.raises(DatabaseError, match=r"signed note|permission denied|append-only"):
            _run(entries, attack)


def test_a_submitted_claim_stays_even_with_an_entry_in_the_log(life: Life) -> None:
    claim = life.submitted_claim
    item = claim.items.get()
    for attack in (
        f"UPDATE billing_claim SET total = 1 WHERE id = '{claim.pk}'",
        f"UPDATE billing_claim SET snapshot = '{{}}' WHERE id = '{claim.pk}'",
        f"UPDATE billing_claim SET status = 'draft' WHERE id = '{claim.pk}'",
        f"UPDATE billing_claim SET submitted_at = NULL, submitted_by_id = NULL, snapshot_hash = ''"
        f" WHERE id = '{claim.pk}'",
        f"UPDATE billing_claimitem SET net = 1 WHERE id = '{item.pk}'",
        f"DELETE FROM billing_claimitem WHERE id = '{item.pk}'",
        f"UPDATE billing_claimitem SET claim_id = '{life.draft_claim.pk}', sequence = 9 WHERE id = '{item.pk}'",
        f"DELETE FROM billing_claim WHERE id = '{claim.pk}'",
    ):
        with pytest.raises(DatabaseError, match=r"submitted claim|permission denied"):
            _run(attack)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_logentry SET changes = NULL",
        "DELETE FROM audit_logentry",
        "TRUNCATE audit_logentry",
        "DELETE FROM audit_accessevent",
        "UPDATE audit_accessevent SET outcome = 'granted'",
        "TRUNCATE audit_accessevent",
        "TRUNCATE clinic_patient CASCADE",
        "DELETE FROM clinic_patient",
        "DROP TABLE clinic_note CASCADE",
        "ALTER TABLE clinic_patient DISABLE TRIGGER ALL",
        "ALTER TABLE clinic_patient DROP CONSTRAINT clinic_patient_pkey CASCADE",
        "ALTER TABLE audit_logentry OWNER TO CURRENT_USER",
        "SET LOCAL session_replication_role = replica",
        "CREATE FUNCTION public.audit_require(text, text, jsonb, jsonb, text[]) RETURNS void LANGUAGE sql AS 'SELECT'",
        "CREATE OR REPLACE FUNCTION public.audit_require(op text, label text, before jsonb, after jsonb,"
        " ignored text[]) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('clinic', 'x', now())",
    ],
)
def test_the_apps_role_cannot(standing_life: Life, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|append-only|must be able to"):
        _run(statement)


def test_many_rows_at_once_are_told_as_fully_as_one(committed_db: str) -> None:
    patient: Patient = PatientFactory.create()
    one = ContactPointFactory(patient=patient)
    two = ContactPoint(patient=patient, system="phone", use="home", value="+12175550142", created_by=someone())
    with acting(someone()):
        bulk_create_recorded([two])
    entries = [LogEntry.objects.get(object_pk=row.pk) for row in (one, two)]
    assert set(entries[0].changes) == set(entries[1].changes)
    volatile = {"id", "created_at", "updated_at"}
    assert all(entries[0].changes[k] == entries[1].changes[k] for k in entries[0].changes if k not in volatile)
    assert entries[0].patient_id == entries[1].patient_id == patient.pk
    assert entries[0].action == entries[1].action == 0
