"""Who works here: log-in accounts, practitioners, and the clinic itself."""

from __future__ import annotations

import base64
import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower

from emr.accounts.sign_in_models import Invitation, LoginTries
from emr.audit.registry import recorded
from emr.shared.identifiers import validate_npi
from emr.shared.records import Identified, uuid7

__all__ = ["Address", "Clinic", "Invitation", "LoginTries", "Practitioner", "User", "UserManager", "validate_zone"]

US_STATE = RegexValidator(r"^[A-Z]{2}$", "Give the state as its two letters, for example NY.")
ZIP_CODE = RegexValidator(r"^\d{5}(-\d{4})?$", "Give the ZIP code as five digits, or as nine with a hyphen.")
EIN_OR_SSN = RegexValidator(r"^\d{9}$", "Give the tax id as nine digits.")


class UserManager(BaseUserManager["User"]):
    """Accounts are found by e-mail, upper or lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account. Raises ValueError without an e-mail."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        # A command has no transaction of its own; the account and its entry in the log are one change.
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account that may use Django's admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


@recorded(patient=None, exclude=("last_login", "password"), m2m=("groups",))
class User(AbstractUser):
    """One person's (or one service's) account. Deactivated, never deleted, so that authorship stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail", max_length=254)
    is_service = models.BooleanField(default=False)
    theme = models.CharField(
        max_length=6, choices=[("system", "As the device"), ("light", "Light"), ("dark", "Dark")], default="system"
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email"),
            models.CheckConstraint(name="accounts_user_service", condition=Q(is_service=False) | Q(is_active=False)),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def role_names(self) -> frozenset[str]:
        """The names of the user's roles. One query for each user object."""
        cached: frozenset[str] | None = getattr(self, "_role_names", None)
        if cached is None:
            cached = frozenset(self.groups.values_list("name", flat=True))
            self._role_names = cached
        return cached

    def natural_key(self) -> tuple[str]:
        return (self.email,)

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password. An old hash is then written anew, which is on record as just that."""
        from emr.audit.security import SecurityKind, record_security_event

        before = self.password
        with transaction.atomic():
            is_right = super().check_password(raw_password)
            if self.password != before:
                record_security_event(SecurityKind.PASSWORD_REHASHED, target=self)
        return is_right


class Address(models.Model):
    """A postal address in the United States, as claims print it."""

    line1 = models.CharField("street", max_length=55)
    line2 = models.CharField("apartment, suite", max_length=55, blank=True)
    city = models.CharField(max_length=30)
    state = models.CharField(max_length=2, validators=[US_STATE])
    postal_code = models.CharField("ZIP code", max_length=10, validators=[ZIP_CODE])

    class Meta:
        abstract = True


@recorded(patient=None)
class Practitioner(Identified):
    """Someone who cares for patients (FHIR Practitioner with its role): what claims and notes say of them."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="practitioner")
    family_name = models.CharField(max_length=60)
    given_name = models.CharField(max_length=60)
    credentials = models.CharField(max_length=20, blank=True, help_text="As signed: MD, NP, RN.")
    npi = models.CharField("NPI", max_length=10, blank=True, validators=[validate_npi])
    taxonomy_code = models.CharField("taxonomy", max_length=10, blank=True, help_text="NUCC provider taxonomy code.")
    phone = models.CharField(max_length=20, blank=True)
    active = models.BooleanField(default=True)
    bookable = models.BooleanField(default=True, help_text="Has a column on the schedule.")
    supervisor = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="trainees",
        help_text="Whoever is in training names who cosigns their notes.",
    )
    dea_number = models.CharField(
        "DEA number", max_length=9, blank=True, help_text="On prescriptions of controlled drugs."
    )
    state_license = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering = ["family_name", "given_name"]
        constraints = [
            models.UniqueConstraint(fields=["npi"], name="accounts_practitioner_npi", condition=~Q(npi="")),
            models.CheckConstraint(
                name="accounts_practitioner_npi_digits", condition=Q(npi="") | Q(npi__regex=r"^[12]\d{9}$")
            ),
            models.CheckConstraint(
                name="accounts_practitioner_dea", condition=Q(dea_number="") | Q(dea_number__regex=r"^[A-Z]{2}\d{7}$")
            ),
            models.CheckConstraint(
                name="accounts_practitioner_supervised", condition=Q(supervisor=None) | ~Q(supervisor=F("id"))
            ),
        ]

    def __str__(self) -> str:
        name = f"{self.given_name} {self.family_name}"
        return f"{name}, {self.credentials}" if self.credentials else name

    @property
    def short_name(self) -> str:
        """The name over a schedule column: ``Dr A. Okafor``, ``M. Silva NP``."""
        name = f"{self.given_name[:1]}. {self.family_name}"
        return f"Dr {name}" if self.credentials in {"MD", "DO"} else f"{name} {self.credentials}".strip()


def validate_zone(name: str) -> None:
    """A field validator: the name is a time zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise ValidationError("This is not a time zone of the IANA list, for example America/New_York.") from error


@recorded(patient=None, exclude=("logo",))
class Clinic(Identified, Address):
    """The clinic itself: the billing provider on every claim, the letterhead on every print. There is one row."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    name = models.CharField(max_length=60)
    npi = models.CharField("NPI", max_length=10, validators=[validate_npi])
    tax_id = models.CharField("tax id", max_length=9, validators=[EIN_OR_SSN])
    tax_id_type = models.CharField(max_length=3, choices=[("EIN", "EIN"), ("SSN", "SSN")], default="EIN")
    taxonomy_code = models.CharField("taxonomy", max_length=10, blank=True)
    phone = models.CharField(max_length=20)
    time_zone = models.CharField(max_length=40, default="America/New_York", validators=[validate_zone])
    #: The picture itself, so that a backup of the database holds the letterhead; its hash is what the log records.
    logo = models.BinaryField(null=True, blank=True, editable=False)
    logo_type = models.CharField(max_length=10, blank=True, editable=False)
    logo_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    #: Roles that may work without a second factor. The exceptions are kept, so that a new role needs one.
    factor_exempt_roles = ArrayField(models.CharField(max_length=30), default=list, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="accounts_clinic_single", condition=Q(singleton=True))]

    def __str__(self) -> str:
        return self.name

    @property
    def logo_url(self) -> str:
        """The logo as a ``data:`` URL, for pages and prints alike; empty without one."""
        if not self.logo:
            return ""
        return f"data:{self.logo_type};base64,{base64.b64encode(bytes(self.logo)).decode()}"
