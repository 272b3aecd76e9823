"""Box 23: whether the authorization that the claim carries is good for it, and whether it should carry one."""

from __future__ import annotations

from collections.abc import Iterable

from billing.cms1500.edits import Findings, Remedy, Where
from billing.cms1500.form import Form1500, ServiceLine
from billing.scrubber.facts import Facts, Permit
from emr.ui import formats

_PLACE = Where.AUTHORIZATION


def check_permits(findings: Findings, form: Form1500, facts: Facts) -> None:
    """The authorization in box 23: days, services, visits; and one that lies there unused."""
    if facts.elsewhere:
        findings.under("authorization-elsewhere").note(
            "23",
            f"stays empty: authorization {facts.elsewhere}, which the visit names, is of another policy or was entered "
            f"in error. Choose one of this policy {_PLACE.words}.",
            _PLACE,
            remedy=use_remedy(form.service_lines, facts),
        )
    elif not form.prior_authorization and (remedy := use_remedy(form.service_lines, facts)):
        permit = next(one for one in facts.permits if one.key == remedy.target)
        findings.under("authorization-unused").note(
            "23", f"is empty, though {permit.label.lower()} {permit.number} fits this visit.", _PLACE, remedy=remedy
        )
    if facts.permit is not None:
        _days_and_codes(findings, form, facts, facts.permit)
        _visits(findings, form, facts, facts.permit)


def use_remedy(lines: Iterable[ServiceLine], facts: Facts) -> Remedy | None:
    """Take the policy's authorization that fits these services, if exactly one does."""
    told = [line for line in lines if line.service_from]
    fitting = [permit for permit in facts.permits if told and _fits(permit, told)]
    if len(fitting) != 1:
        return None
    return Remedy("authorization", fitting[0].key, f"Use {fitting[0].number}")


def _fits(permit: Permit, lines: list[ServiceLine]) -> bool:
    return (permit.left is None or permit.left > 0) and all(
        line.service_from and permit.counts_on(line.service_from) and permit.covers(line.code) for line in lines
    )


def _days_and_codes(findings: Findings, form: Form1500, facts: Facts, permit: Permit) -> None:
    remedy = use_remedy(form.service_lines, facts)
    outside = [line.service_from for line in form.service_lines if line.service_from]
    outside = [day for day in outside if not permit.counts_on(day)]
    if outside:
        since = f" from {formats.day(permit.start)}" if permit.start else ""
        until = f" until {formats.day(permit.end)}" if permit.end else ""
        findings.under("authorization-valid").note(
            "23",
            f"has authorization {permit.number}, which counts{since}{until} and not on {formats.day(outside[0])}. "
            f"Choose another {_PLACE.words}.",
            _PLACE,
            remedy=remedy,
        )
    strange = list(dict.fromkeys(line.code for line in form.service_lines if not permit.covers(line.code)))
    if not strange:
        return
    everything = len(strange) == len({line.code for line in form.service_lines})
    rule = "authorization-valid" if everything else "authorization-covers"
    what = "none of the claim's services" if everything else f"not {', '.join(strange)}"
    findings.under(rule).note(
        "23",
        f"has authorization {permit.number}, which covers {what}. Look at it {_PLACE.words}.",
        _PLACE,
        remedy=remedy,
    )


def _visits(findings: Findings, form: Form1500, facts: Facts, permit: Permit) -> None:
    if permit.left is None or permit.allowed is None:
        return
    if permit.left <= 0:
        findings.under("authorization-used-up").note(
            "23",
            f"has authorization {permit.number}, whose {permit.allowed} visits are used. Ask the payer for more, and "
            f"enter them {_PLACE.words}.",
            _PLACE,
            remedy=use_remedy(form.service_lines, facts),
        )
    elif permit.left == 1:
        findings.under("authorization-last-visit").note(
            "23",
            f"has authorization {permit.number}: this is the last of its {permit.allowed} visits. Ask the payer for "
            "more before the next one.",
            _PLACE,
        )
