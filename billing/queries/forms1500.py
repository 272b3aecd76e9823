"""A claim as the content of its form: from live rows while it is a draft, from its snapshot ever after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from billing.choices import ClaimFrequency
from billing.cms1500.form import Form1500, Frequency, Resubmission
from billing.models import Claim, ClaimItem, TradingPartner
from billing.queries.form_lines import diagnoses_of_claim, line_of, pointers, rendering_of
from billing.queries.form_parties import billed, covered, covers, national_digits, person_of
from billing.queries.form_visit import paid_by_patients, signature_of, with_facility, with_particulars
from billing.queries.other_payers import with_other_payers
from billing.queries.prior_decisions import with_decisions
from clinic.choices import ContactSystem
from clinic.models import ContactPoint, Coverage, EncounterDiagnosis, Note, PatientAddress
from clinic.queries.addresses import in_use
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic
from emr.shared.dates import clinic_today

__all__ = [
    "covers",
    "form_of",
    "live_form",
    "live_forms",
    "live_rows",
    "national_digits",
    "pointers",
    "sends_claims",
    "with_form_rows",
]

_NOT_WRONG = {"entered_in_error_at": None}


def with_form_rows(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Claims with all that their forms are made of: a fixed number of queries, however many claims."""
    return (
        with_decisions(claims)
        .select_related(
            "patient",
            "encounter__practitioner",
            "encounter__claim_supporting_info__authorization",
            "coverage__payer",
            "payer",
            "replaces",
            "follows__coverage__payer",
            "follows__follows__coverage__payer",
        )
        .prefetch_related(
            Prefetch(
                "items",
                ClaimItem.objects.select_related("charge_item__performer", "charge_item__immunization").order_by(
                    "sequence"
                ),
            ),
            Prefetch("encounter__diagnoses", EncounterDiagnosis.objects.filter(**_NOT_WRONG).order_by("rank")),
            "encounter__payments",
            "encounter__appointment__payments",
            Prefetch("encounter__notes", Note.objects.billable().order_by("signed_at")),
            Prefetch(
                "patient__addresses",
                PatientAddress.objects.filter(in_use(clinic_today())),
            ),
            Prefetch(
                "patient__telecom",
                ContactPoint.objects.filter(system=ContactSystem.PHONE, period_end=None, **_NOT_WRONG).order_by(
                    "created_at"
                ),
            ),
            Prefetch("patient__coverages", Coverage.objects.select_related("payer").order_by("order", "created_at")),
        )
    )


def form_of(claim: Claim) -> Form1500:
    """The content of the claim's form. A submitted claim gives what was submitted, whatever has changed since."""
    return Form1500.from_data(claim.snapshot) if claim.snapshot is not None else live_form(claim)


def live_form(claim: Claim) -> Form1500:
    """The form as the rows stand now. What is missing stays empty; billing.queries.scrubbing names it."""
    return live_forms([claim.pk])[claim.pk]


def live_forms(claim_ids: Iterable[UUID]) -> dict[UUID, Form1500]:
    """The forms of many claims as the rows stand now, by the claims' keys; a fixed number of queries."""
    return {key: form for key, (_, form) in live_rows(claim_ids).items()}


def live_rows(claim_ids: Iterable[UUID]) -> dict[UUID, tuple[Claim, Form1500]]:
    """Claims with the rows that their forms are made of, and the forms, by key; a fixed number of queries."""
    clinic = current_clinic()
    rows = list(with_form_rows(Claim.objects.filter(pk__in=list(claim_ids))))
    paid = paid_by_patients(row.encounter_id for row in rows)
    return {row.pk: (row, _form(row, clinic, paid.get(row.encounter_id, Decimal(0)))) for row in rows}


def sends_claims() -> bool:
    """Whether the clinic has somebody to send electronic claims to. One query."""
    return TradingPartner.objects.filter(active=True).exists()


def _form(claim: Claim, clinic: Clinic | None, patient_paid: Decimal) -> Form1500:
    visit, coverage = claim.encounter, claim.coverage
    items, diagnoses = list(claim.items.all()), diagnoses_of_claim(visit.diagnoses.all())
    total = sum((item.net for item in items), Decimal(0))
    paid = min(max(patient_paid, Decimal(0)), total)
    form = Form1500(
        patient=person_of(claim.patient),
        diagnoses=tuple(diagnosis.code for diagnosis in diagnoses),
        service_lines=tuple(line_of(item, diagnoses, visit.practitioner) for item in items),
        account_number=claim.number,
        accept_assignment=coverage is None or coverage.payer.accepts_assignment,
        total_charge=total,
        amount_paid=paid or None,
        patient_paid=paid or None,
        provider_signature=signature_of(visit),
        rendering=rendering_of(visit.practitioner),
        resubmission=_resubmission(claim),
    )
    form = with_particulars(form, claim)
    if coverage is not None:
        form = with_other_payers(covered(form, claim, coverage), claim, coverage)
    if claim.goes_on:
        form = _justified_as_before(form, claim)
    return with_facility(billed(form, clinic) if clinic is not None else form, claim)


def _justified_as_before(form: Form1500, claim: Claim) -> Form1500:
    """The next payer reads the diagnoses that the one before decided on, whatever the chart says by now: who corrects
    them replaces the first claim.
    """
    before = claim.follows
    if before is None or before.snapshot is None:
        return form
    sent = Form1500.from_data(before.snapshot)
    pointed = {n: line.pointers for n, line in enumerate(sent.service_lines)}
    lines = (replace(line, pointers=pointed.get(n, line.pointers)) for n, line in enumerate(form.service_lines))
    return replace(form, diagnoses=sent.diagnoses, service_lines=tuple(lines))


def _resubmission(claim: Claim) -> Resubmission | None:
    """Box 22: a claim that takes another's place names it as the payer does."""
    if claim.frequency == ClaimFrequency.ORIGINAL or claim.replaces is None:
        return None
    return Resubmission(frequency=Frequency(claim.frequency), original_reference=claim.replaces.payer_control_number)
