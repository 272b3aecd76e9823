"""``manage.py rotate_keys``: everything that is encrypted, under the newest key."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.accounts.factors.rotation import rotate_seeds
from emr.audit.actor import acting, service_user
from emr.audit.security import record_security_event
from emr.encryption.holdings import Holding, Turn, all_holdings
from emr.keys import Unreadable

_TELL_EVERY = 500


class Command(BaseCommand):
    help = (
        "Write everything that is encrypted anew under the first key of ENCRYPTION_KEYS. It may be stopped at any "
        "moment and started again; what is under the newest key already is left alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate each holding, then say whether an older key may go."""
        with acting(service_user("keys")):
            quiet = options["verbosity"] == 0
            turns = sum((self._rotate(holding, quiet=quiet) for holding in all_holdings()), Counter[Turn]())
            turns += self._rotate_seeds(quiet=quiet)
            told = (
                ", ".join(f"{turns[turn]} {turn.value}" for turn in Turn if turns[turn]) or "nothing is encrypted yet"
            )
            record_security_event("key_rotated", detail=told)
        self.stdout.write(f"Done: {told}.")
        if turns[Turn.UNREADABLE]:
            raise CommandError(
                f"{turns[Turn.UNREADABLE]} can't be read with any key of ENCRYPTION_KEYS. Put the key that is missing "
                "back into it, after the others, and run this again. Remove no key."
            )
        self.stdout.write("Keys after the first may be removed from ENCRYPTION_KEYS.")

    def _rotate(self, holding: Holding, *, quiet: bool) -> Counter[Turn]:
        total = holding.count()
        turns: Counter[Turn] = Counter()
        for number, turn in enumerate(holding.rotate(), start=1):
            turns[turn] += 1
            if not quiet and (number % _TELL_EVERY == 0 or number == total):
                self.stderr.write(f"{holding.name}: {number} of {max(number, total)}")
        return turns

    def _rotate_seeds(self, *, quiet: bool) -> Counter[Turn]:
        def progress(done: int, total: int) -> None:
            if not quiet:
                self.stderr.write(f"Seeds of second factors: {done} of {total}")

        try:
            return Counter({Turn.REWRITTEN: rotate_seeds(progress)})
        except Unreadable:
            return Counter({Turn.UNREADABLE: 1})
