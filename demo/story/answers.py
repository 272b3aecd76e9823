"""What comes back for claims that went out: taken or sent back, decided, paid and taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from itertools import count, groupby
from uuid import UUID

from billing.actions import manual_remittances as paper
from billing.actions.posting import post_remittance
from billing.actions.received_files import read_file, receive_file
from billing.choices import FORWARDED, ClaimFrequency, ClaimState
from billing.models import Claim, ClaimBatch, ReceivedFile
from billing.queries.ledger import from_cents
from demo.payers import Paid, Reason, Said, SaidLine, Sender, accepted_syntax, asked, claim_statuses, remittance
from demo.story import fates
from demo.story.aftermath import Aftermath
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from emr.shared.dates import clinic_today
from emr.uploads.incoming import Incoming
from emr.uploads.kinds import Kind

#: The first claims that payers decide on have the fates of which every page needs an example.
_FATES: tuple[fates.Fate, ...] = (
    *(fates.unneeded, fates.unauthorized, fates.short, fates.agreed, fates.unclear, fates.agreed, fates.deductible),
    *(fates.copay, fates.agreed, fates.coinsurance, fates.agreed, fates.deductible, fates.agreed, fates.copay),
    *(fates.agreed, fates.deductible, fates.agreed, fates.coinsurance, fates.copay, fates.agreed),
)
#: By the number of the fate: a payment that the payer takes back, and one that it corrects.
_TAKEN_BACK, _CORRECTED = 3, 8
_CLEARINGHOUSE = "CLEARING01"
#: Whoever decides on paper, and who passes claims on to whom.
ON_PAPER, _PASSES_ON = "trades", ("medicare", "medicaid")
_WAITING = [ClaimState.SUBMITTED, ClaimState.ACCEPTED]
#: Days from the run to what comes back.
_SYNTAX, _STATUS, DECIDED = 1, 2, 11
#: What payers put beside their claims, by the number of the file, in cents: interest that they add, and what they hold
#: back for an old mistake of theirs.
_BESIDE = {0: ("L6", "INTEREST", -127), 1: ("WO", "OVERPAID", 2500), 5: ("WO", "OVERPAID", 1800)}


class Answers:
    """The payers and the clearinghouse. ``jobs`` are to be run when the story is told: each has read its file."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.aftermath = Aftermath(cast, calendar, timeline, self.tell)
        self.jobs: list[UUID] = []
        self._numbers, self._decided, self._files = count(501), count(), count()

    def acknowledge(self, batch: ClaimBatch, day: date, *, refusing: bool) -> None:
        """A batch is taken on the next day, its claims the day after; the last of them may be sent back."""
        self._at(day + timedelta(days=_SYNTAX), time(8, 20), partial(self._take_batch, batch))
        self._at(day + timedelta(days=_STATUS), time(9, 40), partial(self._take_claims, batch, refusing=refusing))

    def decide(self, claims: Sequence[Claim], day: date) -> None:
        """Payers decide on claims on a day, as far as they still wait for it then."""
        self._at(day, time(10, 30), partial(self._decide, [claim.pk for claim in claims]))

    def preview(self, claims: Sequence[Claim], day: date) -> None:
        """One payer's remittance comes on a day and isn't posted yet; it knows a claim that nobody else knows."""
        self._at(day, time(10, 10), partial(self._preview, [claim.pk for claim in claims]))

    def misdirect(self, claims: Sequence[Claim], day: date) -> None:
        """One payer pays what the clinic can't place by itself, on a day."""
        self._at(day, time(10, 50), partial(self._misdirect, [claim.pk for claim in claims]))

    def tell(self, claim: Claim, said: Sequence[Said]) -> None:
        """A payer tells decisions on one claim. What it takes back beyond what it pays is carried forward."""
        total = sum(one.paid for one in said)
        self._remit(claim, said, (("FB", claim.number, total),) if total < 0 else ())

    def _take_batch(self, batch: ClaimBatch) -> None:
        number = next(self._numbers)
        self._receive("999", accepted_syntax(_CLEARINGHOUSE, batch.control_number or 0, clinic_today(), number))

    def _take_claims(self, batch: ClaimBatch, *, refusing: bool) -> None:
        rows = Claim.objects.filter(batch_items__batch=batch, state=ClaimState.SUBMITTED).select_related("patient")
        claims = list(rows.order_by("number"))
        single = [claim for claim in claims if not _has_second(claim)]
        refused, number = (single[-1:] if refusing else []), next(self._numbers)
        if claims:
            self._receive("277", claim_statuses(_CLEARINGHOUSE, claims, refused, clinic_today(), number))

    def _decide(self, keys: Iterable[UUID]) -> None:
        claims = _waiting(keys)
        for payer, group in groupby(claims, key=lambda claim: claim.payer):
            rows = list(group)
            if payer == self.cast.payers[ON_PAPER]:
                self._decide_on_paper(rows)
            else:
                self._decide_by_file(rows)

    def _decide_by_file(self, claims: list[Claim]) -> None:
        said = [self._fate(claim) for claim in claims]
        beside = _BESIDE.get(next(self._files))
        adjustments = (beside,) if beside and sum(one.paid for one in said) >= beside[2] else ()
        self._remit(claims[0], said, adjustments)
        for claim in Claim.objects.filter(follows__in=claims, labels__contains=[FORWARDED]):
            self.decide([claim], clinic_today() + timedelta(days=14))

    def _fate(self, claim: Claim) -> Said:
        """What becomes of a claim, and what is done about it later."""
        if claim.follows_id is not None:
            return _known_as(claim, fates.after_the_first(claim))
        if claim.frequency == ClaimFrequency.REPLACEMENT:
            return fates.agreed(asked(claim))
        if _has_second(claim):
            passed_on = claim.patient.coverages.filter(order=2, payer=self.cast.payers[_PASSES_ON[1]]).exists()
            return replace(fates.coinsurance(asked(claim)), status="19" if passed_on else "1")
        number = next(self._decided)
        fate = _FATES[number % len(_FATES)]
        said = fate(asked(claim))
        if number % len(_FATES) == _TAKEN_BACK:
            self.aftermath.take_back(claim, said)
        elif number % len(_FATES) == _CORRECTED:
            self.aftermath.correct(claim, said, fates.deductible(asked(claim)))
        else:
            self.aftermath.of(fate, claim, said)
        return said

    def _remit(self, claim: Claim, said: Sequence[Said], adjustments: tuple[tuple[str, str, int], ...] = ()) -> None:
        for row in self._send(claim, said, adjustments).reconciliations.all():
            post_remittance(by=self.cast.users["biller"], reconciliation=row)

    def _send(self, claim: Claim, said: Sequence[Said], adjustments: tuple[tuple[str, str, int], ...]) -> ReceivedFile:
        payer, number = claim.payer, next(self._numbers)
        if payer is None:
            raise LookupError(f"Claim {claim.number} has no payer.")
        place = list(self.cast.payers.values()).index(payer)
        sender = Sender(payer.name, payer.payer_id, f"10000{place:05}")
        paid = Paid(f"EFT{number:07}", clinic_today(), adjustments)
        return self._receive("835", remittance(sender, said, paid, number))

    def _preview(self, keys: Iterable[UUID]) -> None:
        groups = [list(group) for _, group in groupby(_waiting(keys), key=lambda claim: claim.payer)]
        groups = [group for group in groups if group[0].payer != self.cast.payers[ON_PAPER]]
        if not groups:
            return
        rows = max(groups, key=len)[:8]
        said = [fates.copay(asked(row)) if n % 2 else fates.agreed(asked(row)) for n, row in enumerate(rows)]
        self._send(rows[0], [*said, _stranger("8812", "HARMON", "LEE")], ())

    def _misdirect(self, keys: Iterable[UUID]) -> None:
        """For a patient of another clinic; and for one of ours, by a number that is no claim's."""
        claims = [claim for claim in _waiting(keys) if claim.order == 1 and claim.payer != self.cast.payers[ON_PAPER]]
        for claim in claims[:1]:
            said = fates.agreed(asked(claim))
            lines = (replace(line, control_number=f"X{line.control_number}") for line in said.lines)
            unknown = replace(said, number=f"X{claim.number}", payers_number="", lines=tuple(lines))
            self._remit(claim, [unknown, _stranger("8790", "BARLOW", "JUNE")])

    def _decide_on_paper(self, claims: list[Claim]) -> None:
        """The payer sends a check with a letter, which the biller enters line by line."""
        biller, payer, number = self.cast.users["biller"], self.cast.payers[ON_PAPER], next(self._numbers)
        said = [(fates.copay if n % 2 else fates.agreed)(asked(claim)) for n, claim in enumerate(claims)]
        amount = from_cents(sum(one.paid for one in said))
        row = paper.begin_remittance(
            by=biller, payer=payer, trace_number=f"{70000 + number}", payment_date=clinic_today(), amount=amount
        )
        for claim, one in zip(claims, said, strict=True):
            lines = [
                paper.EnteredLine(item, from_cents(line.paid), [_entered(reason) for reason in line.reasons])
                for item, line in zip(claim.items.all(), one.lines, strict=True)
            ]
            number_ = one.payers_number
            paper.enter_decision(by=biller, reconciliation=row, claim=claim, lines=lines, payer_control_number=number_)
            self.aftermath.of(fates.copay, claim, one)
        post_remittance(by=biller, reconciliation=row)

    def _receive(self, kind: str, segments: Iterable[str]) -> ReceivedFile:
        content = "".join(segments).encode()
        name = f"{clinic_today():%Y%m%d}.{kind}"
        taken = Incoming(name, Kind.X12, content, hashlib.sha256(content).hexdigest())
        biller = self.cast.users["biller"]
        file = receive_file(by=biller, file=taken)
        read_file(by=biller, file=file)
        if file.job_id is not None:
            self.jobs.append(file.job_id)
        return file

    def _at(self, day: date, wall: time, step: Callable[[], object]) -> None:
        moment = self.calendar.instant(day, wall)
        if moment <= self.calendar.story_now:
            self.timeline.add(moment, step)


def _waiting(keys: Iterable[UUID]) -> list[Claim]:
    """The claims that wait for a decision, payer by payer."""
    rows = Claim.objects.filter(pk__in=list(keys), state__in=_WAITING).on_ledger()
    return list(rows.prefetch_related("items").order_by("payer__name", "number"))


def _stranger(number: str, family_name: str, given_name: str) -> Said:
    """A payment for a claim that nobody here has sent."""
    line = SaidLine(f"{number}L1", "T1015", (), clinic_today() - timedelta(days=70), 16500)
    return fates.agreed(Said(number, family_name, given_name, f"ICN{number}", (line,)))


def _has_second(claim: Claim) -> bool:
    return bool(claim.patient.coverages.filter(order=2).exists())


def _known_as(claim: Claim, said: Said) -> Said:
    """What was passed on is known by the number under which it went out first."""
    first = claim.follows
    if first is None or FORWARDED not in claim.labels:
        return said
    lines = (
        replace(line, control_number=line.control_number.replace(claim.number, first.number)) for line in said.lines
    )
    return replace(said, number=first.number, lines=tuple(lines))


def _entered(reason: Reason) -> paper.Reason:
    return paper.Reason(reason.group, reason.code, from_cents(reason.cents))
