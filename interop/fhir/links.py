"""Resolving references: to rows made in this import, and to those of earlier ones from the same source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db.models import Model

from clinic.models import Encounter, Patient
from interop.fhir.bundle import Entry
from interop.fhir.elements import Refused, shown
from interop.models import SourceRecord

Key = tuple[str, str]
M = TypeVar("M", bound=Model)


@dataclass
class Links:
    """What references of one bundle mean. ``source`` is the other system's name.

    ``lost`` tells of references that led nowhere, since somebody last took the list.
    """

    source: str
    by_url: dict[str, Key] = field(default_factory=dict)
    rows: dict[Key, UUID | None] = field(default_factory=dict)
    patient_of_encounter: dict[UUID, UUID] = field(default_factory=dict)
    report_of_result: dict[Key, tuple[Key, UUID]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    shared: dict[tuple[type[Model], str], Model] = field(default_factory=dict)

    def register(self, entry: Entry) -> bool:
        """Learn how others refer to an entry; False when its URL is another entry's already."""
        key = (entry.type, entry.id)
        self.by_url.setdefault(entry.name, key)
        return not entry.full_url or self.by_url.setdefault(entry.full_url, key) == key

    def key(self, reference: str) -> Key | None:
        """Type and id of what a reference points at, as far as the reference tells."""
        if reference in self.by_url:
            return self.by_url[reference]
        parts = reference.split("/_history/", maxsplit=1)[0].rsplit("/", 2)
        return (parts[-2], parts[-1]) if len(parts) >= 2 and parts[-2][:1].isupper() and parts[-1] else None

    def row(self, reference: str, resource_type: str) -> UUID | None:
        """The row that a reference to a resource of that type points at, or None when there is none.

        Looks at earlier imports once each. A reference to a resource of another type points at nothing.
        """
        key = self.key(reference)
        if key is None or key[0] != resource_type:
            return None
        if key not in self.rows:
            known = (
                SourceRecord.objects.filter(source=self.source, resource_type=key[0], source_id=key[1])
                .exclude(object_id=None)
                .order_by("-version")
                .first()
            )
            self.learn(resource_type, {key[1]: known.object_id if known else None})
        return self.rows[key]

    def learn(self, resource_type: str, known: Mapping[str, UUID | None]) -> None:
        """Take in what earlier imports made of resources, by their id there. One query for patients.

        A chart that was merged into another since is that other one: nothing is written to it any more.
        """
        heirs: dict[UUID, UUID | None] = {}
        if resource_type == "Patient":
            merged = Patient.objects.filter(pk__in=[row for row in known.values() if row], replaced_by__isnull=False)
            heirs = dict(merged.order_by().values_list("pk", "replaced_by"))
        for source_id, row in known.items():
            self.rows[(resource_type, source_id)] = heirs.get(row, row) if row else None

    def patient(self, reference: str) -> UUID:
        """The patient of a resource. Raises Refused without one: a fact of nobody's is not kept on anybody's chart."""
        found = self.row(reference, "Patient")
        if found is None:
            raise Refused(f"its patient “{shown(reference) or 'none'}” was not imported")
        return found

    def encounter(self, reference: str, patient_id: UUID) -> UUID | None:
        """The visit of a resource, or None without one. Raises Refused for the visit of another patient."""
        found = self.row(reference, "Encounter")
        if found is None:
            if reference:
                self.lost.append("its visit is not on file, so it stands without one")
            return None
        if found not in self.patient_of_encounter:
            self.patient_of_encounter[found] = Encounter.objects.values_list("patient_id", flat=True).get(pk=found)
        if self.patient_of_encounter[found] != patient_id:
            raise Refused("its visit belongs to another patient")
        return found

    def one_row(self, row: M, name: str) -> M:
        """The row of this name that an entry before it is about to become, else this one: one insurer, one row."""
        found = self.shared.setdefault((type(row), name), row)
        return found if isinstance(found, type(row)) else row

    def report(self, result: Key, patient_id: UUID) -> UUID | None:
        """The report that names a result, or None without one. Raises Refused for a report on another patient."""
        if result not in self.report_of_result:
            return None
        report, owner = self.report_of_result[result]
        if owner != patient_id:
            raise Refused(f"the report {report[1]}, which names it, is about another patient")
        return self.rows.get(report)
