"""What the audit pages, a floor below, call patients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from clinic.models import Patient
from clinic.queries.patients import find_patients
from clinic.rules import visible_to
from emr.accounts.models import User
from emr.audit.directory import Label
from emr.shared.identifiers import format_mrn

_LIMIT = 20


class PatientDirectory:
    """Names and finds patients for readers of the log."""

    def labels(self, user: User, ids: Iterable[UUID]) -> Mapping[UUID, Label]:
        """MRNs for all, names for those of whom the reader may know: two queries."""
        wanted = list(ids)
        names = {row.pk: row.sort_name for row in visible_to(user).filter(pk__in=wanted)}
        numbers = Patient.objects.filter(pk__in=wanted).values_list("pk", "mrn")
        return {key: Label(key, format_mrn(mrn), names.get(key, "")) for key, mrn in numbers}

    def find(self, user: User, text: str) -> Sequence[Label]:
        """By the patient search among those of whom the reader may know; anybody by the whole MRN."""
        digits = re.sub(r"\s", "", text)
        exact = list(Patient.objects.filter(mrn=digits).values_list("pk", flat=True)) if digits.isdigit() else []
        found = [hit.id for hit in find_patients(text, visible_to(user)).all]
        keys = list(dict.fromkeys([*exact, *found]))[:_LIMIT]
        named = self.labels(user, keys)
        return [named[key] for key in keys]

    def linked(self, patient_id: UUID) -> Sequence[UUID]:
        """The charts that are merged into this one now."""
        return list(Patient.objects.filter(replaced_by=patient_id).order_by("pk").values_list("pk", flat=True))
