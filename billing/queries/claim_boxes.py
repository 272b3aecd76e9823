"""One claim as its page shows it: the form's boxes in words, what is lacking, and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, TextChoices

from billing.choices import ClaimFrequency, ClaimState, IllnessQualifier, OtherDateQualifier, ReferringRole
from billing.cms1500.edits import Edit, Remedy
from billing.cms1500.form import (
    Address,
    Form1500,
    Period,
    Person,
    PersonName,
    Provider,
    QualifiedDate,
    Signature,
)
from billing.models import Claim
from billing.queries.authorizations import visits_in_words
from billing.queries.form_lines import LETTERS
from billing.queries.forms1500 import form_of
from billing.queries.lineage import Trace, traces
from billing.queries.mending import Mending, mending
from billing.queries.scrubbing import Scrubbed, scrubbed_one
from billing.scrubber import Permit
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.ui import formats


@dataclass(frozen=True)
class Box:
    """A box of the form: number, words, content, whether it lacks something; ``width`` in sixths of the page."""

    number: str
    label: str
    value: str
    width: int = 2
    missing: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong, by which rule, and where it is mended. ``other`` is the key of another claim that it is about."""

    box: str
    message: str
    mending: Mending | None
    rule: str
    own: str
    other: str
    remedy: Remedy | None


@dataclass(frozen=True)
class Event:
    """Something that happened to the claim."""

    iso: str
    when: str
    text: str
    sub: str = ""
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ClaimPage:
    """A claim's page."""

    claim: Claim
    form: Form1500
    faults: list[Fault]
    warnings: list[Fault]
    unchecked: list[Fault]
    authorization: str
    authorizations: list[tuple[Permit, bool]]
    groups: list[tuple[str, list[Box]]]
    diagnoses: list[tuple[str, str, str]]
    lines: list[dict[str, str]]
    events: list[Event]
    stale: bool
    traces: list[Trace]


def claim_page(claim: Claim, user: User) -> ClaimPage:
    """Everything that the page of one claim shows; a fixed number of queries."""
    open_ = claim.submitted_at is None and claim.state != ClaimState.VOID
    checked = scrubbed_one(claim) if open_ else Scrubbed(form_of(claim))
    form = checked.form
    # What was taken off the visit may stand on what went out; where both are there, the visit's own words are said.
    ranked = claim.encounter.diagnoses.order_by(F("entered_in_error_at").asc(nulls_last=True))
    words = {row.code: row.display for row in ranked}
    return ClaimPage(
        claim=claim,
        form=form,
        faults=[_fault(edit, claim, user) for edit in checked.holds],
        warnings=[_fault(edit, claim, user) for edit in checked.warnings],
        unchecked=[_fault(edit, claim, user) for edit in checked.unchecked],
        authorization=visits_in_words(form.prior_authorization, checked.facts.permit if checked.facts else None),
        authorizations=_permits(checked),
        groups=_groups(form, checked.holds) if claim.coverage_id else [],
        diagnoses=[(letter, code, words.get(code, "")) for letter, code in zip(LETTERS, form.diagnoses, strict=False)],
        lines=[_line(claim, form, number) for number in range(len(form.service_lines))],
        events=list(_events(claim)),
        traces=traces(claim.lineage),
        stale=claim.state in ("held", "ready") and (claim.state == "held") != bool(checked.holds),
    )


def _permits(checked: Scrubbed) -> list[tuple[Permit, bool]]:
    """The authorizations that box 23 may have, and which it has."""
    if checked.facts is None:
        return []
    chosen = [(checked.facts.permit, True)] if checked.facts.permit else []
    return [*chosen, *((permit, False) for permit in checked.facts.permits)]


def _fault(edit: Edit, claim: Claim, user: User) -> Fault:
    way = mending(edit.where.value, claim, user, edit.box)
    return Fault(edit.box, edit.message, way, edit.rule, edit.own, edit.other, edit.remedy)


def _groups(form: Form1500, edits: list[Edit]) -> list[tuple[str, list[Box]]]:
    lacking = {edit.box.partition(".")[0] for edit in edits}
    groups = [
        ("Payer and policy", _policy(form)),
        ("Patient", _patient(form)),
        ("Insured", _insured(form)),
        ("Condition and referral", _condition(form)),
        ("Signatures and visit", _visit(form)),
        ("Billing", _billing(form)),
    ]
    return [(title, [_marked(box, lacking) for box in boxes]) for title, boxes in groups]


def _marked(box: Box, lacking: set[str]) -> Box:
    return Box(box.number, box.label, box.value, box.width, box.number in lacking)


def _policy(form: Form1500) -> list[Box]:
    kind = form.coverage_kind.value.upper() if form.coverage_kind else ""
    return [
        Box("1", "Payer", _joined(form.payer.name, _address(form.payer.address)), 4),
        Box("1", "Kind of coverage", kind),
        Box("1a", "Member number", form.insured_id),
        Box("11", "Group", form.policy_group),
        Box("11c", "Plan", form.plan_name),
    ]


def _patient(form: Form1500) -> list[Box]:
    person = form.patient
    return [
        Box("2", "Name", _name(person.name)),
        Box("3", "Born, sex", _joined(formats.day(person.birth_date), person.gender.value)),
        Box("6", "Is the insured's", form.relationship.value.capitalize() if form.relationship else ""),
        Box("5", "Address", _address(person.address), 4),
        Box("5", "Telephone", formats.phone(person.phone)),
    ]


def _insured(form: Form1500) -> list[Box]:
    other, another = form.other_insured, {True: "Yes", False: "No", None: "Left empty"}[form.another_plan]
    boxes = [*_insured_person(form.insured), Box("11d", "Another plan", another)]
    if other is not None:
        boxes += [
            Box("9", "Other insured", _name(other.name)),
            Box("9a", "Other policy", other.policy),
            Box("9d", "Other plan", other.plan_name),
        ]
    return boxes


def _insured_person(insured: Person | None) -> list[Box]:
    if insured is None:
        return [Box("4", "Name", "The patient", 4)]
    return [
        Box("4", "Name", _name(insured.name)),
        Box("11a", "Born, sex", _joined(formats.day(insured.birth_date), insured.gender.value)),
        Box("7", "Address", _address(insured.address)),
    ]


def _condition(form: Form1500) -> list[Box]:
    causes = [
        "Employment" if form.employment else "",
        f"Auto accident in {form.auto_accident_state}" if form.auto_accident else "",
        "Other accident" if form.other_accident else "",
    ]
    who = form.referring_provider
    name = (
        " ".join(filter(None, (who.name.given, who.name.middle, who.name.family, who.name.credentials))) if who else ""
    )
    lab = f"Yes, {formats.money(form.outside_lab_charge)}" if form.outside_lab else "No"
    resubmission = form.resubmission
    return [
        Box("10", "Because of", _joined(*causes) or "None"),
        Box("10d", "Condition codes", " ".join(form.claim_codes)),
        Box("14", "Illness", _dated(form.illness, IllnessQualifier)),
        Box("15", "Another date", _dated(form.other_date, OtherDateQualifier)),
        Box("16", "Unable to work", _period(form.unable_to_work)),
        Box("18", "In hospital", _period(form.hospitalization)),
        Box("17", f"{ReferringRole(who.role).label} practitioner" if who else "Referring practitioner", name),
        Box("17b", "Their NPI", who.npi if who else ""),
        Box("20", "Outside laboratory", lab),
        Box("19", "Additional information", form.additional_information),
        Box(
            "22",
            "Resubmission",
            _joined(ClaimFrequency(resubmission.frequency).label, resubmission.original_reference)
            if resubmission
            else "",
        ),
        Box("23", "Authorization", form.prior_authorization),
    ]


def _dated(dated: QualifiedDate | None, words: type[TextChoices]) -> str:
    if dated is None:
        return ""
    said = words(dated.qualifier).label if dated.qualifier in words.values else dated.qualifier
    return f"{formats.day(dated.on)}, {said[:1].lower()}{said[1:]}"


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    until = f" until {formats.day(period.end)}" if period.end else ""
    return f"{formats.day(period.start)}{until}"


def _visit(form: Form1500) -> list[Box]:
    return [
        Box("12", "Patient's signature", _signature(form.patient_signature)),
        Box("13", "Benefits assigned", _signature(form.insured_signature) or "No"),
        Box("31", "Practitioner's signature", _signature(form.provider_signature)),
    ]


def _billing(form: Form1500) -> list[Box]:
    biller, place = form.billing_provider, form.service_facility
    kind = form.tax_id_kind.value.upper() if form.tax_id_kind else ""
    return [
        Box("25", "Tax id", _joined(form.tax_id, kind)),
        Box("26", "Account number", form.account_number),
        Box("27", "Accepts assignment", "Yes" if form.accept_assignment else "No"),
        Box("32", "Place of service", _provider(place) if place else "", 3),
        Box("33", "Billing provider", _provider(biller), 3),
        Box("28", "Total charge", formats.money(form.total_charge)),
        Box("29", "Amount paid", formats.money(form.amount_paid) or "0.00"),
        Box("33a", "Billing NPI", biller.npi),
    ]


def _line(claim: Claim, form: Form1500, index: int) -> dict[str, str]:
    line = form.service_lines[index]
    items = list(claim.items.all())
    display = items[index].charge_item.display if index < len(items) else ""
    days = dict.fromkeys(formats.day(day) for day in (line.service_from, line.service_to))
    beside = ("Emergency" if line.emergency else "", f"EPSDT {line.epsdt}" if line.epsdt else "")
    return {
        "number": str(index + 1),
        "days": " to ".join(days),
        "place": line.place_of_service,
        "code": line.code,
        "display": display,
        "modifiers": " ".join(line.modifiers),
        "pointers": " ".join(line.pointers),
        "charge": formats.money(line.charge),
        "units": f"{line.units.normalize():f}",
        "npi": line.rendering_npi,
        "supplemental": " · ".join(filter(None, (line.supplemental, *beside))),
    }


def _inside(words: str) -> str:
    """A label within a sentence; what it spells in capitals stays so."""
    return words[:1].lower() + words[1:]


def _events(claim: Claim) -> Iterator[Event]:
    """What the log says, the latest first; and each print."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Claim), object_pk=str(claim.pk)
    ).select_related("actor")
    told = [(entry.timestamp, _told(entry.changes or {}, entry.action), str(entry.actor)) for entry in entries]
    prints = [
        (item.batch.created_at, f"Put in a file: {_inside(item.batch.get_style_display())}", item.batch)
        for item in claim.batch_items.select_related("batch__created_by")
    ]
    rows = [(at, text, who, "") for at, text, who in told if text]
    rows += [(at, text, str(batch.created_by), str(batch.pk)) for at, text, batch in prints]
    for at, text, who, batch_id in sorted(rows, reverse=True):
        tone = {"S": "done", "V": "critical", "H": "warning"}.get(text[0], "")
        yield Event(formats.iso(at), formats.day(at), text, f"{formats.clock(at)}, {who}", batch_id, tone)


def _told(changes: dict[str, list[str]], action: int) -> str:
    """An entry of the log in words; those that a reader of the claim doesn't need are left out."""
    if action == LogEntry.Action.CREATE:
        return "Made"
    state = changes.get("state")
    if state is not None:
        words = {"submitted": "Submitted and frozen", "ready": "Found ready"}
        return words.get(str(state[1])) or ClaimState(state[1]).label
    if "total" in changes:
        return f"Charges changed: total {changes['total'][1]}"
    return "Insurance changed" if "coverage" in changes else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _name(name: PersonName) -> str:
    return _joined(" ".join(filter(None, (name.family, name.suffix))), name.given, name.middle)


def _address(address: Address) -> str:
    tail: Iterable[str] = filter(None, (address.state, address.postal_code))
    return _joined(address.line, address.city, " ".join(tail))


def _provider(provider: Provider) -> str:
    return _joined(provider.name, _address(provider.address))


def _signature(signature: Signature | None) -> str:
    return (
        _joined(
            signature.text.capitalize() if signature.text.isupper() else signature.text,
            formats.day(signature.signed_on),
        )
        if signature
        else ""
    )
