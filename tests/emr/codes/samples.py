"""Small code sets for the tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.db import transaction

from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.codes.actions.releases import Loaded, load_release
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems import ICD10CM
from emr.codes.systems.registry import BY_URL

DIAGNOSES = (
    ConceptRow("E11", "Type 2 diabetes mellitus", "diabetes NOS", selectable=False),
    ConceptRow("E11.65", "Type 2 diabetes mellitus with hyperglycemia", common=1),
    ConceptRow("E11.9", "Type 2 diabetes mellitus without complications", "DM2", common=2),
    ConceptRow("E10.9", "Type 1 diabetes mellitus without complications"),
    ConceptRow("H81.01", "Ménière's disease, right ear"),
    ConceptRow("I10", "Essential (primary) hypertension", "high blood pressure", common=2),
    ConceptRow("J45.909", "Unspecified asthma, uncomplicated"),
    ConceptRow("J45.998", "Other asthma"),
    ConceptRow("J82.83", "Eosinophilia", "asthma with eosinophils"),
    ConceptRow("P29.2", "Neonatal hypertension"),
    ConceptRow("R03.0", "Elevated blood-pressure reading, without diagnosis of hypertension"),
    ConceptRow("U07.1", "COVID-19", valid_from=date(2020, 4, 1)),
    ConceptRow("Z99.9", "Retired blood pressure finding", valid_to=date(2024, 9, 30)),
)


def source(*rows: ConceptRow, version: str = "1", effective_from: date | None = None, shipped: bool = False) -> Source:
    """A release of just these rows."""
    return Source("a test", version, f"checksum of {version}", lambda: iter(rows), shipped, effective_from)


def loader() -> User:
    """Who loads: the service account, as in the command."""
    with transaction.atomic():
        return service_user("codes")


def load(*rows: ConceptRow, system: str = ICD10CM, version: str = "1", effective_from: date | None = None) -> Loaded:
    """Load these rows as a release of the code system with this URL."""
    return load_release(
        system=BY_URL[system], source=source(*rows, version=version, effective_from=effective_from), by=loader()
    )


def written(folder: Path, name: str, text: str) -> Path:
    """A file of the clinic's own."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
