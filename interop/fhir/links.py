"""Resolving references: to rows made in this import, and to those of earlier ones from the same source."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from clinic.models import Encounter
from interop.fhir.bundle import Entry
from interop.fhir.elements import Refused
from interop.models import SourceRecord


@dataclass
class Links:
    """What references of one bundle mean. ``source`` is the other system's name."""

    source: str
    by_url: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: dict[tuple[str, str], UUID | None] = field(default_factory=dict)
    patient_of_encounter: dict[UUID, UUID] = field(default_factory=dict)
    report_of_result: dict[tuple[str, str], UUID] = field(default_factory=dict)

    def register(self, entry: Entry) -> None:
        """Learn how others refer to an entry."""
        self.by_url[entry.full_url] = self.by_url[entry.name] = (entry.type, entry.id)

    def key(self, reference: str) -> tuple[str, str] | None:
        """Type and id of what a reference points at, as far as the reference tells."""
        if reference in self.by_url:
            return self.by_url[reference]
        parts = reference.split("/_history/", maxsplit=1)[0].rsplit("/", 2)
        return (parts[-2], parts[-1]) if len(parts) >= 2 and parts[-2][:1].isupper() else None

    def row(self, reference: str) -> UUID | None:
        """The row that a reference points at, or None when there is none. Looks at earlier imports once each."""
        key = self.key(reference)
        if key is None:
            return None
        if key not in self.rows:
            known = (
                SourceRecord.objects.filter(source=self.source, resource_type=key[0], source_id=key[1])
                .exclude(object_id=None)
                .order_by("-version")
                .first()
            )
            self.rows[key] = known.object_id if known else None
        return self.rows[key]

    def patient(self, reference: str) -> UUID:
        """The patient of a resource. Raises Refused without one: a fact of nobody's is not kept on anybody's chart."""
        key = self.key(reference)
        found = self.row(reference) if key is not None and key[0] == "Patient" else None
        if found is None:
            raise Refused(f"its patient “{reference or 'none'}” was not imported")
        return found

    def encounter(self, reference: str, patient_id: UUID) -> UUID | None:
        """The visit of a resource, or None without one. Raises Refused for the visit of another patient."""
        found = self.row(reference) if reference else None
        if found is None:
            return None
        if found not in self.patient_of_encounter:
            self.patient_of_encounter[found] = Encounter.objects.values_list("patient_id", flat=True).get(pk=found)
        if self.patient_of_encounter[found] != patient_id:
            raise Refused("its visit belongs to another patient")
        return found
