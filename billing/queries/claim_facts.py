"""What is known around claims when they are checked: a fixed number of queries, however many claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from billing.choices import AuthorizationKind, ClaimFrequency, RuleKind
from billing.cms1500.edits import Severity
from billing.cms1500.form import Form1500
from billing.models import Authorization, Claim, ClaimItem, ClaimRule
from billing.queries.authorizations import Use, counted_before, label_of, uses_of
from billing.queries.form_visit import authorization_of, particulars_of
from billing.queries.vaccine_administration import further_codes
from billing.queries.vaccine_charges import given_at
from billing.scrubber import CodeBook, CodeEntry, CodeList, Facts, OwnRule, Permit, Twin
from billing.scrubber.codes import service_system
from billing.scrubber.facts import plain
from emr.codes.models import Concept, Release
from emr.codes.models.systems import ReleaseOrigin, ReleaseState
from emr.codes.systems import CPT, HCPCS, ICD10CM, NUCC, POS
from emr.shared.dates import clinic_today

#: Lists of which what is loaded is all there is; NUCC's only where the clinic loaded the published file.
_WHOLE = frozenset({ICD10CM, POS})
_NUMBERS_OF_A_VISIT = (AuthorizationKind.PRIOR_AUTHORIZATION, AuthorizationKind.REFERRAL)


def claim_facts(claims: Sequence[Claim], forms: Mapping[UUID, Form1500]) -> dict[UUID, Facts]:
    """What is known around each claim; they come with the rows that their forms are made of. Seven queries at most."""
    book, rules, today = code_book(forms.values()), rules_of(claims), clinic_today()
    twins, permits, ungiven = _twins(claims), _permits(claims), _ungiven(claims)
    return {
        claim.pk: Facts(
            today=today,
            limit_days=claim.payer.timely_filing_days if claim.payer else None,
            resent=claim.frequency != ClaimFrequency.ORIGINAL or claim.follows_id is not None,
            codes=book,
            twins=tuple(twins[claim.pk]),
            ungiven=ungiven[claim.pk],
            place=_place(claim),
            rules=tuple(rule for rule in rules if rule.payer in ("", str(claim.payer_id))),
            **permits[claim.pk],
        )
        for claim in claims
    }


def code_book(forms: Iterable[Form1500]) -> CodeBook:
    """What the loaded lists say of all codes of these forms. Two queries."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for form in forms:
        wanted[ICD10CM] |= {plain(code) for code in form.diagnoses}
        wanted[NUCC].add(plain(form.billing_provider.taxonomy))
        for line in form.service_lines:
            wanted[service_system(line.code)].add(plain(line.code))
            wanted[POS].add(plain(line.place_of_service))
            wanted[NUCC].add(plain(line.rendering.taxonomy if line.rendering else ""))
    keys = [Q(code_system__url=system, code_key__in=codes - {""}) for system, codes in wanted.items()]
    found = Concept.objects.filter(Q(*keys, _connector=Q.OR)) if keys else Concept.objects.none()
    rows = found.values_list("code_system__url", "code_key", "selectable", "valid_from", "valid_to")
    entries = {(url, key): CodeEntry(selectable, since, until) for url, key, selectable, since, until in rows}
    return CodeBook(lists=_loaded_lists(), entries=entries)


def _loaded_lists() -> dict[str, CodeList]:
    rows = Release.objects.filter(
        state=ReleaseState.ACTIVE, code_system__url__in=[ICD10CM, HCPCS, CPT, NUCC, POS]
    ).values_list("code_system__url", "origin", "effective_from")
    return {
        url: CodeList(whole=url in _WHOLE or (url == NUCC and origin == ReleaseOrigin.FILE), since=since)
        for url, origin, since in rows
    }


def rules_of(claims: Iterable[Claim]) -> list[OwnRule]:
    """The clinic's rules that are in use, of any payer of these claims or of all. One query."""
    payers = {claim.payer_id for claim in claims}
    rows = ClaimRule.objects.filter(Q(payer=None) | Q(payer__in=payers), active=True).order_by("created_at")
    return [own_rule(row) for row in rows]


def own_rule(row: ClaimRule) -> OwnRule:
    """A rule as the check takes it."""
    return OwnRule(
        key=str(row.pk),
        kind=RuleKind(row.kind),
        codes=tuple(row.codes),
        values=tuple(row.values),
        message=row.message,
        severity=Severity(row.severity),
        payer=str(row.payer_id or ""),
        start=row.period_start,
        end=row.period_end,
    )


def _twins(claims: Sequence[Claim]) -> dict[UUID, list[Twin]]:
    """For each claim the lines of other visits' claims, of the same patient and payer, that went out or were made
    before it: of two drafts the later one is the double. One query.
    """
    days = {item.serviced_start for claim in claims for item in claim.items.all()}
    rows = (
        ClaimItem.objects.filter(
            claim__in=Claim.objects.standing(),
            claim__patient__in={claim.patient_id for claim in claims},
            claim__payer__in={claim.payer_id for claim in claims},
            serviced_start__in=days,
        )
        .order_by("claim_id", "sequence")
        .values_list(
            *("claim__patient", "claim__payer", "claim__encounter", "claim", "claim__number"),
            *("product_or_service", "modifiers", "serviced_start", "claim__submitted_at", "claim__created_at"),
        )
    )
    known: dict[tuple[Any, Any], list[tuple[UUID, datetime | None, Twin]]] = defaultdict(list)
    for patient, payer, visit, key, number, code, modifiers, day, sent_at, made_at in rows:
        twin = Twin(str(key), number, code, tuple(modifiers), day)
        known[patient, payer].append((visit, None if sent_at else made_at, twin))
    return {
        claim.pk: [
            twin
            for visit, made_at, twin in known[claim.patient_id, claim.payer_id]
            if visit != claim.encounter_id and (made_at is None or made_at < claim.created_at)
        ]
        for claim in claims
    }


def _place(claim: Claim) -> str:
    if claim.coverage is None or claim.replaces_id or claim.follows_id or claim.coverage.order == claim.order:
        return ""
    return claim.coverage.get_order_display().lower()


def _ungiven(claims: Sequence[Claim]) -> dict[UUID, frozenset[int]]:
    """For each claim the lines for vaccines that were entered in error: their own, or one of those that they count. One
    query where vaccines are counted in units.
    """
    counting = [claim for claim in claims if any(units > 1 for _, units in _counted(claim))]
    given = given_at(claim.encounter for claim in counting) if counting else {}
    found = {}
    for claim in claims:
        shots = ((n, item.charge_item.immunization) for n, item in enumerate(claim.items.all(), 1))
        lines = {n for n, shot in shots if shot is not None and shot.entered_in_error_at is not None}
        if claim.encounter_id in given and sum(units for _, units in _counted(claim)) > given[claim.encounter_id] - 1:
            lines |= {n for n, units in _counted(claim) if units > 1}
        found[claim.pk] = frozenset(lines)
    return found


def _counted(claim: Claim) -> list[tuple[int, int]]:
    """The lines that count vaccines after the first, with their units."""
    rows = enumerate(claim.items.all(), 1)
    return [
        (n, int(item.quantity)) for n, item in rows if item.product_or_service in further_codes() and _of_shot(item)
    ]


def _of_shot(item: ClaimItem) -> bool:
    return item.charge_item.immunization_id is not None


def _permits(claims: Sequence[Claim]) -> dict[UUID, dict[str, Any]]:
    """For each claim the authorization in box 23, the others of its policy, and one that box 23 can't take.

    One query, and one more where there are any.
    """
    policies = {claim.coverage_id for claim in claims}
    rows: dict[UUID, list[Authorization]] = defaultdict(list)
    for row in Authorization.objects.filter(coverage__in=policies, entered_in_error_at=None):
        rows[row.coverage_id].append(row)
    uses = uses_of(row for found in rows.values() for row in found)
    return {claim.pk: _permits_of(claim, rows[claim.coverage_id], uses) for claim in claims}  # type: ignore[index]


def _permits_of(claim: Claim, rows: list[Authorization], uses: Mapping[UUID, list[Use]]) -> dict[str, Any]:
    told, chosen = particulars_of(claim.encounter), authorization_of(claim)
    named = told.authorization if told else None
    permits = {row.pk: _permit(row, claim, uses.get(row.pk, [])) for row in rows}
    return {
        "permit": permits.pop(chosen.pk) if chosen else None,
        "permits": tuple(permit for key, permit in permits.items() if _is_for_visits(rows, key)),
        "elsewhere": named.number if named and not chosen else "",
    }


def _is_for_visits(rows: list[Authorization], key: UUID) -> bool:
    """A laboratory's certificate is no payer's leave: nothing is proposed of that kind."""
    return any(row.pk == key and row.kind in _NUMBERS_OF_A_VISIT for row in rows)


def _permit(row: Authorization, claim: Claim, uses: list[Use]) -> Permit:
    return Permit(
        key=str(row.pk),
        number=row.number,
        label=label_of(row),
        codes=tuple(row.codes),
        start=row.period_start,
        end=row.period_end,
        allowed=row.visits_allowed,
        used=counted_before(uses, claim),
    )
