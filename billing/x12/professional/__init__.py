"""Claims as an 837P (005010X222A1): the other drawing of :class:`billing.cms1500.form.Form1500`.

What the 837P says, the paper says too, in the same spelling (billing.cms1500.content). Where a claim holds something
that an 837P has no place for, that is a fault which names the box; only :data:`PAPER_ONLY` is left to the paper.
"""

from billing.x12.professional.claims import ClaimError, Composed, compose
from billing.x12.professional.envelope import Envelope
from billing.x12.professional.spelling import Fault
from billing.x12.professional.stream import CLAIMS_PER_SET, interchange

__all__ = ["CLAIMS_PER_SET", "PAPER_ONLY", "ClaimError", "Composed", "Envelope", "Fault", "compose", "interchange"]

#: What the form prints and an 837P has no place for, with the reason.
PAPER_ONLY = {
    "carrier.attention": "a word for who opens the envelope",
    "5.phone": "payers call the clinic (2010AA PER), not the patient",
    "7": "the payer knows its insured; an address goes with the patient (2010BA or 2010CA)",
    "11a": "the payer knows its insured",
    "11d": "said by loop 2320 being there",
    "12": "said by the release, CLM09",
    "17.credentials": "names of practitioners have no credentials (NM1)",
    "20.no": "said by no charge being there",
    "31": "said by CLM06; who signed stands in 2310B",
}
