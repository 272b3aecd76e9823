"""The sample clinic is never mixed with a real one."""

from __future__ import annotations

from django.conf import settings

from clinic.models import Patient
from emr.accounts.models import Clinic, User
from emr.shared.errors import DomainError

#: The e-mail domain of everybody who works in the sample clinic; ``.example`` can belong to nobody (RFC 2606).
DOMAIN = "@demo.example"


def is_filled() -> bool:
    """Whether somebody's clinic, sample or real, lives in this database already."""
    return Clinic.objects.exists() or Patient.objects.exists() or User.objects.filter(is_service=False).exists()


def check_may_load() -> None:
    """Raise DomainError unless this is a demo and the database holds no clinic."""
    if not settings.DEMO:
        raise DomainError("The sample clinic is for the demo only. Set CHARTROOM_DEMO=1 where no real data will be.")
    if Patient.objects.exclude(created_by__email__endswith=DOMAIN).exists():
        raise DomainError("There are patients here who are not from the demo. The sample clinic is not loaded.")
    if User.objects.filter(is_service=False).exclude(email__endswith=DOMAIN).exists():
        raise DomainError("There are accounts here that are not from the demo. The sample clinic is not loaded.")
    if is_filled():
        raise DomainError("The sample clinic is here already. Remove the database to begin again.")
