"""The patient banner: who this is, in three queries, for every page of the chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet

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
from clinic.queries.addresses import in_use, nearest_in_words
from clinic.queries.coverages import in_force
from clinic.queries.documents import photo, small_data_url
from clinic.queries.patients import age_words, has_namesake
from clinic.queries.related_persons import guarantor_row, present
from emr.accounts.models import User
from emr.shared.bundles import Bundle
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
    found = _ASIDE.rows(patient=patient.pk, today=clinic_today())
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
        photo_url=small_data_url(next(iter(found["photo"]), None)),
        pronouns=patient.pronouns,
        coverage=_coverage(found["coverages"]) if insured else "",
        alerts=_alerts(patient, visible),
        allergies=allergies(patient) if clinical else None,
        restricted=patient.restricted,
        inactive=not patient.active,
        deceased=f"{formats.day(patient.deceased_at)} {age_words(patient)}" if patient.deceased_at else "",
        details=_details(found),
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
    """The active rows, once for each reaction, struck out or not, in one query."""
    rows = AllergyIntolerance.objects.filter(
        patient=patient, clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None
    )
    told: QuerySet[AllergyIntolerance, dict[str, Any]] = rows.values(
        *("pk", "display", "criticality", "none_known", "recorded_date", "created_at", "created_by"),
        *("reactions__display", "reactions__severity", "reactions__entered_in_error_at"),
    )
    # The key keeps the reactions of one allergy together, whatever another is called.
    return told.order_by("display", "pk", "reactions__occurrence", "reactions__created_at")


def _with_reactions(rows: Sequence[dict[str, Any]]) -> Iterator[BannerAllergy]:
    """Each allergy with its worst reaction that stands, of equal ones the first."""
    for _, group in groupby(rows, key=itemgetter("pk")):
        told = list(group)
        standing = [row for row in told if row["reactions__entered_in_error_at"] is None]
        worst = min(standing, key=lambda row: row["reactions__severity"] != ReactionSeverity.SEVERE, default=None)
        words, severity = (worst["reactions__display"], worst["reactions__severity"]) if worst else ("", "")
        severe = told[0]["criticality"] == AllergyCriticality.HIGH or severity == ReactionSeverity.SEVERE
        yield BannerAllergy(told[0]["display"], reaction=(words or "").lower(), severe=severe)


def _coverages(patient: Patient, today: date) -> QuerySet[Any]:
    rows = Coverage.objects.filter(in_force(today), patient=patient).order_by("order")
    return rows.only("order").annotate(payer_name=F("payer__name"))[:1]


def _contacts(patient: Patient, today: date) -> QuerySet[Any]:
    return ContactPoint.objects.filter(patient=patient, entered_in_error_at=None, period_end=None).only(
        "system", "value"
    )


def _names(patient: Patient, today: date) -> QuerySet[Any]:
    rows = PatientName.objects.filter(patient=patient, entered_in_error_at=None)
    return rows.order_by("-created_at", "-pk")[:_MOST_NAMES]


#: Other names that the banner has room for, the newest; all of them stand among the details.
_MOST_NAMES = 3
#: All but the allergies, which must be able to fail alone.
_ASIDE = Bundle(
    {
        "photo": lambda patient, today: photo(Patient(pk=patient)).only("thumbnail"),
        "coverages": lambda patient, today: _coverages(Patient(pk=patient), today),
        "contacts": lambda patient, today: _contacts(Patient(pk=patient), today),
        "addresses": lambda patient, today: Patient(pk=patient).addresses.filter(in_use(today)),
        "people": lambda patient, today: present(Patient(pk=patient)),
        "names": lambda patient, today: _names(Patient(pk=patient), today),
    },
    patient=UUID,
    today=date,
)


def _coverage(rows: Sequence[Any]) -> str:
    """The primary policy of today, or the word that there is none."""
    return rows[0].payer_name if rows else "Self-pay"


def _details(found: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, str], ...]:
    """Other names, address, numbers, next of kin and guarantor."""
    # The last of a kind wins in a dictionary, and the first in order is meant.
    numbers = {row.system: row.value for row in reversed(found["contacts"])}
    kin, payer = next(iter(found["people"]), None), guarantor_row(found["people"])
    pairs = {
        "Address": nearest_in_words(found["addresses"]),
        "Telephone": formats.phone(numbers.get(ContactSystem.PHONE)),
        "E-mail": numbers.get(ContactSystem.EMAIL, ""),
        "Next of kin": f"{kin} ({kin.relationship}) {formats.phone(kin.phone)}".strip() if kin else "",
        "Guarantor": f"{payer} ({payer.relationship})" if payer else "The patient",
    }
    told = tuple((label, text or "Not recorded") for label, text in pairs.items())
    known_as = ", ".join(f"{row} ({row.get_use_display().lower()})" for row in found["names"])
    return (("Also known as", known_as), *told) if known_as else told


def _alerts(patient: Patient, visible: QuerySet[Patient]) -> tuple[str, ...]:
    alerts = []
    if has_namesake(patient, visible):
        alerts.append("Similar name on file")
    if patient.interpreter_needed:
        alerts.append(f"Interpreter: {language_name(patient.language)}")
    return tuple(alerts)
