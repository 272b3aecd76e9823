"""The day on real lives: every claim on paper says what the record says, and the second time nothing changes."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction

from billing.actions.resubmitting import void_claim
from billing.choices import ClaimState
from billing.models import Claim
from clinic.models import Coverage, Encounter, Note, Observation, Patient
from emr.accounts.models import Clinic, Practitioner, User
from emr.audit.actor import acting, service_user
from emr.audit.registry import recorded_models
from emr.codes.actions.releases import load_release
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems.icd10cm import SYSTEM as ICD
from interop.day import paper
from interop.fhir.crosswalk import crosswalk
from scheduling.models import Appointment
from tests.interop.fhir.bundles import bundle, patient, resources

DAY = date(2026, 11, 18)


@pytest.fixture
def codes(committed_db: str) -> str:
    """A small release of ICD-10-CM, so that not all of it is loaded for each test."""

    def rows() -> Iterator[ConceptRow]:
        for code in sorted({code for _, code in crosswalk().values()} | {"Z00.00", "Z00.129", "Z23"}):
            yield ConceptRow(code, f"Words of {code}", "")

    source = Source(name="small", version="small", checksum="small", rows=rows)
    load_release(system=ICD, source=source, by=service_user("codes"))
    return committed_db


def play(data: Path, out: Path, **options: Any) -> str:
    """Run the command; gives what it printed."""
    printed = StringIO()
    call_command("clinic_day", data=data, out=out, day=DAY, stdout=printed, stderr=StringIO(), **options)
    return printed.getvalue()


def table(out: Path) -> list[dict[str, str]]:
    """The summary's rows."""
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(folder: Path, *lives: list[dict[str, Any]]) -> Path:
    """A folder of bundles, one for each life."""
    folder.mkdir()
    for number, life in enumerate(lives):
        (folder / f"{number}.json").write_text(json.dumps(bundle(*life)))
    return folder


def counts() -> dict[str, int]:
    """How many rows each recorded table has."""
    return {model._meta.label: model._default_manager.count() for model in recorded_models()}


@pytest.mark.timeout(280)
def test_the_day_of_24_lives(codes: str, real_data: Path, tmp_path: Path) -> None:
    printed = play(real_data / "synthea", tmp_path)
    rows = table(tmp_path)
    assert len(rows) == 24
    deceased = Patient.objects.exclude(deceased_at=None)
    assert {row["mrn"].replace(" ", "") for row in rows if row["note"] == "deceased, never booked"} == set(
        deceased.values_list("mrn", flat=True)
    )
    assert not Appointment.objects.filter(patient__in=deceased).exists()
    assert Appointment.objects.filter(status="fulfilled").count() == 24 - deceased.count() == 22

    claims = list(Claim.objects.all())
    submitted = [claim for claim in claims if claim.state == ClaimState.SUBMITTED]
    held = [claim for claim in claims if claim.state == ClaimState.HELD]
    assert (len(submitted), len(held)) == (21, 1)
    assert "Box 5 has no ZIP code of the patient" in held[0].state_reason  # that life has an address without one
    assert "21 of 21 claims read back equal" in printed
    for claim in submitted:
        path = tmp_path / f"claim-{claim.number}.pdf"
        assert paper.differences(claim, path) == []
    assert {path.name for path in tmp_path.iterdir()} == {
        "summary.csv",
        *(f"claim-{claim.number}.pdf" for claim in submitted),
    }
    assert max(int(row["lines"] or 0) for row in rows) > 6
    assert {row["pages"] for row in rows if int(row["lines"] or 0) > 6 and row["state"] == "Submitted"} == {"2"}

    _everybody_did_their_own_work(submitted[0])
    names = Patient.objects.values_list("family_name", flat=True)
    assert not [name for name in names if name in printed or name in (tmp_path / "summary.csv").read_text()]

    before = counts()
    again = play(real_data / "synthea", tmp_path)
    assert counts() == before
    assert "21 of 21 claims read back equal" in again
    assert all("already booked that day" in row["note"] for row in table(tmp_path) if row["claim"])


def _everybody_did_their_own_work(claim: Claim) -> None:
    visit = claim.encounter
    appointment, note = visit.appointment, Note.objects.get(encounter=visit)
    vitals = Observation.objects.filter(encounter=visit)

    def roles(user: User | None) -> set[str]:
        return set(user.role_names) if user else set()

    assert roles(appointment.created_by) == roles(appointment.checked_in_by) == {"front_desk"}
    assert {name for row in vitals for name in roles(row.created_by)} == {"nurse"}
    assert visit.practitioner is not None
    assert note.signed_by == visit.practitioner.user
    assert roles(note.signed_by) == {"clinician"}
    assert roles(claim.submitted_by) == roles(claim.created_by) == {"biller"}
    assert visit.period_start.date() in {DAY, DAY + timedelta(days=1)}
    assert claim.service_date == DAY
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_without_insurance_the_patient_pays(codes: str, tmp_path: Path) -> None:
    data = written(tmp_path / "in", [patient()])
    play(data, tmp_path / "out")
    (row,) = table(tmp_path / "out")
    claim = Claim.objects.get()
    assert (row["payer"], row["state"], row["note"]) == ("self-pay", "Patient balance", f"patient pays {claim.total}")
    assert not list((tmp_path / "out").glob("*.pdf"))
    assert Coverage.objects.count() == 0


def test_a_printed_claim_that_says_otherwise_is_found(codes: str, tmp_path: Path) -> None:
    """The comparison reads the tables: change one and the paper is wrong."""
    play(written(tmp_path / "in", resources()), tmp_path / "out")
    claim = Claim.objects.get()
    path = tmp_path / "out" / f"claim-{claim.number}.pdf"
    assert paper.differences(claim, path) == []
    by = service_user("test")
    person = Patient.objects.get()
    with transaction.atomic(), acting(by):
        person.family_name = "Otherwise"
        person.save(update_fields=["family_name"])
    claim = Claim.objects.get()
    assert paper.differences(claim, path) == [
        f"page {number}: box 2 says 'MUSTER, ADA, B' instead of 'OTHERWISE, ADA, B'" for number in (1, 2)
    ]
    assert paper.differences_from_snapshot(claim, path) == []
    assert "1 of 1 claims read back equal" in play(tmp_path / "in", tmp_path / "out")  # frozen, and rightly so


def test_a_print_other_than_submitted_is_found(codes: str, tmp_path: Path) -> None:
    play(written(tmp_path / "in", resources(), _neighbour()), tmp_path / "out")
    one, other = Claim.objects.order_by("number")
    found = paper.differences_from_snapshot(one, tmp_path / "out" / f"claim-{other.number}.pdf")
    assert f"page 1: box 26 says '{other.number}' instead of '{one.number}'" in found


def _neighbour() -> list[dict[str, Any]]:
    """A second life like the first, under ids of its own."""
    text = json.dumps(resources()).replace("p1", "p2").replace("Muster", "Nachbar").replace("1245319599", "1013000135")
    return [
        {**resource, "id": f"{resource['id']}x" if resource["id"] != "p2" else "p2"} for resource in json.loads(text)
    ]


def test_a_voided_claim_is_not_printed_again(codes: str, tmp_path: Path) -> None:
    data = written(tmp_path / "in", resources())
    play(data, tmp_path / "out")
    void_claim(by=service_user("test"), claim=Claim.objects.get(), reason="Wrong")
    play(data, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.pdf"))
    assert Encounter.objects.filter(type_display="Office visit").count() == 1


def test_files_of_an_earlier_run_go_unless_kept(codes: str, tmp_path: Path) -> None:
    data, out = written(tmp_path / "in", [patient()]), tmp_path / "out"
    out.mkdir()
    old, other = out / "claim-99.pdf", out / "mine.pdf"
    for path in (old, other):
        path.write_bytes(b"old")
    play(data, out, keep=True)
    assert old.exists()
    play(data, out)
    assert (old.exists(), other.exists()) == (False, True)


def test_a_bad_bundle_is_told_and_the_others_are_seen(codes: str, tmp_path: Path) -> None:
    data = written(tmp_path / "in", [patient()])
    (data / "z.json").write_text("{")
    printed = play(data, tmp_path / "out")
    assert re.search(r"Refused:\n\s+z\.json, the file: is not JSON", printed)
    assert len(table(tmp_path / "out")) == 1


class TestWhatCanTBePlayed:
    def test_no_folder(self, committed_db: str, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is no folder"):
            play(tmp_path / "none", tmp_path)

    def test_an_empty_folder(self, committed_db: str, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no bundle"):
            play(tmp_path, tmp_path / "out")

    def test_no_bundle_among_the_files(self, codes: str, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"resourceType": "Patient"}')
        with pytest.raises(CommandError, match="There is no patient to see"):
            play(tmp_path, tmp_path / "out")

    def test_an_out_that_is_a_file(self, committed_db: str, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}")
        with pytest.raises(CommandError, match="can't be written"):
            play(tmp_path, tmp_path / "a.json")

    @pytest.mark.parametrize("day", [date(2019, 12, 31), date(2999, 1, 1)])
    def test_a_day_that_is_not_over_or_too_early(self, codes: str, tmp_path: Path, day: date) -> None:
        with pytest.raises(CommandError, match=r"future|open since"):
            call_command("clinic_day", data=written(tmp_path / "in", [patient()]), out=tmp_path / "o", day=day)

    def test_a_real_clinic_is_left_alone(self, codes: str, person: Any, settings: Any, tmp_path: Path) -> None:
        settings.DEMO = False
        person("clinician")
        with pytest.raises(CommandError, match="it would sign notes in their names"):
            play(written(tmp_path / "in", [patient()]), tmp_path / "out")
        assert not Clinic.objects.exists()
        assert not Patient.objects.exists()


def test_a_day_without_hours(codes: str, person: Any, tmp_path: Path) -> None:
    doctor = person("clinician").practitioner
    with transaction.atomic(), acting(service_user("test")):
        doctor.npi = "1013000135"
        doctor.save(update_fields=["npi"])
    with pytest.raises(CommandError, match="No clinician has hours on Wednesday, 18-Nov-2026"):
        play(written(tmp_path / "in", [patient()]), tmp_path / "out")
    assert not Patient.objects.exists()


def test_who_is_there_is_used(codes: str, person: Any, tmp_path: Path) -> None:
    """A sample clinic keeps its people; nobody is hired beside them."""
    biller = person("biller")
    play(written(tmp_path / "in", resources()), tmp_path / "out")
    assert Claim.objects.get().submitted_by == biller
    assert User.objects.filter(groups__name="biller").count() == 1
    assert Practitioner.objects.filter(bookable=True).count() == 2
    assert apps.get_model("billing.FeeSchedule").objects.count() == 1
