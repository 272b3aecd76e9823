"""Who may open a restricted chart."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from clinic.models import Patient, PatientUserGrant
from emr.accounts.models import User
from emr.audit.action import action

_CODENAME = "view_restricted_chart"


@action
def grant_chart(*, by: User, patient: Patient, user: User) -> PatientUserGrant:
    """Let one person open one restricted chart. Granted twice is granted once."""
    permission = Permission.objects.get(codename=_CODENAME, content_type__app_label="clinic")
    grant: PatientUserGrant = PatientUserGrant.objects.get_or_create(
        user=user, permission=permission, content_object=patient
    )[0]
    return grant
