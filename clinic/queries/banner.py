"""The patient banner: who this is, in eight plain queries, for every page of the chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from clinic.choices import (
    AllergyClinicalStatus,
    AllergyCriticality,
    ContactSystem,
    ReactionSeverity,
    language_name,
)
from clinic.models import (
    AllergyIntolerance,
    ContactPoint,
    Coverage,
    Patient,
    PatientName,
)
from clinic.queries.addresses import found_at
from clinic.queries.coverages import in_force
from clinic.queries.documents import photo_data_url
from clinic.queries.patients import age_words, has_namesake
from clinic.queries.related_persons import guarantor_row, present_people
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats
from emr.ui.banner import AllergyState, Banner, BannerAllergies, BannerAllergy


def patient_banner(
    patient: Patient,
    visible: QuerySet[Patient],
    *,
    url: str,
    clinical: bool,
    insured: bool = True,
    balance_url: str = "",
) -> Banner:
    """The banner of a patient.

    ``clinical`` is for roles that may see the chart: only they get allergies. ``insured`` is for those who may see
    the insurance; ``balance_url`` is where those who see money ask for the balance. ``visible`` are the patients of
    whom the user may know; the alert of a similar name asks among them.
    """
    return Banner(
        family=patient.family_name,
        given=" ".join(filter(None, [patient.given_name, patient.middle_name, patient.suffix])),
        born=formats.day(patient.birth_date),
        age=age_words(patient),
        sex=patient.get_gender_display(),
        mrn=patient.mrn,
        url=url,
        preferred=patient.preferred_name,
        salutation=patient.prefix,
        photo_url=photo_data_url(patient),
        pronouns=patient.pronouns,
        coverage=_coverage(patient) if insured else "",
        alerts=_alerts(patient, visible),
        allergies=allergies(patient) if clinical else None,
        restricted=patient.restricted,
        inactive=not patient.active,
        deceased=f"{formats.day(patient.deceased_at)} {age_words(patient)}" if patient.deceased_at else "",
        details=_details(patient),
        balance_url=balance_url,
    )


def allergies(patient: Patient) -> BannerAllergies:
    """The allergies in one of four states; a database that can't answer is a state of its own, never "none".

    One query, and one more for who confirmed that there are none.
    """
    try:
        with transaction.atomic():
            return _allergies(list(_active_allergies(patient)))
    except DatabaseError:
        return BannerAllergies(AllergyState.UNAVAILABLE)


def _allergies(rows: Sequence[dict[str, Any]]) -> BannerAllergies:
    known = [row for row in rows if not row["none_known"]]
    if known:
        items = sorted(_with_reactions(known), key=lambda item: not item.severe)
        return BannerAllergies(AllergyState.KNOWN, items=tuple(items))
    if not rows:
        return BannerAllergies(AllergyState.NOT_RECORDED)
    confirmed = rows[0]
    return BannerAllergies(
        AllergyState.NONE_KNOWN,
        confirmed_by=str(User.objects.get(pk=confirmed["created_by"])),
        confirmed_at=confirmed["recorded_date"] or confirmed["created_at"],
    )


def _active_allergies(patient: Patient) -> QuerySet[AllergyIntolerance, dict[str, Any]]:
    """The active rows, once for each reaction, in one query."""
    rows = AllergyIntolerance.objects.filter(
        patient=patient, clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None
    )
    told: QuerySet[AllergyIntolerance, dict[str, Any]] = rows.values(
        *("pk", "display", "criticality", "none_known", "recorded_date", "created_at", "created_by"),
        *("reactions__display", "reactions__severity"),
    )
    # The key keeps the reactions of one allergy together, whatever another is called.
    return told.order_by("display", "pk", "reactions__occurrence", "reactions__created_at")


def _with_reactions(rows: Sequence[dict[str, Any]]) -> Iterator[BannerAllergy]:
    """Each allergy with its worst reaction, of equal ones the first."""
    for _, group in groupby(rows, key=itemgetter("pk")):
        worst = min(group, key=lambda row: row["reactions__severity"] != ReactionSeverity.SEVERE)
        severe = (
            worst["criticality"] == AllergyCriticality.HIGH or worst["reactions__severity"] == ReactionSeverity.SEVERE
        )
        yield BannerAllergy(worst["display"], reaction=(worst["reactions__display"] or "").lower(), severe=severe)


def _coverage(patient: Patient) -> str:
    """The primary policy of today, or the word that there is none. One query."""
    rows = Coverage.objects.filter(in_force(clinic_today()), patient=patient).order_by("order")
    return rows.values_list("payer__name", flat=True).first() or "Self-pay"


def _details(patient: Patient) -> tuple[tuple[str, str], ...]:
    """Other names, address, numbers, next of kin and guarantor in plain queries: cheaper than one with subqueries."""
    present = {"patient": patient, "entered_in_error_at": None}
    contacts = ContactPoint.objects.filter(**present, period_end=None).values_list("system", "value")
    # The last of a kind wins in a dictionary, and the first in order is meant.
    numbers = dict(reversed(list(contacts)))
    people = present_people(patient)
    kin, payer = next(iter(people), None), guarantor_row(people)
    pairs = {
        "Address": found_at(patient),
        "Telephone": formats.phone(numbers.get(ContactSystem.PHONE)),
        "E-mail": numbers.get(ContactSystem.EMAIL, ""),
        "Next of kin": f"{kin} ({kin.relationship}) {formats.phone(kin.phone)}".strip() if kin else "",
        "Guarantor": f"{payer} ({payer.relationship})" if payer else "The patient",
    }
    told = tuple((label, text or "Not recorded") for label, text in pairs.items())
    names = PatientName.objects.filter(**present).order_by("-created_at", "-pk")[:_NAMES]
    known_as = ", ".join(f"{row} ({row.get_use_display().lower()})" for row in names)
    return (("Also known as", known_as), *told) if known_as else told


#: Other names that the banner has room for, the newest; all of them stand among the details.
_NAMES = 3


def _alerts(patient: Patient, visible: QuerySet[Patient]) -> tuple[str, ...]:
    alerts = []
    if has_namesake(patient, visible):
        alerts.append("Similar name on file")
    if patient.interpreter_needed:
        alerts.append(f"Interpreter: {language_name(patient.language)}")
    return tuple(alerts)
