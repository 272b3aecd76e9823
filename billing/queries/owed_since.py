"""Since when patients owe what they owe: the day on which it became theirs, claim by claim."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection

# What was posted and taken back again never was: neither a decision of the wrong patient nor a check that bounced. Of
# the rest the day counts on which the patient began to owe, after the last day on which nothing was owed.
_SINCE = """
WITH moved AS (
    SELECT entry.patient_id, entry.claim_id, written.business_date AS moved_on, sum(entry.amount) AS cents
    FROM billing_ledgerentry AS entry JOIN billing_ledgertransaction AS written ON written.id = entry.transaction_id
    WHERE entry.account = 'patient-receivable'
        AND (%(patients)s::uuid[] IS NULL OR entry.patient_id = ANY(%(patients)s))
        AND (%(day)s::date IS NULL OR written.business_date <= %(day)s)
        AND written.reverses_id IS NULL
        AND NOT EXISTS (
            SELECT FROM billing_ledgertransaction AS back
            WHERE back.reverses_id = written.id AND (%(day)s::date IS NULL OR back.business_date <= %(day)s)
        )
    GROUP BY 1, 2, 3
), owed AS (
    SELECT *, sum(cents) OVER (PARTITION BY patient_id, claim_id ORDER BY moved_on) AS balance FROM moved
), paid AS (
    SELECT *, max(moved_on) FILTER (WHERE balance <= 0) OVER (PARTITION BY patient_id, claim_id) AS paid_on FROM owed
)
SELECT patient_id, claim_id, min(moved_on) FROM paid
WHERE balance > 0 AND (paid_on IS NULL OR moved_on > paid_on) GROUP BY 1, 2
"""


def owed_since(
    *, patients: Iterable[UUID] | None = None, day: date | None = None
) -> dict[tuple[UUID, UUID | None], date]:
    """By patient and claim (None: from before this ledger), the day from which on something of it was always theirs to
    pay; of these patients or of all, as it stood at the end of a day or as it stands. One query.
    """
    asked = {"patients": None if patients is None else list(patients), "day": day}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, asked)
        return {(patient, claim): since for patient, claim, since in cursor.fetchall()}
