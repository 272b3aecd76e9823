"""What is charged where a vaccine was given: the clinic's own codes, because those of most products are licensed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded

_SERVICE = r"^[A-Z0-9]{5}$"


@recorded(patient=None, deletable=True)
class VaccineService(Recorded):
    """The services (HCPCS or CPT) of one vaccine (CVX).

    ``product_code`` is the vaccine itself, ``administration_code`` giving it as the first of a visit, ``further_code``
    giving it after another one; without that, each is charged as the first.
    """

    cvx = models.CharField("vaccine (CVX)", max_length=3, unique=True)
    product_code = models.CharField("product", max_length=5, blank=True)
    administration_code = models.CharField("administration", max_length=5, blank=True)
    further_code = models.CharField("administration after another", max_length=5, blank=True)

    class Meta:
        ordering = ["cvx"]
        constraints = [
            models.CheckConstraint(name="billing_vaccine_cvx", condition=Q(cvx__regex=r"^\d{2,3}$")),
            models.CheckConstraint(
                name="billing_vaccine_codes",
                condition=(Q(product_code="") | Q(product_code__regex=_SERVICE))
                & (Q(administration_code="") | Q(administration_code__regex=_SERVICE))
                & (Q(further_code="") | Q(further_code__regex=_SERVICE)),
            ),
            models.CheckConstraint(
                name="billing_vaccine_some", condition=~Q(product_code="") | ~Q(administration_code="")
            ),
            models.CheckConstraint(
                name="billing_vaccine_further", condition=Q(further_code="") | ~Q(administration_code="")
            ),
        ]

    def __str__(self) -> str:
        return f"Services of vaccine {self.cvx}"
