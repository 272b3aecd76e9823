"""What is old enough goes, but never what a hold keeps, and the seal still proves the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent, LegalHold, Log, LogEntry, RetentionPolicy, SecurityEvent
from emr.audit.partitions import first_key
from emr.audit.retention.actions import lift_hold, place_hold, set_retention
from emr.audit.retention.purging import purge, read_archive
from emr.audit.retention.queries import due, purged_before
from emr.audit.seals.sealing import seal
from emr.audit.seals.verifying import verify
from emr.shared.errors import DomainError
from tests.database import OWNER_URL, with_name
from tests.emr.audit.seals.attacker import run
from tests.emr.audit.seals.conftest import fill, seals  # noqa: F401  a fixture
from tests.factories.accounts import make_person
from tests.factories.base import someone

pytestmark = [pytest.mark.feature("K06")]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=7 * 366)
PATIENT = uuid4()


@pytest.fixture
def filled(seals: Path, tmp_path: Path) -> Iterator[User]:  # noqa: F811
    """Entries of seven years ago and of now in each log, all sealed, kept for six years. Gives the officer."""
    before, settings.AUDIT_ARCHIVE_DIR = settings.AUDIT_ARCHIVE_DIR, tmp_path / "archives"
    officer = make_person("privacy_officer")
    _old_entries()
    fill(2)
    for log in Log:
        set_retention(by=officer, log=log, years=6)
    seal(wait=True)
    yield officer
    settings.AUDIT_ARCHIVE_DIR = before


def _old_entries() -> None:
    month = f"{OLD:%Y-%m-01}"
    run("SELECT audit_add_months(%s::date, 1)", month)
    for number in range(3):
        moment = OLD + timedelta(minutes=number)
        AccessEvent.objects.create(
            id=UUID(int=first_key(moment).int + number), at=moment, user=someone(), patient_id=PATIENT, action="view",
            section="s", url_name="x", request_id="r",
        )  # fmt: skip
        SecurityEvent.objects.create(
            id=UUID(int=first_key(moment).int + number), at=moment, kind="login", user=someone()
        )
    run("UPDATE audit_logentry SET timestamp = %s WHERE id <= (SELECT min(id) + 1 FROM audit_logentry)", OLD)
    run("ALTER TABLE audit_accessevent OWNER TO chartroom_owner")


def as_owner_purge(by: User, log: Log) -> Path | None:
    """Purge as the role that owns the tables."""
    app = dict(connection.settings_dict)
    owner = connection.settings_dict | _owner()
    connections.close_all()
    connection.settings_dict.update(owner)
    try:
        gone = purge(by=by, log=log, now=NOW)
    finally:
        connections.close_all()
        connection.settings_dict.update(app)
    return gone.archive if gone else None


def _owner() -> dict[str, str]:
    from urllib.parse import urlsplit

    url = urlsplit(with_name(OWNER_URL, connection.settings_dict["NAME"]))
    return {"USER": url.username or "", "PASSWORD": url.password or ""}


def _old(log: Log) -> int:
    return due(log, NOW).rows


@pytest.mark.parametrize("log", list(Log))
def test_it_goes_into_an_archive_and_the_rest_is_still_proven(filled: User, log: Log) -> None:
    old, new = _old(log), verify().rows
    assert old >= 2
    assert purged_before(log) is None
    archive = as_owner_purge(filled, log)
    assert archive is not None
    assert purged_before(log) == datetime(2020, 11, 1, tzinfo=UTC)
    text = b"".join(read_archive(archive)).decode()
    assert len(text.splitlines()) == old + 1
    assert text.startswith("txid\tid\t")
    assert b"chart" not in archive.read_bytes()
    report = verify()
    assert (report.findings, report.purged, _old(log)) == ([], old, 0)
    event = SecurityEvent.objects.get(kind="purge")
    assert (event.user, event.detail) == (filled, f"Log: {log.label.lower()}; {old} entries before 2020-11-01")
    seal(wait=True)
    report = verify()
    assert (report.findings, report.unsealed) == ([], 0)
    assert report.rows > new - old


def test_what_is_left_is_still_guarded_after_a_purge(filled: User) -> None:
    for log in Log:
        as_owner_purge(filled, log)
    victim = AccessEvent.objects.order_by("-id").values_list("pk", flat=True)[0]
    run("UPDATE audit_accessevent SET section = 'forged' WHERE id = %s", victim)
    assert [one.what for one in verify().findings] == [f"entry {victim}"]
    for table in ("audit_logentry", "audit_securityevent", "audit_accessevent"):
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'")
        assert cursor.fetchone() == (0,)


def test_a_hold_on_a_patient_keeps_their_entries_until_it_is_lifted(filled: User) -> None:
    hold = place_hold(by=filled, reason="Doe v. Clinic", patient_id=PATIENT)
    with pytest.raises(DomainError, match="A legal hold keeps 3 of them"):
        as_owner_purge(filled, Log.READS)
    assert _old(Log.READS) == 3
    assert as_owner_purge(filled, Log.SECURITY) is not None
    lift_hold(by=filled, hold_id=hold.pk, reason="Settled")
    assert as_owner_purge(filled, Log.READS) is not None
    with pytest.raises(DomainError, match="lifted already"):
        lift_hold(by=filled, hold_id=hold.pk, reason="Again")


@pytest.mark.parametrize("log", list(Log))
def test_a_hold_on_all_keeps_every_log(filled: User, log: Log) -> None:
    place_hold(by=filled, reason="Investigation")
    with pytest.raises(DomainError, match="keeps all logs"):
        as_owner_purge(filled, log)
    assert _old(log) >= 2


def test_what_is_not_sealed_yet_stays(filled: User) -> None:
    AccessEvent.objects.create(
        id=UUID(int=first_key(OLD).int + 99), at=OLD, user=someone(), patient_id=PATIENT, action="view", section="s",
        url_name="x", request_id="r",
    )  # fmt: skip
    with pytest.raises(DomainError, match="not sealed yet"):
        as_owner_purge(filled, Log.READS)


def test_the_running_app_cannot_purge(filled: User) -> None:
    for log in Log:
        with pytest.raises(DatabaseError, match=r"must be owner|permission denied"):
            purge(by=filled, log=log, now=NOW)
    assert verify().findings == []
    assert not SecurityEvent.objects.filter(kind="purge").exists()


def test_without_a_policy_all_is_kept(seals: Path) -> None:  # noqa: F811
    assert [due(log, NOW).before for log in Log] == [None, None, None]


def test_the_command_only_tells_unless_it_is_told_who_acts(filled: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("purge_audit")
    assert "Reads: 3 entries before" in capsys.readouterr().out
    assert _old(Log.READS) == 3
    with pytest.raises(CommandError, match="no active account"):
        call_command("purge_audit", "--as", "nobody@example.org")


def test_less_than_six_years_is_refused_by_form_and_database(filled: User) -> None:
    with pytest.raises(DomainError, match="between 6 and 100"):
        set_retention(by=filled, log=Log.READS, years=5)
    policy = RetentionPolicy.objects.get(log=Log.READS)
    policy.years = 5
    with pytest.raises(DatabaseError, match="audit_retention_least"), transaction.atomic(), acting(filled):
        policy.save()


def test_policy_and_holds_are_on_record(filled: User) -> None:
    hold = place_hold(by=filled, reason="Doe v. Clinic", patient_id=PATIENT)
    entry = LogEntry.objects.get(object_pk=hold.pk)
    assert (entry.actor, entry.patient_id, entry.changes["reason"]) == (filled, PATIENT, [None, "Doe v. Clinic"])
    with pytest.raises(DatabaseError, match="permission denied"):
        LegalHold.objects.all()._raw_delete("default")
    assert timezone.now() >= hold.placed_at
