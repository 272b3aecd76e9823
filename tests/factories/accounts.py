"""People."""

from __future__ import annotations

from itertools import count

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from emr.accounts.models import Clinic, Practitioner, User
from emr.audit.actor import acting
from tests.factories.base import RecordFactory, numbered, someone

PASSWORD = "correct horse battery staple"
_numbers = count(10_001)

#: NPIs with a right check digit that belong to nobody here.
NPIS = ["1234567893", "1245319599", "1003000126", "1013000135", "1023000142", "1033000159"]


def make_person(*roles: str, email: str | None = None, password: str = PASSWORD, **fields: object) -> User:
    """A member of staff with the given roles; a clinician or nurse is a practitioner too."""
    number = next(_numbers)
    with transaction.atomic(), acting(someone()):
        user = User.objects.create_user(
            email or f"person{number}@example.org",
            password,
            **{"first_name": "Pat", "last_name": f"Person{number}", **fields},
        )
        if roles:
            user.groups.set(Group.objects.filter(name__in=roles))
        if {"clinician", "nurse"} & set(roles):
            PractitionerFactory(user=user, family_name=user.last_name, given_name=user.first_name)
    return user


class PractitionerFactory(RecordFactory[Practitioner]):
    class Meta:
        model = Practitioner

    family_name = numbered("Okafor")
    given_name = "Amara"
    credentials = "MD"
    npi = ""
    taxonomy_code = "207Q00000X"


class ClinicFactory(RecordFactory[Clinic]):
    class Meta:
        model = Clinic
        django_get_or_create = ("singleton",)

    singleton = True
    name = "Riverside Clinic"
    npi = "1234567893"
    tax_id = "123456789"
    line1 = "1 River Road"
    city = "Springfield"
    state = "IL"
    postal_code = "62701-1234"
    phone = "2175550100"
    # That of tests/services.py: a test has its clinic's day without a word, also when it is past midnight elsewhere.
    time_zone = settings.TIME_ZONE
    taxonomy_code = "261QP2300X"
