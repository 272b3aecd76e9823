"""Two imports at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from clinic.models import Condition, Patient
from emr.accounts.models import User
from emr.audit.actor import service_user
from interop.fhir.importer import import_bundle
from interop.fhir.report import ImportReport, Outcome
from tests.interop.fhir.bundles import bundle


def test_two_imports_of_one_bundle_at_once_make_one_life(committed_db: str) -> None:
    by = service_user("import")
    gate = Barrier(2)

    def run(_: int) -> ImportReport:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=30)
            return import_bundle(bundle(), by=User.objects.get(pk=by.pk), source="other")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(run, range(2)))
    assert sorted(report.total(Outcome.CREATED) for report in reports) == [0, 13]
    assert all(report.refused == [] for report in reports)
    assert (Patient.objects.count(), Condition.objects.count()) == (1, 1)
