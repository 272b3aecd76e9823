"""Two imports at once."""

from __future__ import annotations

from clinic.models import Condition, Patient
from emr.accounts.models import User
from emr.audit.actor import service_user
from interop.fhir.importer import import_bundle
from interop.fhir.report import Outcome
from tests.interop.fhir.bundles import bundle
from tests.races import at_once


def test_two_imports_of_one_bundle_at_once_make_one_life(committed_db: str) -> None:
    by = service_user("import")
    reports = at_once(2, lambda _: import_bundle(bundle(), by=User.objects.get(pk=by.pk), source="other"))
    assert sorted(report.total(Outcome.CREATED) for report in reports) == [0, 13]
    assert all(report.refused == [] for report in reports)
    assert (Patient.objects.count(), Condition.objects.count()) == (1, 1)
