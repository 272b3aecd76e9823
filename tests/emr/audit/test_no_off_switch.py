"""Nothing turns the log off: not django-auditlog's own switch, not its command that empties the log."""

from __future__ import annotations

import pytest
from auditlog.context import disable_auditlog
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.audit.models import LogEntry
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone

pytestmark = [pytest.mark.feature("K01"), pytest.mark.feature("X1"), pytest.mark.usefixtures("committed_db")]


def test_a_change_with_the_log_switched_off_does_not_commit() -> None:
    row = PractitionerFactory(family_name="Before")
    with pytest.raises(DatabaseError, match="unaudited change"), disable_auditlog(), transaction.atomic():
        row.family_name = "After"
        row.save(update_fields=["family_name"])
    assert Practitioner.objects.get(pk=row.pk).family_name == "Before"


def test_an_entry_and_its_row_are_kept_or_lost_together() -> None:
    row = PractitionerFactory(family_name="Before")
    entries = LogEntry.objects.count()
    with transaction.atomic(), acting(someone()):
        row.family_name = "After"
        row.save(update_fields=["family_name"])
        transaction.set_rollback(True)
    assert Practitioner.objects.get(pk=row.pk).family_name == "Before"
    assert LogEntry.objects.count() == entries


def test_the_command_that_empties_the_log_is_gone() -> None:
    PractitionerFactory()
    entries = LogEntry.objects.count()
    with pytest.raises(CommandError, match="append-only"):
        call_command("auditlogflush")
    assert LogEntry.objects.count() == entries > 0
