"""The first account of a clinic is made by a command, when nobody is there to act."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from emr.accounts.models import User
from emr.audit.models import LogEntry


@pytest.mark.usefixtures("committed_db")
def test_createsuperuser_makes_an_account_that_is_its_own_actor() -> None:
    call_command("createsuperuser", "--noinput", "--email", "Anna@clinic.example")
    user = User.objects.get(is_superuser=True)
    assert user.email == "anna@clinic.example"
    assert LogEntry.objects.get(object_pk=user.pk).actor == user
