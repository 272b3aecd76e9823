"""What practitioners' visits brought in, month by month, how long claims took, and what payers refused."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from billing.choices import ADJUSTMENT_ACCOUNTS
from billing.queries.ledger import from_cents
from billing.queries.report_tables import Cell, Report, Row, Table, numbers, payer_names, practitioner_names, words
from emr.shared.dates import clinic_zone
from emr.ui import formats

#: What each column is and in which unit, for the line under the table.
DEFINITIONS = (
    "Visits: finished ones, in the month in which they took place. Charges, payments and adjustments: dollars, in the "
    "month in whose ledger they stand; payments are patients' and payers' money less what went back. Net collection: "
    "payments as a percentage of charges less adjustments of the month. Days to submission: from the service to the "
    "claim's first submission, the mean of those submitted in the month. Days to payment: from the first submission "
    "to the payer's first money, the mean of those first paid in the month."
)
DENIALS = (
    "Decisions of posted remittances, in the period in which they were posted; without reversals, forecasts and claims "
    "that are another payer's. Denied: the payer says so, or paid nothing and left nothing to the patient."
)

# One row for each practitioner and month of each fact: (practitioner, month, name of the fact, sum, count).
_FACTS = """
WITH written AS (
    SELECT entry.*, date_trunc('month', post.business_date)::date AS month, visit.practitioner_id,
           bool_or(entry.account = 'funds') OVER (PARTITION BY entry.transaction_id) AS with_money
    FROM billing_ledgerentry AS entry JOIN billing_ledgertransaction AS post ON post.id = entry.transaction_id
    LEFT JOIN clinic_encounter AS visit ON visit.id = entry.encounter_id
    WHERE post.business_date BETWEEN %(first)s AND %(last)s
), sent AS (
    SELECT encounter_id, payer_id, (min(submitted_at) AT TIME ZONE %(zone)s)::date AS sent_on,
           min(service_date) AS serviced_on
    FROM billing_claim WHERE submitted_at IS NOT NULL AND payer_id IS NOT NULL GROUP BY encounter_id, payer_id
), paid AS (
    SELECT claim.encounter_id, claim.payer_id, min(post.business_date) AS paid_on
    FROM billing_ledgertransaction AS post JOIN billing_claim AS claim ON claim.id = post.claim_id
    JOIN billing_claimresponse AS decision ON decision.id = post.claim_response_id
    WHERE post.kind IN ('remittance', 'placed') AND decision.paid > 0
    GROUP BY claim.encounter_id, claim.payer_id
)
SELECT practitioner_id, date_trunc('month', period_start AT TIME ZONE %(zone)s)::date, 'visits', 0, count(*)
FROM clinic_encounter WHERE status = 'finished'
    AND (period_start AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
UNION ALL
SELECT practitioner_id, month, 'charges', -sum(amount), count(*) FROM written WHERE account = 'revenue' GROUP BY 1, 2
UNION ALL
SELECT practitioner_id, month, 'payments', -sum(amount), count(*) FROM written
WHERE with_money AND account NOT IN ('funds', 'over-short') GROUP BY 1, 2
UNION ALL
SELECT practitioner_id, month, 'adjustments', sum(amount), count(*) FROM written
WHERE account = ANY(%(adjustments)s) GROUP BY 1, 2
UNION ALL
SELECT visit.practitioner_id, date_trunc('month', sent_on)::date, 'submission', sum(sent_on - serviced_on), count(*)
FROM sent JOIN clinic_encounter AS visit ON visit.id = sent.encounter_id
WHERE sent_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
UNION ALL
SELECT visit.practitioner_id, date_trunc('month', paid_on)::date, 'payment', sum(paid_on - sent_on), count(*)
FROM paid JOIN sent USING (encounter_id, payer_id) JOIN clinic_encounter AS visit ON visit.id = paid.encounter_id
WHERE paid_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
"""

_DECISIONS = """
SELECT remittance.payer_id, count(*),
       count(*) FILTER (WHERE decision.status_code = '4'
                        OR (decision.paid = 0 AND decision.patient_responsibility = 0 AND decision.charge > 0))
FROM billing_claimresponse AS decision
JOIN billing_paymentreconciliation AS remittance ON remittance.id = decision.reconciliation_id
WHERE remittance.status = 'active' AND decision.status_code NOT IN ('22', '23', '25')
  AND (remittance.posted_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
GROUP BY remittance.payer_id
"""


@dataclass
class Figures:
    """The facts of a practitioner and a month; amounts in cents, days as their sum with the number of claims."""

    visits: int = 0
    charges: int = 0
    payments: int = 0
    adjustments: int = 0
    submission: int = 0
    submissions: int = 0
    payment: int = 0
    first_payments: int = 0

    def add(self, other: Figures) -> None:
        """Both together."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def take(self, fact: str, total: int, count: int) -> None:
        """One fact as the database gives it."""
        if fact == "visits":
            self.visits += count
        else:
            setattr(self, fact, getattr(self, fact) + int(total))
        if fact == "submission":
            self.submissions += count
        elif fact == "payment":
            self.first_payments += count

    @property
    def cells(self) -> tuple[Cell, ...]:
        """In the order of the columns."""
        amounts = (from_cents(self.charges), from_cents(self.payments), from_cents(self.adjustments))
        expected = self.charges - self.adjustments
        rate = 100 * self.payments / expected if expected > 0 else None
        return (
            self.visits,
            *amounts,
            rate,
            _mean(self.submission, self.submissions),
            _mean(self.payment, self.first_payments),
        )


def productivity(first: date, last: date) -> Report:
    """By practitioner and month, and payers' denials. No patient is named. Four queries."""
    asked = {
        "first": first,
        "last": last,
        "zone": str(clinic_zone()),
        "adjustments": [account.value for account in ADJUSTMENT_ACCOUNTS],
    }
    return Report(tables=(_denials(asked), _practitioners(asked)))


def _practitioners(asked: dict[str, Any]) -> Table:
    groups: dict[tuple[UUID | None, date], Figures] = {}
    for who, month, fact, total, count in _rows(_FACTS, asked):
        groups.setdefault((who, month), Figures()).take(fact, total, count)
    names = practitioner_names(who for who, _ in groups)
    whole = Figures()
    for figures in groups.values():
        whole.add(figures)
    return Table(
        slug="practitioners",
        title="By practitioner and month",
        columns=(
            *words("Practitioner", "Month"),
            *numbers("Visits", "Charges", "Payments", "Adjustments", "Net collection, %"),
            *numbers("Days to submission", "Days to payment"),
        ),
        rows=[
            Row((names[who], formats.month(month), *groups[who, month].cells))
            for who, month in sorted(groups, key=lambda key: (names[key[0]], key[1]))
        ],
        totals=[Row(("Total", "", *whole.cells))] if groups else [],
        note=DEFINITIONS,
    )


def _denials(asked: dict[str, Any]) -> Table:
    found = _rows(_DECISIONS, asked)
    names = payer_names(row[0] for row in found)
    rows = [Row((names[key], count, denied, 100 * denied / count)) for key, count, denied in found]
    counts, denials = sum(row[1] for row in found), sum(row[2] for row in found)
    return Table(
        slug="denials",
        title="Denials by payer",
        columns=(*words("Payer"), *numbers("Decisions", "Denied", "Denial rate, %")),
        rows=sorted(rows, key=lambda row: str(row.cells[0])),
        totals=[Row(("Total", counts, denials, 100 * denials / counts))] if found else [],
        note=DENIALS,
    )


def _mean(total: int, count: int) -> float | None:
    return total / count if count else None


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
