"""How fast claims are drawn and remittances posted, and what memory that takes."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import transaction

from billing.actions.posting import choose_payer, post_remittance
from billing.actions.received_files import read_file, receive_file
from billing.actions.taking_back import take_back
from billing.choices import BatchStyle
from billing.models import Claim, ClaimBatch, ReceivedFile
from billing.printouts.batches import write_batch
from billing.queries.batches import forms_of
from billing.x12.professional import Envelope
from demo.payers import Paid, Reason, Said, Sender, asked, remittance
from emr.accounts.models import User
from emr.uploads.incoming import Incoming
from emr.uploads.kinds import Kind

_LOOK_EVERY = 0.02
_PAGE_BYTES = 4096


@dataclass(frozen=True)
class Measured:
    """What was done to how many claims, in how many seconds; memory is the most that the process had, and ``grown`` how
    much of it came while it worked, in MB.
    """

    what: str
    claims: int
    seconds: float
    memory: float
    grown: float

    @property
    def rate(self) -> float:
        """Claims a second."""
        return self.claims / self.seconds

    def __str__(self) -> str:
        speed = f"{self.claims:8,}{self.seconds:10.2f} s{self.rate:10,.0f}/s"
        return f"{self.what:34}{speed}{self.memory:8.0f} MB{self.grown:+8.0f} MB"


def draw(batch: ClaimBatch, style: BatchStyle, envelope: Envelope | None = None) -> Measured:
    """Read the claims of a batch from the database and write its file."""
    batch.style, batch.envelope = style, envelope.to_data() if envelope else None
    count = batch.items.count()

    def work() -> None:
        with tempfile.TemporaryFile() as out:
            write_batch(batch, forms_of(batch), out=cast(BinaryIO, out), on_progress=lambda done: None)

    return _measured(f"drawn, {style.label}", count, work)


def take_in(by: User, claims: Iterable[Claim], day: date) -> tuple[Measured, ReceivedFile]:
    """One remittance over claims (a part agreed, a part the patient's): received, read, balanced, kept as a preview."""
    said = [_decided(claim) for claim in claims]
    content = "".join(remittance(Sender("BENCH HEALTH", "BENCH", "1999999999"), said, Paid("BENCH1", day), 1)).encode()
    count = len(said)
    del said
    taken = Incoming("bench.835", Kind.X12, content, hashlib.sha256(content).hexdigest())
    file = receive_file(by=by, file=taken)

    def work() -> None:
        with transaction.atomic():
            read_file(by=by, file=file)

    return _measured("remittance taken in", count, work), file


def post(by: User, file: ReceivedFile) -> Measured:
    """The same put on the ledger; what the database checks at commit is in the time."""
    row = file.reconciliations.get()
    if row.payer is None:
        claim = Claim.objects.filter(responses__reconciliation=row).select_related("payer")[0]
        row = choose_payer(by=by, reconciliation=row, payer=cast(Any, claim.payer))

    def work() -> None:
        with transaction.atomic():
            post_remittance(by=by, reconciliation=row)

    return _measured("remittance posted", row.responses.count(), work)


def take_off(by: User, file: ReceivedFile) -> Measured:
    """The same taken off the ledger again, and kept to be posted anew."""
    row = file.reconciliations.get()

    def work() -> None:
        with transaction.atomic():
            take_back(by=by, reconciliation=row, reason="Measured")

    return _measured("remittance taken back", row.responses.count(), work)


def _decided(claim: Claim) -> Said:
    """A fifth of each line is agreed, a tenth the patient's."""
    said = asked(claim)
    lines = (
        replace(line, reasons=(Reason("CO", "45", line.charge // 5), Reason("PR", "2", line.charge // 10)))
        for line in said.lines
    )
    return replace(said, lines=tuple(lines))


def _measured(what: str, count: int, work: Callable[[], None]) -> Measured:
    with _watched() as peak:
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
    return Measured(what, count, seconds, max(peak) / 1e6, (max(peak) - peak[0]) / 1e6)


@contextmanager
def _watched() -> Any:
    """The resident memory of the process, looked at while a block runs, in bytes (Linux)."""
    seen, over = [_resident()], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY):
            seen.append(_resident())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
