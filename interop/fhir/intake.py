"""One bundle's way into the record."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, models, transaction

from clinic.models import Coverage, Patient
from emr.accounts.models import User
from emr.audit.bulk import bulk_create_recorded
from interop.fhir.bundle import BadEntry, Entry, content_hash, entries, plain
from interop.fhir.elements import Refused, Resource, reference
from interop.fhir.fitting import fit
from interop.fhir.links import Key, Links
from interop.fhir.mapped import Mapped, Mapper
from interop.fhir.mappers import MAPPERS
from interop.fhir.mappers.coverages import contained_coverages, coverage_from_benefit
from interop.fhir.namesakes import namesakes
from interop.fhir.refusals import rule
from interop.fhir.report import Finding, ImportReport, Outcome
from interop.fhir.revise import revise
from interop.fhir.settle import ActivePlaces
from interop.models import SourceRecord

BENEFIT = "ExplanationOfBenefit"

#: What the readers of interop.fhir.elements don't name: a resource of a shape that nobody thought of is refused too.
_MISBUILT = (AttributeError, TypeError, LookupError, ValueError, ArithmeticError)


class Intake:
    """One bundle's import: what was seen, and what is still to be written. Runs inside a transaction."""

    def __init__(self, by: User, file: str, source: str, report: ImportReport) -> None:
        self.by = by
        self.file = file
        self.report = report
        self.links = Links(source)
        self.hashes: dict[Key, str] = {}
        self.known: dict[Key, SourceRecord] = {}
        self.origins: list[SourceRecord] = []
        self.places = ActivePlaces()

    def run(self, bundle: dict[str, Any]) -> None:
        """Sort the entries by type, map and write type by type, then keep what was sent."""
        by_type = self._sorted(bundle)
        self._recall(by_type)
        for resource_type, mapper in MAPPERS.items():
            self._import_type(by_type.pop(resource_type, []), mapper)
        self._import_benefits(by_type.pop(BENEFIT, []))
        for waiting in by_type.values():
            for entry in waiting:
                if not self._is_unchanged(entry):
                    self._keep(entry)
        SourceRecord.objects.bulk_create(self.origins, batch_size=500)

    def _sorted(self, bundle: dict[str, Any]) -> dict[str, list[Entry]]:
        by_type: dict[str, list[Entry]] = defaultdict(list)
        for item in entries(bundle):
            if isinstance(item, BadEntry):
                self.report.counts[(item.name.partition("/")[0] or "(no resource)", Outcome.REFUSED)] += 1
                self.report.refused.append(Finding(self.file, item.index, item.name, item.problem))
                continue
            key, digest = (item.type, item.id), content_hash(item.resource)
            if key in self.hashes:
                if self.hashes[key] != digest:
                    self._refuse(item, "stands in the bundle twice with different content; the first was taken")
                continue
            self.hashes[key] = digest
            if not self.links.register(item):
                self._remark(item, "its fullUrl is another entry's too; references to it mean that one")
            by_type[item.type].append(item)
        return by_type

    def _recall(self, by_type: dict[str, list[Entry]]) -> None:
        """What earlier imports of this source made: one query for each type of resource."""
        for resource_type, waiting in by_type.items():
            found = SourceRecord.objects.filter(
                source=self.links.source, resource_type=resource_type, source_id__in=[entry.id for entry in waiting]
            ).order_by("version")
            for record in found.defer("content"):
                key = (resource_type, record.source_id)
                self.known[key] = record
            self.links.learn(
                resource_type, {key[1]: row.object_id for key, row in self.known.items() if key[0] == resource_type}
            )

    def _import_type(self, waiting: list[Entry], mapper: Mapper) -> None:
        fresh: list[tuple[Entry, Mapped]] = []
        for entry in waiting:
            if self._is_unchanged(entry):
                continue
            resource = Resource(entry)
            self.links.lost.clear()
            try:
                mapped = mapper(resource, self.links, self.by)
                if mapped is not None:
                    fit(mapped, resource.remark)
            except Refused as error:
                self._refuse(entry, str(error))
                continue
            except _MISBUILT as error:
                self._refuse(entry, f"is not built as FHIR R4 says ({type(error).__name__})")
                continue
            resource.remarks += self.links.lost
            self._take_remarks(resource)
            known = self.known.get((entry.type, entry.id))
            if mapped is None:
                self._keep(entry)
            elif known is not None and known.object_id is not None:
                self._revise(entry, mapped, known)
            else:
                self.links.rows[(entry.type, entry.id)] = mapped.row.pk
                fresh.append((entry, mapped))
        self._write(fresh)

    def _write(self, fresh: list[tuple[Entry, Mapped]]) -> None:
        """Write new rows in bulk; if the database refuses one, write them one by one to learn which."""
        made: dict[int, tuple[Entry, Mapped]] = {}
        for entry, mapped in fresh:
            if mapped.row._state.adding:
                made.setdefault(id(mapped.row), (entry, mapped))
        for entry, mapped in made.values():
            self.places.settle(mapped, partial(self._remark, entry))
        refused: dict[int, str] = {}
        try:
            with transaction.atomic():
                _insert([mapped for _, mapped in made.values()])
        except (IntegrityError, DataError):
            told = {row: _write_one(mapped) for row, (_, mapped) in made.items()}
            refused = {row: problem for row, problem in told.items() if problem is not None}
        for entry, mapped in fresh:
            if id(mapped.row) in refused:
                self.links.rows[(entry.type, entry.id)] = None
                self._refuse(entry, refused[id(mapped.row)])
            else:
                self._record(entry, mapped, Outcome.CREATED)
        self._tell_namesakes([pair for pair in fresh if id(pair[1].row) not in refused])

    def _tell_namesakes(self, written: list[tuple[Entry, Mapped]]) -> None:
        patients = {mapped.row: entry for entry, mapped in written if isinstance(mapped.row, Patient)}
        for patient, mrn in namesakes(list(patients)):
            said = f"has the names and the date of birth of MRN {mrn}, who is on file: see whether they are one person"
            entry = patients[patient]
            self.report.to_look_at.append(Finding(self.file, entry.index, entry.name, said))

    def _import_benefits(self, waiting: list[Entry]) -> None:
        """Coverage from the latest explanation of benefit of each patient who has none; the others are kept."""
        latest: dict[Key | None, Entry] = {}
        for entry in waiting:
            patient = self.links.key(_patient_of(entry))
            if patient not in latest or _created(entry) > _created(latest[patient]):
                latest[patient] = entry
        chosen = {entry.id for entry in latest.values()}
        for entry in waiting:
            if self._is_unchanged(entry):
                continue
            if entry.id in chosen:
                self._import_benefit(entry)
            else:
                self._keep(entry)

    def _import_benefit(self, entry: Entry) -> None:
        patient_id = self.links.row(_patient_of(entry), "Patient")
        if patient_id is None:
            self._refuse(entry, "its patient was not imported")
            return
        if Coverage.objects.filter(patient_id=patient_id).exists():
            self._keep(entry)
            return
        resource = Resource(entry)
        try:
            found = [
                coverage_from_benefit(resource, self.by, patient_id, order, words)
                for order, words in contained_coverages(resource)
            ]
            made = [mapped for mapped in found if mapped is not None]
            for mapped in made:
                fit(mapped, resource.remark)
            with transaction.atomic():
                _insert(made)
        except Refused as error:
            self._refuse(entry, str(error))
        except (IntegrityError, DataError) as error:
            self._refuse(entry, rule(error))
        else:
            for message in resource.remarks:
                self._remark(entry, message)
            self._keep(entry, made[0].row if made else None, patient_id)

    def _revise(self, entry: Entry, mapped: Mapped, origin: SourceRecord) -> None:
        """A resource whose content changed since it was imported."""
        try:
            with transaction.atomic():
                changed = revise(origin, mapped)
        except Refused as error:
            self._refuse(entry, str(error))
        except (IntegrityError, DataError) as error:
            self._refuse(entry, rule(error))
        else:
            self._record(entry, mapped, Outcome.UPDATED if changed else Outcome.UNCHANGED, origin.object_id)

    def _is_unchanged(self, entry: Entry) -> bool:
        known = self.known.get((entry.type, entry.id))
        if known is None or known.content_hash != self.hashes[(entry.type, entry.id)]:
            return False
        self.report.counts[(entry.type, Outcome.UNCHANGED)] += 1
        if entry.type == "Patient" and known.object_id is not None:
            self.report.patients.append(self.links.rows[(entry.type, entry.id)] or known.object_id)
        return True

    def _record(self, entry: Entry, mapped: Mapped, outcome: Outcome, object_id: UUID | None = None) -> None:
        self.report.counts[(entry.type, outcome)] += 1
        row = object_id or mapped.row.pk
        patient_id = row if isinstance(mapped.row, Patient) else mapped.patient_id
        if isinstance(mapped.row, Patient):
            self.report.patients.append(row)
        self._origin(entry, mapped.row._meta.label_lower, row, patient_id)

    def _keep(self, entry: Entry, row: models.Model | None = None, patient_id: UUID | None = None) -> None:
        """Keep a resource as it was sent."""
        self.report.counts[(entry.type, Outcome.KEPT)] += 1
        self._origin(entry, row._meta.label_lower if row else "", row.pk if row else None, patient_id)

    def _origin(self, entry: Entry, model: str, object_id: UUID | None, patient_id: UUID | None) -> None:
        known = self.known.get((entry.type, entry.id))
        self.origins.append(
            SourceRecord(
                source=self.links.source,
                resource_type=entry.type,
                source_id=entry.id,
                version=known.version + 1 if known else 1,
                content=plain(entry.resource),
                content_hash=self.hashes[(entry.type, entry.id)],
                model=model,
                object_id=object_id,
                patient_id=patient_id,
                imported_by=self.by,
            )
        )

    def _refuse(self, entry: Entry, message: str) -> None:
        self.report.counts[(entry.type, Outcome.REFUSED)] += 1
        self.report.refused.append(Finding(self.file, entry.index, entry.name, message))

    def _take_remarks(self, resource: Resource) -> None:
        for message in resource.remarks:
            self._remark(resource.entry, message)
        self.report.not_mapped.update(resource.unread())

    def _remark(self, entry: Entry, message: str) -> None:
        self.report.changed_on_the_way.append(Finding(self.file, entry.index, entry.name, message))


def _write_one(mapped: Mapped) -> str | None:
    """Write one row with its parts; gives why not when the database refuses it."""
    try:
        with transaction.atomic():
            _insert([mapped])
    except (IntegrityError, DataError) as error:
        return rule(error)
    return None


def _insert(mapped: list[Mapped]) -> None:
    """Write rows, then their parts, each kind at once."""
    groups: dict[type, list[Any]] = defaultdict(list)
    for item in mapped:
        groups[type(item.row)].append(item.row)
    for item in mapped:
        for part in item.parts:
            groups[type(part)].append(part)
    for rows in groups.values():
        bulk_create_recorded(rows)


def _created(entry: Entry) -> str:
    return str(entry.resource.get("created", ""))


def _patient_of(entry: Entry) -> str:
    """Whom a benefit is about; an empty text where it doesn't say it as FHIR does."""
    try:
        return reference(entry.resource.get("patient"))
    except Refused:
        return ""
