"""The field in which a service is chosen: by code or words, searched as one types, resolved when the form is sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse

from billing.queries.services import find_services, service_of
from clinic.models import Payer
from emr.codes.coding import Coding
from emr.codes.fields import CodeEntry, CodeField, CodeSearchWidget
from emr.codes.queries.concepts import Hit
from emr.codes.systems import HCPCS
from emr.shared.dates import clinic_today


class ServiceWidget(CodeSearchWidget):
    """The lookup of services: fees of this clinic, then HCPCS and CPT."""

    def __init__(self) -> None:
        super().__init__(HCPCS)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Search at our own address."""
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"search_url": reverse("billing:services_search"), "title": "Services"}
        return context


class ServiceField(CodeField):
    """Cleans to the Coding of a service. ``on`` and ``payer`` say whose fees count on which day."""

    def __init__(self, **kwargs: Any) -> None:
        self.payer: Payer | None = None
        super().__init__(system=HCPCS, widget=ServiceWidget(), **kwargs)
        self.error_messages["required"] = "Enter a service, by its code or by words."

    def clean(self, value: Any) -> Coding | None:
        """The service that was chosen or that the text names; raises ValidationError, and offers what may be meant."""
        entry = value if isinstance(value, CodeEntry) else CodeEntry(text=str(value or ""))
        if not entry.text and not entry.choice:
            raise ValidationError(self.error_messages["required"], code="required")
        day: date = self.on or clinic_today()
        first = entry.text.split(maxsplit=1)[0] if entry.text else ""
        for code in (entry.choice, first):
            coding = service_of(code, day=day, payer=self.payer) if code else None
            if coding is not None:
                return coding
        found = find_services(entry.text, day=day, payer=self.payer, limit=8)
        if isinstance(self.widget, CodeSearchWidget):
            self.widget.options = [Hit(s.coding.system, s.coding.code, s.coding.display, "words", False) for s in found]
        problem = "ambiguous" if found else "unknown"
        raise ValidationError(self.error_messages[problem], code=problem, params={"text": entry.text})
