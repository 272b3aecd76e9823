"""Importing FHIR R4 bundles: each resource once, in the order in which they refer to each other.

A bundle is one transaction. A resource that can't be imported is refused with its reason and the rest goes on, unless
``all_or_nothing`` is asked. Every resource, mapped or not, is kept as it was sent (interop.SourceRecord).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from clinic.choices import ConditionCategory, ConditionClinicalStatus, MedicationStatus
from clinic.models import Condition, Coverage, MedicationStatement
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.shared.errors import DomainError
from interop.fhir.bundle import BundleError, Entry, content_hash, entries, plain, read_bundle
from interop.fhir.elements import Refused, Resource, reference
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped, Mapper
from interop.fhir.mappers.coverages import contained_coverages, coverage_from_benefit, map_coverage
from interop.fhir.mappers.encounters import map_encounter
from interop.fhir.mappers.lists import map_allergy, map_condition, map_immunization, map_medication, map_procedure
from interop.fhir.mappers.observations import map_observation, map_report
from interop.fhir.mappers.organizations import map_organization, map_practitioner
from interop.fhir.mappers.patients import map_patient
from interop.fhir.report import Finding, ImportReport, Outcome
from interop.fhir.revise import revise
from interop.models import SourceRecord

#: What each resource becomes, in the order in which they refer to each other.
MAPPERS: dict[str, Mapper] = {
    "Organization": map_organization,
    "Practitioner": map_practitioner,
    "Patient": map_patient,
    "Encounter": map_encounter,
    "Condition": map_condition,
    "AllergyIntolerance": map_allergy,
    "MedicationRequest": map_medication,
    "Immunization": map_immunization,
    "DiagnosticReport": map_report,
    "Observation": map_observation,
    "Procedure": map_procedure,
    "Coverage": map_coverage,
}

BENEFIT = "ExplanationOfBenefit"


class ImportRefused(DomainError):
    """The import was asked for as a whole and something in it can't be imported; ``report`` says what."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"Nothing was imported: {len(report.refused)} entries can't be. See the report.")
        self.report = report


def import_bundle(
    bundle: Path | dict[str, Any], *, by: User, source: str, all_or_nothing: bool = False
) -> ImportReport:
    """Import one bundle, given as a file or as parsed JSON.

    ``source`` names the other system, in which ids are unique. Importing the same bundle again changes nothing.
    Raises ImportRefused with ``all_or_nothing`` when anything was refused; then nothing of the bundle is kept.
    """
    name = bundle.name if isinstance(bundle, Path) else "bundle"
    report = ImportReport(files=1)
    try:
        content = read_bundle(bundle) if isinstance(bundle, Path) else bundle
    except BundleError as error:
        report.refused.append(Finding(name, None, "", str(error)))
        if all_or_nothing:
            raise ImportRefused(report) from error
        return report
    _import(by=by, name=name, content=content, source=source, report=report, all_or_nothing=all_or_nothing)
    return report


@action
def _import(
    *, by: User, name: str, content: dict[str, Any], source: str, report: ImportReport, all_or_nothing: bool
) -> None:
    _Import(by, name, source, report).run(content)
    if all_or_nothing and report.refused:
        raise ImportRefused(report)


class _Import:
    """One bundle's import: what was seen, and what is still to be written."""

    def __init__(self, by: User, file: str, source: str, report: ImportReport) -> None:
        self.by = by
        self.file = file
        self.report = report
        self.links = Links(source)
        self.hashes: dict[tuple[str, str], str] = {}
        self.known: dict[tuple[str, str], SourceRecord] = {}
        self.origins: list[SourceRecord] = []
        self.places: dict[tuple[type, UUID, str, str], bool] = {}

    def run(self, bundle: dict[str, Any]) -> None:
        """Sort the entries by type, map and write type by type, then keep what was sent."""
        by_type = self._sorted(bundle)
        self._recall(by_type)
        for resource_type, mapper in MAPPERS.items():
            self._import_type(by_type.pop(resource_type, []), mapper)
        self._import_benefits(by_type.get(BENEFIT, []))
        for waiting in by_type.values():
            for entry in waiting:
                if not self._is_unchanged(entry):
                    self._keep(entry)
        SourceRecord.objects.bulk_create(self.origins, batch_size=500)

    def _sorted(self, bundle: dict[str, Any]) -> dict[str, list[Entry]]:
        by_type: dict[str, list[Entry]] = defaultdict(list)
        for item in entries(bundle):
            if isinstance(item, tuple):
                index, problem = item
                self.report.refused.append(Finding(self.file, index, "", problem))
                continue
            key, digest = (item.type, item.id), content_hash(item.resource)
            if key in self.hashes:
                if self.hashes[key] != digest:
                    self._refuse(item, "stands in the bundle twice with different content; the first was taken")
                continue
            self.hashes[key] = digest
            self.links.register(item)
            by_type[item.type].append(item)
        return by_type

    def _recall(self, by_type: dict[str, list[Entry]]) -> None:
        """What earlier imports of this source made: one query for each type of resource."""
        for resource_type, waiting in by_type.items():
            found = SourceRecord.objects.filter(
                source=self.links.source, resource_type=resource_type, source_id__in=[entry.id for entry in waiting]
            ).order_by("version")
            for record in found.defer("content"):
                self.known[(resource_type, record.source_id)] = record
                self.links.rows[(resource_type, record.source_id)] = record.object_id

    def _import_type(self, waiting: list[Entry], mapper: Mapper) -> None:
        fresh: list[tuple[Entry, Mapped]] = []
        for entry in waiting:
            if self._is_unchanged(entry):
                continue
            resource = Resource(entry)
            try:
                mapped = mapper(resource, self.links, self.by)
            except Refused as error:
                self._refuse(entry, str(error))
                continue
            except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
                self._refuse(entry, f"is not built as FHIR R4 says ({type(error).__name__})")
                continue
            self._take_remarks(resource)
            if mapped is None:
                self._keep(entry)
            elif (entry.type, entry.id) in self.known and self.known[(entry.type, entry.id)].object_id:
                self._revise(entry, mapped)
            else:
                self.links.rows[(entry.type, entry.id)] = mapped.row.pk
                fresh.append((entry, mapped))
        self._write(fresh)

    def _write(self, fresh: list[tuple[Entry, Mapped]]) -> None:
        """Write new rows in bulk; if the database refuses one, write them one by one to learn which."""
        made = [(entry, mapped) for entry, mapped in fresh if mapped.row._state.adding]
        settled = [self._settle(entry, mapped) for entry, mapped in made]
        try:
            with transaction.atomic():
                _insert(settled)
        except IntegrityError:
            made = [pair for pair in made if self._write_one(*pair)]
        written = {id(mapped) for _, mapped in made}
        for entry, mapped in fresh:
            if id(mapped) in written or not mapped.row._state.adding:
                self._record(entry, mapped, Outcome.CREATED)

    def _write_one(self, entry: Entry, mapped: Mapped) -> bool:
        try:
            with transaction.atomic():
                _insert([mapped])
        except IntegrityError as error:
            self.links.rows[(entry.type, entry.id)] = None
            self._refuse(entry, _rule(error))
            return False
        return True

    def _settle(self, entry: Entry, mapped: Mapped) -> Mapped:
        """Real records list one problem or drug as active twice: one stays active, the other stays on file."""
        row = mapped.row
        if isinstance(row, Condition) and self._taken(row, row.clinical_status in _ACTIVE_PROBLEM):
            row.category = ConditionCategory.ENCOUNTER_DIAGNOSIS
            self._remark(entry, "a problem that is active on the list already was kept as a visit's diagnosis")
        if isinstance(row, MedicationStatement) and self._taken(row, row.status == MedicationStatus.ACTIVE):
            row.status = MedicationStatus.COMPLETED
            row.status_reason = "Ordered again: the other order of this drug is the active one."
            self._remark(entry, "a drug that is active on the list already was kept as completed")
        return mapped

    def _taken(self, row: Condition | MedicationStatement, is_active: bool) -> bool:
        """Whether the active place of this code is taken, by this bundle or before; takes it if not."""
        if not is_active or not row.code:
            return False
        key = (type(row), row.patient_id, row.system, row.code)
        if key not in self.places:
            self.places[key] = _active_on_file(row)
        taken, self.places[key] = self.places[key], True
        return taken

    def _import_benefits(self, waiting: list[Entry]) -> None:
        """Coverage from the latest explanation of benefit of each patient who has none."""
        latest: dict[str, Entry] = {}
        for entry in waiting:
            patient = reference(entry.resource.get("patient"))
            if patient not in latest or _created(entry) > _created(latest[patient]):
                latest[patient] = entry
        chosen = {entry.id for entry in latest.values()}
        for entry in waiting:
            if entry.id not in chosen and not self._is_unchanged(entry):
                self._keep(entry)
        for entry in latest.values():
            if not self._is_unchanged(entry):
                self._import_benefit(entry)
        waiting.clear()

    def _import_benefit(self, entry: Entry) -> None:
        patient_id = self.links.row(reference(entry.resource.get("patient")))
        if patient_id is None:
            self._refuse(entry, "its patient was not imported")
            return
        if Coverage.objects.filter(patient_id=patient_id).exists():
            self._keep(entry)
            return
        resource = Resource(entry)
        made = [
            mapped
            for order, words in contained_coverages(entry.resource)
            if (mapped := coverage_from_benefit(resource, self.by, patient_id, order, words)) is not None
        ]
        _insert(made)
        self._take_remarks(resource)
        self._keep(entry, made[0].row if made else None, patient_id)

    def _revise(self, entry: Entry, mapped: Mapped) -> None:
        """A resource whose content changed since it was imported."""
        origin = self.known[(entry.type, entry.id)]
        try:
            changed = revise(origin, mapped)
        except Refused as error:
            self._refuse(entry, str(error))
            return
        mapped.row.pk = origin.object_id
        self._record(entry, mapped, Outcome.UPDATED if changed else Outcome.UNCHANGED)

    def _is_unchanged(self, entry: Entry) -> bool:
        known = self.known.get((entry.type, entry.id))
        if known is None or known.content_hash != self.hashes[(entry.type, entry.id)]:
            return False
        self.report.counts[(entry.type, Outcome.UNCHANGED)] += 1
        return True

    def _record(self, entry: Entry, mapped: Mapped, outcome: Outcome) -> None:
        self.report.counts[(entry.type, outcome)] += 1
        self._origin(entry, mapped.row._meta.label_lower, mapped.row.pk, mapped.patient_id)

    def _keep(self, entry: Entry, row: Any = None, patient_id: UUID | None = None) -> None:
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


_ACTIVE_PROBLEM = frozenset(
    {ConditionClinicalStatus.ACTIVE, ConditionClinicalStatus.RECURRENCE, ConditionClinicalStatus.RELAPSE}
)


def _active_on_file(row: Condition | MedicationStatement) -> bool:
    same = {"patient_id": row.patient_id, "system": row.system, "code": row.code, "entered_in_error_at": None}
    if isinstance(row, Condition):
        active = Condition.objects.filter(
            clinical_status__in=_ACTIVE_PROBLEM, category=ConditionCategory.PROBLEM_LIST_ITEM
        )
        return active.filter(**same).exists()
    return MedicationStatement.objects.filter(status=MedicationStatus.ACTIVE, **same).exists()


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


def _rule(error: IntegrityError) -> str:
    """The rule of the database that refused a row, by its name."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    return f"breaks the rule {name}" if name else "breaks a rule of the database"


ProgressCallback = Callable[[int, int], None]


def import_files(
    paths: list[Path],
    *,
    by: User,
    source: str,
    all_or_nothing: bool = False,
    on_progress: ProgressCallback | None = None,
) -> ImportReport:
    """Import many files. With ``all_or_nothing`` they are one transaction: one refusal, and none of them is kept."""
    total = ImportReport()

    def run() -> None:
        for done, path in enumerate(paths, 1):
            total.add(import_bundle(path, by=by, source=source))
            if on_progress is not None:
                on_progress(done, len(paths))
        if all_or_nothing and total.refused:
            raise ImportRefused(total)

    if all_or_nothing:
        with transaction.atomic():
            run()
    else:
        run()
    return total
