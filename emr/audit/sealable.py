"""What every log has in common: rows that only grow, and the transaction that wrote each."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Func


class TransactionIdField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's ``xid8``: the id of the transaction that wrote the row, the same inside savepoints."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class Sealable(models.Model):
    """A row of a log that is sealed.

    ``txid`` tells the sealing where it may cut: below the oldest transaction that still runs, nothing more can come.
    """

    txid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        abstract = True


#: A row may name no transaction but its own: else it could hide from the sealing, or stand in for a later change.
OWN_TRANSACTION = pgtrigger.Trigger(
    name="own_transaction",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.txid IS DISTINCT FROM pg_current_xact_id()"),
    func="""
        RAISE EXCEPTION 'an entry of a log belongs to the transaction that writes it'
            USING ERRCODE = 'integrity_constraint_violation';
    """,
)
