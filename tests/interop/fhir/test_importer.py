"""What the import does with what it has seen before, with other people's rows, and with two at once."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.actions.conditions import resolve_problem
from clinic.actions.merges import merge_patients
from clinic.actions.unmerges import undo_merge
from clinic.models import Condition, Coverage, Encounter, Immunization, Observation, Patient, Payer, Procedure
from emr.accounts.models import Practitioner
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from emr.shared.identifiers import format_mrn
from emr.ui import formats
from interop.fhir.bundle import parse_bundle
from interop.fhir.importer import import_bundle, import_files
from interop.fhir.report import ImportReport, Outcome
from interop.models import SourceRecord
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.interop.fhir.bundles import bundle, coded, condition, patient, resources

pytestmark = pytest.mark.django_db


def take(*found: dict[str, Any], source: str = "other") -> ImportReport:
    """Import a bundle of these resources, or of the small life."""
    return import_bundle(bundle(*found), by=service_user("import"), source=source)


def refusals(report: ImportReport) -> list[str]:
    """The refusals as the report prints them."""
    return [str(finding) for finding in report.refused]


def remarks(report: ImportReport) -> set[str]:
    """The remarks, each once."""
    return {finding.message for finding in report.changed_on_the_way}


class TestAgain:
    def test_a_changed_patient_is_updated(self) -> None:
        take()
        report = take(patient(maritalStatus={"text": "D"}), condition(abatementDateTime="2012-01-01"))
        assert (report.counts[("Patient", Outcome.UPDATED)], report.refused) == (1, [])
        assert Patient.objects.get().marital_status == "D"
        assert [
            record.version for record in SourceRecord.objects.filter(resource_type="Patient").order_by("version")
        ] == [
            1,
            2,
        ]

    def test_what_was_changed_here_since_is_left_alone(self, person: Any) -> None:
        take()
        resolve_problem(by=person("clinician"), condition=Condition.objects.get())
        report = take(patient(), condition(onsetDateTime="2001-01-01"))
        assert refusals(report) == [
            "bundle, entry 1 (Condition/c1): it was changed here since it was imported, so the new content was not "
            "taken over"
        ]
        assert Condition.objects.get().clinical_status == "resolved"

    def test_a_fact_does_not_move_to_another_patient(self) -> None:
        take()
        other = {**patient(), "id": "p2", "birthDate": "1990-01-01"}
        report = take(other, condition(subject={"reference": "Patient/p2"}, encounter=None))
        assert [one.message for one in report.refused] == ["it belonged to another patient when it was imported"]

    def test_an_account_s_practitioner_keeps_what_is_ours(self, person: Any) -> None:
        take()
        linked = Practitioner.objects.get(npi="1245319599")
        practitioner = resources()[1]
        practitioner["name"] = [{"family": "Okafor-Hale", "given": ["Amara"]}]
        report = take(practitioner)
        assert report.refused == []
        linked.refresh_from_db()
        assert linked.family_name == "Okafor"  # on file already: used, not rewritten

    def test_references_reach_earlier_imports(self) -> None:
        take(*resources()[:4])
        here = condition(subject={"reference": "Patient/p1"}, encounter={"reference": "Encounter/e1"})
        assert take(here).refused == []
        assert Condition.objects.get().encounter == Encounter.objects.get()


class TestWhoseRow:
    def test_a_visit_of_another_patient_is_refused(self) -> None:
        other = {**patient(), "id": "p2", "birthDate": "1990-01-01"}
        report = take(*resources()[:4], other, condition(subject={"reference": "Patient/p2"}))
        assert refusals(report) == ["bundle, entry 5 (Condition/c1): its visit belongs to another patient"]

    def test_a_result_is_not_tied_to_another_s_report(self) -> None:
        life = resources()
        life[9]["subject"] = {"reference": "Patient/p2"}
        life[9].pop("encounter")
        report = take({**patient(), "id": "p2", "birthDate": "1990-01-01"}, *life)
        assert [one.message for one in report.refused] == ["the report r1, which names it, is about another patient"]

    @pytest.mark.parametrize("target", ["Patient/p1", "urn:uuid:d1", "Encounter/none", "nonsense", ""])
    def test_a_reference_to_another_type_leads_nowhere(self, target: str) -> None:
        report = take(*resources()[:4], condition(encounter={"reference": target}))
        assert report.refused == []
        assert Condition.objects.get().encounter is None
        assert ("its visit is not on file, so it stands without one" in remarks(report)) == bool(target)

    def test_a_fact_of_nobody_is_refused(self) -> None:
        report = take(condition())
        assert refusals(report) == ["bundle, entry 0 (Condition/c1): its patient “urn:uuid:p1” was not imported"]

    def test_one_who_may_be_on_file_is_pointed_out(self) -> None:
        known = PatientFactory(family_name="MUSTER", given_name="Ada", birth_date="1962-03-14")
        report = take()
        (finding,) = report.to_look_at
        assert f"MRN {format_mrn(known.mrn)}" in finding.message
        assert (finding.entry, finding.resource) == (2, "Patient/p1")
        assert "Muster" not in str(finding)

    def test_two_alike_in_one_bundle_are_pointed_out_once(self) -> None:
        report = take(patient(), {**patient(), "id": "p2"})
        assert len(report.to_look_at) == 1

    def test_a_practitioner_known_by_npi_is_used(self) -> None:
        known = PractitionerFactory(npi="1245319599", family_name="Okafor")
        take()
        assert Encounter.objects.get().practitioner == known

    def test_an_insurer_that_stands_twice_is_one_payer(self) -> None:
        payer = resources()[0]
        report = take(payer, {**payer, "id": "o2"})
        assert (report.refused, Payer.objects.count()) == ([], 1)


class TestOddValues:
    def test_a_long_name_is_cut_with_a_word(self) -> None:
        report = take(patient(name=[{"use": "official", "family": "X" * 100, "given": ["Ada"]}]))
        assert "family name was cut to 80 characters; the whole stands in the original" in remarks(report)
        assert Patient.objects.get().family_name == "X" * 79 + "…"
        assert SourceRecord.objects.get().content["name"][0]["family"] == "X" * 100

    def test_a_long_code_is_never_cut(self) -> None:
        report = take(patient(), condition(code=coded("urn:x", "9" * 70, "Odd"), encounter=None))
        assert [one.message for one in report.refused] == ["its code is longer than 64 characters"]

    def test_nul_is_named_with_its_place(self) -> None:
        report = take(patient(name=[{"family": "A\x00B", "given": ["C"]}]))
        assert refusals(report) == [
            "bundle, entry 0 (Patient/p1): name[0].family holds a character that no text may have (NUL, or half of a "
            "pair)"
        ]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"birthDate": "2011-02-30"}, "birthDate “2011-02-30” is no whole date that exists"),
            ({"birthDate": "2999-01-01"}, "birthDate “2999-01-01” lies in a year that no chart has"),
            ({"birthDate": "1962"}, "birthDate “1962” is no whole date that exists"),
            ({"birthDate": 1962}, "birthDate is no date"),
            ({"deceasedDateTime": "1950-01-01"}, "it says that the patient died before being born"),
            ({"name": []}, "it has no official name with a family and a given part"),
            ({"name": "Muster"}, "name is no list of objects"),
        ],
    )
    def test_a_patient_of_wrong_facts_is_refused(self, change: dict[str, Any], said: str) -> None:
        assert [one.message for one in take(patient(**change)).refused] == [said]

    def test_a_partial_day_is_kept_as_what_it_is(self) -> None:
        done = {**next(one for one in resources() if one["resourceType"] == "Procedure"), "performedDateTime": "1998"}
        shot = {**next(one for one in resources() if one["resourceType"] == "Immunization"), "encounter": None}
        said = condition(onsetDateTime="2011-05", abatementDateTime="2012", encounter=None)
        done |= {"performedPeriod": None, "encounter": None}
        report = take(*resources()[:2], patient(), said, done, {**shot, "occurrenceDateTime": "2001"})
        assert refusals(report) == []
        row, operation, dose = Condition.objects.get(), Procedure.objects.get(), Immunization.objects.get()
        assert (row.onset_date, row.onset_precision) == (date(2011, 5, 1), "month")
        assert (row.abatement_date, row.abatement_precision) == (date(2012, 12, 31), "year")
        shown = formats.partial(operation.performed_start, operation.performed_precision)
        assert (shown, formats.partial(dose.occurrence_date, dose.occurrence_precision)) == ("1998", "2001")
        bad = take(patient(), condition(onsetDateTime="2011-13", encounter=None), source="third")
        assert [one.message for one in bad.refused] == ["onsetDateTime “2011-13-01” is no whole date that exists"]

    def test_unknown_statuses_are_named(self) -> None:
        report = take(patient(), condition(clinicalStatus=coded("urn:x", "better", "Better"), encounter=None))
        assert [one.message for one in report.refused] == [
            "clinicalStatus “better” is none of FHIR's codes that can be taken"
        ]

    def test_one_id_with_two_contents(self) -> None:
        report = take(patient(), patient(gender="male"))
        assert refusals(report) == [
            "bundle, entry 1 (Patient/p1): stands in the bundle twice with different content; the first was taken"
        ]
        assert Patient.objects.get().gender == "female"

    def test_numbers_keep_their_digits(self) -> None:
        take()
        raw = json.dumps(bundle(patient(), {**resources()[9], "id": "b9"})).replace("91.5", "91.50")
        import_bundle(parse_bundle(raw.encode()), by=service_user("import"), source="other")
        kept = SourceRecord.objects.filter(source_id="b9").values("object_id")
        assert str(Observation.objects.get(pk__in=kept).value_quantity) == "91.50"

    def test_what_the_database_refuses_is_said_and_the_rest_kept(self) -> None:
        other = {**resources()[12], "id": "v2"}
        report = take(*resources()[:3], resources()[12], other)
        assert [one.message for one in report.refused] == ["another policy of the same order is in force at that time"]
        assert Coverage.objects.count() == 1
        assert not SourceRecord.objects.filter(source_id="v2").exists()

    @pytest.mark.parametrize("source", ["", "  ", "x" * 201, "a\x00b"])
    def test_a_source_needs_a_name(self, source: str) -> None:
        with pytest.raises(DomainError, match="Name the other system"):
            take(source=source)


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.json", b"{", "is not JSON"),
            ("a.json", b"", "is not JSON"),
            ("a.json", b"\xff\xfe\x00", "is not text in UTF-8"),
            ("a.json", b"[1]", "is no FHIR bundle but list"),
            ("a.json", b'{"resourceType": "Patient"}', "is no FHIR bundle but Patient"),
            ("a.json", b'{"resourceType": "Bundle", "entry": {}}', "has an entry element that is no list"),
            ("a.json", b'{"resourceType": "Bundle", "entry": [NaN]}', "NaN is no number"),
            ("a.json", b'{"resourceType": "Bundle", "entry": [' + b"[" * 9000, "is nested too deep"),
            ("a.json.gz", gzip.compress(json.dumps(bundle()).encode())[:200], "can't be unpacked"),
            ("a.json.gz", b"{}", "can't be read"),
        ],
    )
    def test_a_file_that_is_no_bundle(self, tmp_path: Path, name: str, content: bytes, said: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        (tmp_path / "b.json").write_text(json.dumps(bundle()))
        report = import_files([path, tmp_path / "b.json"], by=service_user("import"), source="other")
        (finding,) = report.refused
        assert (finding.file, finding.entry) == (name, None)
        assert said in finding.message
        assert Patient.objects.count() == 1

    def test_all_or_nothing_spans_the_files(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps(bundle()))
        (tmp_path / "b.json").write_text("{")
        with pytest.raises(CommandError, match="Nothing was imported"):
            call_command("import_fhir", tmp_path, all_or_nothing=True)
        assert not Patient.objects.exists()

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        report = import_files([tmp_path / "none.json"], by=service_user("import"), source="other")
        assert refusals(report) == ["none.json, the file: can't be read: No such file or directory"]


@pytest.mark.feature("B04")
def test_news_of_a_merged_chart_go_to_the_one_that_was_kept(person: Any) -> None:
    them = {"reference": "Patient/p1"}
    take(patient())
    merged, survivor, manager = Patient.objects.get(), PatientFactory(), person("manager")
    done = merge_patients(by=manager, survivor=survivor, merged=merged, reason="One person", confirmed=survivor.mrn)
    report = take(patient(), condition(encounter=None))
    assert (refusals(report), report.patients) == ([], [survivor.pk])
    assert take(condition(id="c2", encounter=None, subject=them, code=coded("urn:x", "1", "Gout"))).refused == []
    assert {row.patient for row in Condition.objects.all()} == {survivor}
    undo_merge(by=manager, merge=done, reason="Two people")
    assert take(condition(id="c3", encounter=None, subject=them, code=coded("urn:x", "2", "Cough"))).refused == []
    assert Condition.objects.get(display="Cough").patient == merged
