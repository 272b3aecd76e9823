"""What the front desk verifies when a patient stands before it, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.models import Coverage, DocumentReference, Patient
from clinic.papers import DocumentCategory
from clinic.queries.addresses import found_at, in_use
from clinic.queries.consents import forms_in_force
from clinic.queries.coverages import ORDER_LABELS, coverages_on, period_words
from clinic.queries.eligibility import EligibilityRow, latest_rows
from clinic.queries.intake import Missing as IntakeMissing
from clinic.queries.intake import missing_for
from clinic.queries.related_persons import emergency_contacts_of
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.choices import CheckItem
from scheduling.models import Appointment, CheckInItem
from scheduling.models import CheckIn as CheckedIn


@dataclass(frozen=True)
class Missing:
    """Something that is not on file: what, and where to enter it, for whoever has the permission that it ``needs``."""

    text: str
    url: str | None
    needs: Permission = Permission.CHECK_IN


@dataclass(frozen=True)
class PolicyFacts:
    """A policy in force on the day of the visit, to read back."""

    place: str
    """``Primary``, ``Secondary``, ``Tertiary``."""
    payer: str
    member_id: str
    period: str
    verified: str
    """When somebody last went through it with the patient."""
    eligibility: str


@dataclass(frozen=True)
class CheckIn:
    """The summary to read back to the patient."""

    address: str
    phone: str
    email: str
    emergency_contact: str
    policies: tuple[PolicyFacts, ...]
    """The one that pays first goes first."""
    copay: str
    verified: str
    """When somebody last went through the details with the patient."""
    missing: list[Missing]


_BY_HAND = {CheckItem.IDENTITY, CheckItem.DEMOGRAPHICS, CheckItem.INSURANCE, CheckItem.COPAY}
_PROMPTS = {
    CheckItem.IDENTITY: "Said openly, and it matches",
    CheckItem.DEMOGRAPHICS: "Still right",
    CheckItem.INSURANCE: "Card seen, still right",
    CheckItem.COPAY: "Taken",
}


@dataclass(frozen=True)
class Line:
    """One item of a check-in: whether it is asked for, whether it may be left out without a reason, what lacks.

    Of several policies each has a line of its own.
    """

    item: str
    asked: bool = True
    required: bool = False
    lacking: tuple[Missing, ...] = ()
    policy: Coverage | None = None
    """The one that the line asks about."""
    place: str = ""
    """``Secondary``, where several policies are in force; else nothing."""
    further: bool = False
    """Whether another policy goes before this one."""

    @property
    def key(self) -> str:
        """What forms call the line: the item, and of a further policy its number too."""
        return f"{self.item}_{self.policy.order}" if self.further and self.policy is not None else self.item

    @property
    def label(self) -> str:
        """What the item is called."""
        name = str(CheckItem(self.item).label)
        return f"{name}, {self.place.lower()}" if self.place else name

    @property
    def prompt(self) -> str:
        """What a tick says of it."""
        return _PROMPTS.get(CheckItem(self.item), "On file")

    @property
    def ticked(self) -> bool:
        """Whether the page begins with it as done: the house sees it is there. What a person must say or hand over
        is ticked by hand.
        """
        return not self.lacking and self.item not in _BY_HAND


def check_lines(row: Appointment) -> list[Line]:
    """Every item of a visit's check-in, in its order. At most ten queries."""
    patient, day = row.patient, timezone.localtime(row.start_at).date()
    policies = coverages_on(patient, day)
    intake = missing_for(patient, day)
    texts, answers = ([one for one in intake if (one.kind == "consent") == wanted] for wanted in (True, False))
    return [
        Line(CheckItem.IDENTITY, required=True),
        Line(CheckItem.DEMOGRAPHICS, required=True, lacking=_unreachable(patient)),
        *_insurance(patient, policies),
        Line(CheckItem.ELIGIBILITY, asked=bool(policies), lacking=_unanswered(patient, policies)),
        Line(
            CheckItem.CONSENTS,
            asked=bool(texts) or any(form.required for form in forms_in_force(day)),
            required=True,
            lacking=_told(patient, texts),
        ),
        Line(CheckItem.QUESTIONNAIRES, asked=bool(answers), lacking=_told(patient, answers)),
        *_papers(patient, policies),
        Line(
            CheckItem.COPAY,
            asked=row.type.takes_copay and bool(policies) and policies[0].copay != 0,
            required=True,
        ),
    ]


def _papers(patient: Patient, policies: Sequence[Coverage]) -> tuple[Line, Line]:
    """The photo and the cards that are on file. The card of another policy than those of the visit is none; a card
    that names none is that of the policy that pays first. One query.
    """
    of = ("coverage__payer_id", "coverage__subscriber_id", "coverage__group_number")
    rows = list(DocumentReference.objects.current().filter(patient=patient).values_list("category", *of))
    on_file = {category for category, *_ in rows}
    lacking = [] if DocumentCategory.IDENTITY_CARD in on_file else [_paper(patient, DocumentCategory.IDENTITY_CARD)]
    fronts = [tuple(whose) for category, *whose in rows if category == DocumentCategory.INSURANCE_CARD_FRONT]
    for number, policy in enumerate(policies):
        ours = {policy.policy} if number else {policy.policy, (None, None, None)}
        if ours.isdisjoint(fronts):
            lacking.append(_paper(patient, DocumentCategory.INSURANCE_CARD_FRONT, _place(policy, policies)))
    no_photo = () if DocumentCategory.PHOTO in on_file else (_paper(patient, DocumentCategory.PHOTO),)
    return Line(CheckItem.PHOTO, lacking=no_photo), Line(CheckItem.CARDS, lacking=tuple(lacking))


def _paper(patient: Patient, category: DocumentCategory, place: str = "") -> Missing:
    text = f"{category.label} ({place.lower()})" if place else str(category.label)
    return Missing(text, _url("clinic:documents_capture", patient))


def _unreachable(patient: Patient) -> tuple[Missing, ...]:
    edit = _url("clinic:patients_edit", patient)
    address = patient.addresses.filter(in_use(clinic_today())).exists()
    phone = patient.telecom.filter(system="phone", period_end=None, entered_in_error_at=None).exists()
    return tuple(
        Missing(text, edit) for text, there in (("Address", address), ("Telephone number", phone)) if not there
    )


def _insurance(patient: Patient, policies: Sequence[Coverage]) -> list[Line]:
    """A line for each policy in force: one that ended unseen is a claim refused later."""
    if not policies:
        return [Line(CheckItem.INSURANCE, required=True, lacking=(_no_policy(patient),))]
    return [
        Line(CheckItem.INSURANCE, required=True, policy=policy, place=_place(policy, policies), further=number > 0)
        for number, policy in enumerate(policies)
    ]


def _place(policy: Coverage, policies: Sequence[Coverage]) -> str:
    """What tells a policy from the others of the day; nothing where it is the only one."""
    return ORDER_LABELS[policy.order] if len(policies) > 1 else ""


def _no_policy(patient: Patient) -> Missing:
    where = _url("clinic:coverages_add", patient)
    return Missing("Insurance in force on the day of the visit", where, Permission.EDIT_COVERAGE)


def _unanswered(patient: Patient, policies: Sequence[Coverage]) -> tuple[Missing, ...]:
    """The policies about which no payer answered yet: one that could not be checked has no answer. One query."""
    if not policies:
        return ()
    tries, where = latest_rows(patient), _url("clinic:coverages_list", patient)
    found = []
    for policy in policies:
        last, place = tries.get(policy.policy), _place(policy, policies)
        if last is None or (last.failed and last.earlier is None):
            found.append(Missing(f"Answer of the payer ({place.lower()})" if place else "Answer of the payer", where))
    return tuple(found)


def _told(patient: Patient, intake: list[IntakeMissing]) -> tuple[Missing, ...]:
    return tuple(Missing(f"{one.label}: {one.words.lower()}", _url(one.url_name, patient)) for one in intake)


def checked(row: Appointment) -> CheckedIn | None:
    """What was gone through when the patient was checked in, if they were. At most two queries."""
    rows = CheckedIn.objects.filter(appointment=row).select_related("created_by")
    return rows.prefetch_related(Prefetch("items", CheckInItem.objects.order_by("id"))).first()


def check_in_page(row: Appointment) -> CheckIn:
    """The summary for an appointment, in five queries."""
    patient = row.patient
    contacts = list(patient.telecom.filter(period_end=None, entered_in_error_at=None))
    kin = next(iter(emergency_contacts_of(patient)), None)
    policies = coverages_on(patient, timezone.localtime(row.start_at).date())
    phone = next((one.value for one in contacts if one.system == "phone"), "")
    tries = latest_rows(patient) if policies else {}
    first = policies[0] if policies else None
    answer = tries.get(first.policy) if first else None
    known = answer.earlier if answer and answer.failed else answer
    page = CheckIn(
        address=found_at(patient),
        phone=formats.phone(phone),
        email=next((one.value for one in contacts if one.system == "email"), ""),
        emergency_contact=f"{kin} ({kin.relationship}) {formats.phone(kin.phone)}".strip() if kin else "",
        policies=tuple(_facts(policy, tries.get(policy.policy)) for policy in policies),
        copay=_copay(row, first.copay if first else None, known.copay if known else ""),
        verified=_when(patient.demographics_verified_at),
        missing=[],
    )
    page.missing.extend(_missing(patient, page))
    return page


def _facts(policy: Coverage, answer: EligibilityRow | None) -> PolicyFacts:
    return PolicyFacts(
        place=ORDER_LABELS[policy.order],
        payer=policy.payer.name,
        member_id=policy.subscriber_id,
        period=period_words(policy),
        verified=_when(policy.verified_at),
        eligibility=_answered(answer),
    )


def _answered(answer: EligibilityRow | None) -> str:
    """What the payer said last; after a try that failed, what it said before too."""
    if answer is None:
        return "The payer was not asked"
    said = f"{answer.state}, asked {answer.asked_at}. {answer.said}".strip()
    return f"{said} Before that: {answer.earlier.state}, asked {answer.earlier.asked_at}." if answer.earlier else said


def _when(moment: datetime | None) -> str:
    return formats.instant(moment) if moment else "Never"


def _copay(row: Appointment, amount: Decimal | None, said: str) -> str:
    """What stands on the policy; without that, what its payer said."""
    if not row.type.takes_copay:
        return "None for this type of visit"
    if amount is not None:
        return f"${formats.money(amount)}"
    return f"{said}, by the payer's answer" if said else ""


def _missing(patient: Patient, page: CheckIn) -> list[Missing]:
    edit = _url("clinic:patients_edit", patient)
    found = [
        Missing(text, edit)
        for text, value in [
            ("Address", page.address),
            ("Telephone number", page.phone),
            ("Emergency contact", page.emergency_contact),
            ("Sex", "" if patient.gender == "unknown" else patient.gender),
        ]
        if not value
    ]
    if not page.policies:
        found.append(_no_policy(patient))
    elif not page.copay:
        found.append(Missing("Copay of the policy", _url("clinic:coverages_list", patient)))
    return found


def _url(name: str, patient: Patient) -> str | None:
    try:
        return reverse(name, args=[patient.pk])
    except NoReverseMatch:
        return None
