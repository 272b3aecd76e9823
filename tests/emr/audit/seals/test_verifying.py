"""Whatever a superuser does to a log is named: which log, which row, what was done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emr.audit.models import Log, SealBlock
from emr.audit.seals.blocks import _DOMAIN, key_name
from emr.audit.seals.files import SealFolder
from emr.audit.seals.findings import Kind
from emr.audit.seals.logs import HASH_BYTES, LOGS
from emr.audit.seals.sealing import seal
from emr.audit.seals.verifying import verify
from tests.emr.audit.seals.attacker import real_hash, run, superuser
from tests.emr.audit.seals.conftest import fill, ids

pytestmark = [pytest.mark.feature("K02")]

#: In each log a column that an intruder would want otherwise.
VICTIM = {Log.CHANGES: "reason", Log.READS: "section", Log.SECURITY: "detail"}


def found(folder: SealFolder | None = None) -> list[tuple[Log, Kind, str]]:
    """What a verification finds, without its words."""
    return [(one.log, one.kind, one.what) for one in verify(folder=folder).findings]


def check(attack: Callable[[Log], list[tuple[Kind, str]]]) -> None:
    """Attack each log; exactly what each attack says must be found is found."""
    expected = [(log, kind, what) for log in Log for kind, what in attack(log)]
    assert found() == expected


def edit(log: Log, row_id: str, value: str = "forged") -> None:
    """Change a row behind everybody's back."""
    run(f"UPDATE {LOGS[log].table} SET {VICTIM[log]} = %s WHERE id = %s", value, row_id)


def test_an_untouched_log_passes(sealed: Path) -> None:
    report = verify()
    assert report.findings == []
    assert (report.unsealed, report.unproven, report.purged) == (0, 0, 0)
    assert report.rows == sum(len(ids(log)) for log in Log)


def test_an_edited_row_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[1]
        edit(log, row_id)
        return [(Kind.ALTERED, f"entry {row_id}")]

    check(attack)


def test_a_blanked_row_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[1]
        time = LOGS[log].time_column
        edit(log, row_id, "")
        run(f"UPDATE {LOGS[log].table} SET {time} = to_timestamp(0), remote_addr = NULL WHERE id = %s", row_id)
        return [(Kind.ALTERED, f"entry {row_id}")]

    check(attack)


def test_a_deleted_row_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        first, *_, last = ids(log)
        run(f"DELETE FROM {LOGS[log].table} WHERE id IN (%s, %s)", first, last)
        return [(Kind.DELETED, f"entry {row_id}") for row_id in (first, last)]

    check(attack)


def test_an_inserted_row_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        table, (row_id, *_) = LOGS[log].table, ids(log)
        new = "nextval('audit_logentry_id_seq')::text" if log is Log.CHANGES else "gen_random_uuid()::text"
        with superuser() as session:
            row = session.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(e, jsonb_build_object('id', {new}))).*"
                f" FROM {table} e WHERE id = %s RETURNING id",
                [row_id],
            ).fetchone()
        assert row is not None
        return [(Kind.INSERTED, f"entry {row[0]}")]

    check(attack)


def test_two_rows_that_changed_places_are_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        one, *_, two = ids(log)
        table, other = LOGS[log].table, "-1" if log is Log.CHANGES else "00000000-0000-0000-0000-000000000000"
        for old, new in ((one, other), (two, one), (other, two)):
            run(f"UPDATE {table} SET id = %s WHERE id = %s", new, old)
        return [(Kind.MOVED, f"entry {row_id}") for row_id in (one, two)]

    check(attack)


def test_two_rows_that_changed_their_times_are_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        one, *_, two = ids(log)
        table, time = LOGS[log].table, LOGS[log].time_column
        run(f"UPDATE {table} a SET {time} = b.{time} FROM {table} b WHERE a.id IN (%s, %s) AND b.id IN (%s, %s)"
            " AND a.id <> b.id", one, two, one, two)  # fmt: skip
        return [(Kind.ALTERED, f"entry {row_id}") for row_id in (one, two)]

    check(attack)


def test_a_row_that_hides_behind_the_cut_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[0]
        run(f"UPDATE {LOGS[log].table} SET txid = '9000000000000000000' WHERE id = %s", row_id)
        return [(Kind.MOVED, f"entry {row_id}")]

    check(attack)


def test_a_row_that_is_hashed_anew_is_named(sealed: Path) -> None:
    """The leaf then fits the row, but no more the block."""

    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[1]
        edit(log, row_id)
        rehash(log, row_id)
        return [(Kind.BLOCK_ALTERED, "block 1"), (Kind.ALTERED, f"entry {row_id}")]

    check(attack)


def test_a_chain_that_is_hashed_anew_is_named(sealed: Path) -> None:
    """Row, leaf, block and all that follows fit one another; only the key is missing."""

    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[1]
        edit(log, row_id)
        rehash(log, row_id)
        rewrite_headers(log, None)
        return [
            (Kind.BLOCK_ALTERED, "block 1"),
            (Kind.BLOCK_ALTERED, "block 2"),
            (Kind.ALTERED, f"entry {row_id}"),
        ]

    check(attack)


def test_a_chain_that_is_signed_with_another_key_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[1]
        edit(log, row_id)
        rehash(log, row_id)
        rewrite_headers(log, Ed25519PrivateKey.generate())
        return [
            (Kind.BLOCK_UNKNOWN_KEY, "block 1"),
            (Kind.BLOCK_UNKNOWN_KEY, "block 2"),
            (Kind.ALTERED, f"entry {row_id}"),
        ]

    check(attack)


@pytest.mark.parametrize("number", [1, 2])
def test_a_deleted_block_is_named_and_its_rows_still_proven(sealed: Path, number: int) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        row_id = ids(log)[0 if number == 1 else -1]
        run("DELETE FROM audit_sealblock WHERE log = %s AND number = %s", log, number)
        edit(log, row_id)
        return [(Kind.BLOCK_MISSING, f"block {number}"), (Kind.ALTERED, f"entry {row_id}")]

    check(attack)


def test_a_truncated_log_with_its_chain_is_named(sealed: Path) -> None:
    def attack(log: Log) -> list[tuple[Kind, str]]:
        rows = ids(log)
        run(f"TRUNCATE {LOGS[log].table}")
        run("DELETE FROM audit_sealblock WHERE log = %s", log)
        return [
            (Kind.BLOCK_MISSING, "block 1"),
            (Kind.BLOCK_MISSING, "block 2"),
            *((Kind.DELETED, f"entry {row_id}") for row_id in rows),
        ]

    check(attack)


def test_truncated_and_altered_files_are_named(sealed: Path) -> None:
    log = Log.READS
    (file,) = sealed.glob(f"{log}-*.seals")
    first, second = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(second)
    assert found() == [(log, Kind.FILE_MISSING, "block 1")]
    file.write_bytes(b"{}\n" + second)
    assert found() == [(log, Kind.FILE_LINE, f"{file.name}:1"), (log, Kind.FILE_MISSING, "block 1")]
    file.write_bytes(first.replace(b'rows\\":', b'rows\\":1') + second)
    assert found() == [(log, Kind.FILE_ALTERED, "block 1")]
    file.write_bytes(second + first)
    assert found() == [(log, Kind.FILE_LINE, f"{file.name}:2"), (log, Kind.FILE_MISSING, "block 1")]


def test_files_that_are_cut_off_at_the_end_are_named_once_a_run_has_followed(sealed: Path) -> None:
    log = Log.READS
    (file,) = sealed.glob(f"{log}-*.seals")
    fill()
    seal(wait=True)
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert found() == [(log, Kind.FILE_MISSING, "block 2")]


def test_without_the_files_the_block_is_named_and_its_rows_are_not_blamed(sealed: Path) -> None:
    log = Log.READS
    (file,) = sealed.glob(f"{log}-*.seals")
    edit(log, ids(log)[0])
    rehash(log, ids(log)[0])
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[1])
    report = verify()
    assert [(one.kind, one.what) for one in report.findings] == [(Kind.BLOCK_ALTERED, "block 1")]
    assert report.unproven == SealBlock.objects.get(log=log, number=1).rows


def test_a_block_that_nobody_has_is_named(sealed: Path) -> None:
    log = Log.READS
    (file,) = sealed.glob(f"{log}-*.seals")
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[1])
    run("DELETE FROM audit_sealblock WHERE log = %s AND number = 1", log)
    assert found() == [(log, Kind.BLOCK_LOST, "block 1")]


def test_a_copy_on_another_host_may_lag_behind_but_tells_what_was_cut_off(sealed: Path) -> None:
    log = Log.READS
    copy = sealed.with_name("copy")
    copy.mkdir()
    for file in sealed.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    fill()
    seal(wait=True)
    assert found(SealFolder(copy)) == []
    for file in sealed.glob(f"{log}-*"):
        file.unlink()
    run(f"DELETE FROM {LOGS[log].table}")
    run("DELETE FROM audit_sealblock WHERE log = %s", log)
    assert {kind for _, kind, _ in found(SealFolder(copy))} == {Kind.BLOCK_MISSING, Kind.DELETED}


def rehash(log: Log, row_id: str) -> None:
    """Put the row's honest hash into its leaf."""
    sealed, block = LOGS[log], SealBlock.objects.get(log=log, number=1)
    leaves = bytearray(block.leaves)
    for start in range(0, len(leaves), sealed.leaf_bytes):
        end = start + sealed.leaf_bytes
        if sealed.row_id(bytes(leaves[start : end - HASH_BYTES])) == row_id:
            leaves[end - HASH_BYTES : end] = real_hash(log, row_id)
    assert leaves != block.leaves
    run("UPDATE audit_sealblock SET leaves = %s WHERE id = %s", bytes(leaves), block.pk)


def rewrite_headers(log: Log, key: Ed25519PrivateKey | None) -> None:
    """Make every block fit its leaves and the one before, signed with a key of the intruder's if there is one."""
    before = "0" * 64
    for block in SealBlock.objects.filter(log=log).order_by("number"):
        says = json.loads(block.header)
        says |= {"before": before, "leaves": hashlib.sha256(block.leaves).hexdigest()}
        signature = block.signature
        if key is not None:
            says["key"] = key_name(key.public_key())
        header = json.dumps(says, sort_keys=True, separators=(",", ":"))
        if key is not None:
            signature = key.sign(_DOMAIN + header.encode())
        before = hashlib.sha256(header.encode()).hexdigest()
        run("UPDATE audit_sealblock SET header = %s, signature = %s WHERE id = %s", header, signature, block.pk)


def _lose_the_chain(folder: Path) -> None:
    """Old entries whose seals are gone, in the database and on the host."""
    for log in LOGS.values():
        run(f"UPDATE {log.table} SET {log.time_column} = {log.time_column} - interval '2 days'")
    run("DELETE FROM audit_sealblock")
    shutil.rmtree(folder)


def test_a_chain_that_is_gone_with_its_files_is_no_clean_result(sealed: Path) -> None:
    _lose_the_chain(sealed)
    assert found() == [(log, Kind.NOTHING_SEALED, "the log") for log in Log]


def test_a_chain_that_begins_anew_says_from_when_on_it_can_tell(sealed: Path) -> None:
    assert verify().notes == []
    _lose_the_chain(sealed)
    seal(wait=True)
    report = verify()
    assert report.findings == []
    assert [note.partition(": the chain begins on ")[0] for note in report.notes] == [log.label for log in Log]
