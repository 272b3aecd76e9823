"""What a claim still lacks before it can be printed, each fault with its box and the page that mends it."""

from billing.cms1500.edits.check import missing
from billing.cms1500.edits.finding import Edit, Where

__all__ = ["Edit", "Where", "missing"]
