"""How the clinic asks patients for money: its policy, and the words of each tier."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from billing.models import BillingPolicy

#: What a statement says where the clinic wrote nothing of its own, from the first statement to the last reminder.
TIER_WORDS = (
    "Thank you for choosing us. This is what remains for you to pay after what your insurance has paid. "
    "If anything looks wrong, please call us and we will look at it together.",
    "A friendly reminder: this balance is still open. If you have paid it in the last few days, thank you, and please "
    "set this statement aside.",
    "This balance has been open for two months. If paying it at once is difficult, call us: we can agree on smaller "
    "monthly payments.",
    "This balance has been open for three months, and we have not heard from you. Please pay it or call us by the due "
    "date, so that we can find a way together.",
    "This balance has been open for four months. Please call us by the due date. If we do not hear from you, we may "
    "have to ask a collection agency to help; we would much rather settle it with you.",
)


def billing_policy() -> BillingPolicy:
    """The clinic's policy, or the one that holds until somebody writes it down. One query."""
    return BillingPolicy.objects.first() or BillingPolicy()


def words_of(policy: BillingPolicy, tier: int) -> str:
    """What a statement of a tier (from 1) says: the clinic's own words, else ours."""
    own = policy.tier_messages[tier - 1] if tier <= len(policy.tier_messages) else ""
    return own or TIER_WORDS[tier - 1]


def tier_on(days_since_first: int | None, starts: Sequence[int]) -> int:
    """The tier of a debt, from 1, that many days after the first statement about it; None where there was none."""
    if days_since_first is None:
        return 1
    return max(1, sum(days_since_first >= start for start in starts))


def pay_link(policy: BillingPolicy, number: int) -> str:
    """Where a statement is paid: the clinic's page and the statement's number, which tells nothing of anybody."""
    if not policy.pay_url:
        return ""
    joined = "&" if "?" in policy.pay_url else "?"
    return f"{policy.pay_url}{joined}{urlencode({'statement': number})}"
