"""What a claim is held to beyond its own form: code lists, other claims, days, authorizations, the clinic's rules.

Pure: what is known of the world comes as :class:`Facts` (billing.queries.claim_facts fetches them for many claims).
"""

from billing.scrubber.check import scrub
from billing.scrubber.facts import CodeBook, CodeEntry, CodeList, Facts, OwnRule, Permit, Twin

__all__ = ["CodeBook", "CodeEntry", "CodeList", "Facts", "OwnRule", "Permit", "Twin", "scrub"]
