"""A file of claims, segment by segment: nothing of a claim is kept, so thousands need the memory of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from billing.cms1500.form import Form1500
from billing.x12.professional.claims import composed
from billing.x12.professional.envelope import Envelope, trailer
from billing.x12.professional.spelling import segment

#: The guide's limit of claims between ST and SE; a file of more has several sets.
CLAIMS_PER_SET = 5000


def interchange(envelope: Envelope, forms: Iterable[Form1500]) -> Iterator[str]:
    """The segments of one file. Claims in a row of one billing provider share its loop 2000A.

    The same envelope and forms give the same text. Raises ClaimError at the first claim that an 837P can't say whole,
    and ValueError when there is no claim, or a name of the envelope can't be said; throw away what came until then.
    """
    yield from envelope.opening()
    rest, sets = iter(forms), 0
    for first in rest:
        sets += 1
        yield from _transaction_set(envelope, sets, chain((first,), islice(rest, CLAIMS_PER_SET - 1)))
    if not sets:
        raise ValueError("There is no claim to send: a file has at least one.")
    yield from envelope.closing(sets)


def _transaction_set(envelope: Envelope, number: int, forms: Iterable[Form1500]) -> Iterator[str]:
    count = 0
    for text in chain(envelope.header(number), _levels(forms)):
        count += 1
        yield text
    yield trailer(number, count)


def _levels(forms: Iterable[Form1500]) -> Iterator[str]:
    """Billing providers, below them the insured, below these patients who aren't the insured themselves."""
    level, parent = 0, 0
    biller: tuple[str, ...] = ()
    for form in forms:
        claim = composed(form)
        if claim.billing != biller:
            level += 1
            parent, biller = level, claim.billing
            yield segment("HL", str(level), "", "20", "1")
            yield from biller
        level += 1
        yield segment("HL", str(level), str(parent), "22", "1" if claim.patient else "0")
        yield from claim.subscriber
        if claim.patient:
            yield segment("HL", str(level + 1), str(level), "23", "0")
            level += 1
            yield from claim.patient
        yield from claim.claim
