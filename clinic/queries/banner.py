"""The patient banner: who this is, in three queries, for every page of the chart."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DatabaseError, transaction
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat, JSONObject

from clinic.choices import (
    AllergyClinicalStatus,
    AllergyCriticality,
    ContactSystem,
    ReactionSeverity,
    language_name,
)
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    ContactPoint,
    Patient,
    PatientAddress,
    RelatedPerson,
)
from clinic.queries.coverages import in_force
from clinic.queries.patients import age_words, named_alike
from emr.shared.dates import clinic_today
from emr.ui import formats
from emr.ui.banner import AllergyState, Banner, BannerAllergies, BannerAllergy


def patient_banner(
    patient: Patient, visible: QuerySet[Patient], *, url: str, clinical: bool, insured: bool = True
) -> Banner:
    """The banner of a patient.

    ``clinical`` is for roles that may see the chart: only they get allergies. ``insured`` is for those who may see
    the insurance. ``visible`` are the patients of whom the user may know; the alert of a similar name asks among them.
    """
    parts = _parts(patient, visible)
    return Banner(
        family=patient.family_name,
        given=" ".join(filter(None, [patient.given_name, patient.middle_name, patient.suffix])),
        born=formats.day(patient.birth_date),
        age=age_words(patient),
        sex=patient.get_gender_display(),
        mrn=patient.mrn,
        url=url,
        preferred=patient.preferred_name,
        pronouns=patient.pronouns,
        coverage=_coverage(patient) if insured else "",
        alerts=_alerts(patient, similar=parts["similar"]),
        allergies=allergies(patient) if clinical else None,
        restricted=patient.restricted,
        deceased=f"{formats.day(patient.deceased_at)} {age_words(patient)}" if patient.deceased_at else "",
        details=_details(parts),
    )


def allergies(patient: Patient) -> BannerAllergies:
    """The allergies in one of four states; a database that can't answer is a state of its own, never "none"."""
    try:
        with transaction.atomic():
            rows = list(_active_allergies(patient))
    except DatabaseError:
        return BannerAllergies(AllergyState.UNAVAILABLE)
    known = [row for row in rows if not row.none_known]
    if known:
        items = sorted((_allergy(row) for row in known), key=lambda item: not item.severe)
        return BannerAllergies(AllergyState.KNOWN, items=tuple(items))
    if not rows:
        return BannerAllergies(AllergyState.NOT_RECORDED)
    confirmed = rows[0]
    return BannerAllergies(
        AllergyState.NONE_KNOWN,
        confirmed_by=str(confirmed.created_by),
        confirmed_at=confirmed.recorded_date or confirmed.created_at,
    )


def _active_allergies(patient: Patient) -> QuerySet[AllergyIntolerance]:
    """The active rows with their reactions, worst first, in one query."""
    reactions = AllergyReaction.objects.filter(allergy=OuterRef("pk")).order_by("occurrence", "created_at")
    return (
        patient.allergies.filter(clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None)
        .select_related("created_by")
        .annotate(found_reactions=ArraySubquery(reactions.values(json=JSONObject(text="display", severity="severity"))))
    )


def _allergy(row: AllergyIntolerance) -> BannerAllergy:
    reactions = vars(row)["found_reactions"]
    severe = row.criticality == AllergyCriticality.HIGH or any(
        reaction["severity"] == ReactionSeverity.SEVERE for reaction in reactions
    )
    worst = sorted(reactions, key=lambda reaction: reaction["severity"] != ReactionSeverity.SEVERE)
    return BannerAllergy(row.display, reaction=worst[0]["text"].lower() if worst else "", severe=severe)


def _coverage(patient: Patient) -> str:
    """The primary policy of today, or the word that there is none. One query."""
    row = patient.coverages.filter(in_force(clinic_today())).select_related("payer").order_by("order").first()
    return str(row.payer) if row else "Self-pay"


def _parts(patient: Patient, visible: QuerySet[Patient]) -> dict[str, Any]:
    """Address, numbers, next of kin, and whether somebody is named alike: one query."""
    address = PatientAddress.objects.filter(patient=OuterRef("pk"), period_end=None, entered_in_error_at=None)
    contacts = ContactPoint.objects.filter(patient=OuterRef("pk"), period_end=None, entered_in_error_at=None)
    kin = RelatedPerson.objects.filter(patient=OuterRef("pk"), entered_in_error_at=None)
    found = Patient.objects.filter(pk=patient.pk).annotate(
        address=Subquery(
            address.values(text=Concat("line1", Value(", "), "city", Value(", "), "state", Value(" "), "postal_code"))[
                :1
            ]
        ),
        phone=Subquery(contacts.filter(system=ContactSystem.PHONE).values("value")[:1]),
        email=Subquery(contacts.filter(system=ContactSystem.EMAIL).values("value")[:1]),
        kin=Subquery(
            kin.order_by("-emergency_contact", "created_at").values(
                text=Concat("given_name", Value(" "), "family_name", Value(" ("), "relationship", Value(")"))
            )[:1]
        ),
        kin_phone=Subquery(kin.order_by("-emergency_contact", "created_at").values("phone")[:1]),
        similar=named_alike(visible),
    )
    parts: dict[str, Any] = {**found.values("address", "phone", "email", "kin", "kin_phone", "similar").get()}
    return parts


def _details(parts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    kin = " ".join(filter(None, [str(parts["kin"] or "").strip(), formats.phone(str(parts["kin_phone"] or ""))]))
    pairs = {
        "Address": str(parts["address"] or ""),
        "Telephone": formats.phone(str(parts["phone"] or "")),
        "E-mail": str(parts["email"] or ""),
        "Next of kin": kin,
    }
    return tuple((label, text or "Not recorded") for label, text in pairs.items())


def _alerts(patient: Patient, *, similar: object) -> tuple[str, ...]:
    alerts = []
    if similar:
        alerts.append("Similar name on file")
    if patient.interpreter_needed:
        alerts.append(f"Interpreter: {language_name(patient.language)}")
    if not patient.active:
        alerts.append("Inactive")
    return tuple(alerts)
