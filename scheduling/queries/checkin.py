"""What the front desk verifies when a patient stands before it, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.actions.documents import CARDS
from clinic.models import Coverage, DocumentReference, Patient
from clinic.papers import DocumentCategory
from clinic.queries.addresses import found_at, in_use
from clinic.queries.consents import forms_in_force
from clinic.queries.coverages import coverage_on, period_words
from clinic.queries.eligibility import EligibilityRow, latest_answer, latest_rows
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
class CheckIn:
    """The summary to read back to the patient."""

    address: str
    phone: str
    email: str
    emergency_contact: str
    payer: str
    member_id: str
    period: str
    copay: str
    verified: str
    """When somebody last went through the details, and through the policy, with the patient."""
    policy_verified: str
    eligibility: str
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
    """One item of a check-in: whether it is asked for, whether it may be left out without a reason, what lacks."""

    item: str
    asked: bool = True
    required: bool = False
    lacking: tuple[Missing, ...] = ()

    @property
    def label(self) -> str:
        """What the item is called."""
        return str(CheckItem(self.item).label)

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
    policy = coverage_on(patient, day)
    papers = _papers(patient, policy)
    intake = missing_for(patient, day)
    texts, answers = ([one for one in intake if (one.kind == "consent") == wanted] for wanted in (True, False))
    return [
        Line(CheckItem.IDENTITY, required=True),
        Line(CheckItem.DEMOGRAPHICS, required=True, lacking=_unreachable(patient)),
        Line(CheckItem.INSURANCE, required=True, lacking=_uninsured(patient, policy)),
        Line(CheckItem.ELIGIBILITY, asked=policy is not None, lacking=_unanswered(patient, policy)),
        Line(
            CheckItem.CONSENTS,
            asked=bool(texts) or any(form.required for form in forms_in_force(day)),
            required=True,
            lacking=_told(patient, texts),
        ),
        Line(CheckItem.QUESTIONNAIRES, asked=bool(answers), lacking=_told(patient, answers)),
        Line(CheckItem.PHOTO, lacking=_no_paper(patient, papers, DocumentCategory.PHOTO)),
        Line(CheckItem.CARDS, lacking=_no_paper(patient, papers, *_cards(policy))),
        Line(CheckItem.COPAY, asked=row.type.takes_copay and policy is not None and policy.copay != 0, required=True),
    ]


def _papers(patient: Patient, policy: Coverage | None) -> set[str]:
    """The kinds of papers that are on file. The card of another policy than that of the visit is none. One query."""
    of = ("coverage__payer_id", "coverage__subscriber_id", "coverage__group_number")
    rows = DocumentReference.objects.current().filter(patient=patient).values_list("category", *of)
    ours = {(None, None, None), policy.policy if policy else None}
    return {category for category, *whose in rows if category not in CARDS or policy is None or tuple(whose) in ours}


def _unreachable(patient: Patient) -> tuple[Missing, ...]:
    edit = _url("clinic:patients_edit", patient)
    address = patient.addresses.filter(in_use(clinic_today())).exists()
    phone = patient.telecom.filter(system="phone", period_end=None, entered_in_error_at=None).exists()
    return tuple(
        Missing(text, edit) for text, there in (("Address", address), ("Telephone number", phone)) if not there
    )


def _uninsured(patient: Patient, policy: Coverage | None) -> tuple[Missing, ...]:
    if policy is not None:
        return ()
    return (_no_policy(patient),)


def _no_policy(patient: Patient) -> Missing:
    where = _url("clinic:coverages_add", patient)
    return Missing("Insurance in force on the day of the visit", where, Permission.EDIT_COVERAGE)


def _unanswered(patient: Patient, policy: Coverage | None) -> tuple[Missing, ...]:
    if policy is None or latest_answer(policy) is not None:
        return ()
    return (Missing("Answer of the payer", _url("clinic:coverages_list", patient)),)


def _told(patient: Patient, intake: list[IntakeMissing]) -> tuple[Missing, ...]:
    return tuple(Missing(f"{one.label}: {one.words.lower()}", _url(one.url_name, patient)) for one in intake)


def _no_paper(patient: Patient, papers: set[str], *wanted: DocumentCategory) -> tuple[Missing, ...]:
    capture = _url("clinic:documents_capture", patient)
    return tuple(Missing(str(one.label), capture) for one in wanted if one not in papers)


def _cards(policy: Coverage | None) -> list[DocumentCategory]:
    cards = [DocumentCategory.IDENTITY_CARD]
    return cards if policy is None else [*cards, DocumentCategory.INSURANCE_CARD_FRONT]


def checked(row: Appointment) -> CheckedIn | None:
    """What was gone through when the patient was checked in, if they were. At most two queries."""
    rows = CheckedIn.objects.filter(appointment=row).select_related("created_by")
    return rows.prefetch_related(Prefetch("items", CheckInItem.objects.order_by("id"))).first()


def check_in_page(row: Appointment) -> CheckIn:
    """The summary for an appointment, in five queries."""
    patient = row.patient
    contacts = list(patient.telecom.filter(period_end=None, entered_in_error_at=None))
    kin = next(iter(emergency_contacts_of(patient)), None)
    coverage = coverage_on(patient, timezone.localtime(row.start_at).date())
    phone = next((one.value for one in contacts if one.system == "phone"), "")
    answer = latest_rows(patient).get(coverage.policy) if coverage else None
    known = answer.earlier if answer and answer.failed else answer
    page = CheckIn(
        address=found_at(patient),
        phone=formats.phone(phone),
        email=next((one.value for one in contacts if one.system == "email"), ""),
        emergency_contact=f"{kin} ({kin.relationship}) {formats.phone(kin.phone)}".strip() if kin else "",
        payer=coverage.payer.name if coverage else "",
        member_id=coverage.subscriber_id if coverage else "",
        period=period_words(coverage) if coverage else "",
        copay=_copay(row, coverage.copay if coverage else None, known.copay if known else ""),
        verified=_when(patient.demographics_verified_at),
        policy_verified=_when(coverage.verified_at) if coverage else "",
        eligibility=_answered(answer),
        missing=[],
    )
    page.missing.extend(_missing(patient, page))
    return page


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
    if not page.payer:
        found.append(_no_policy(patient))
    elif not page.copay:
        found.append(Missing("Copay of the policy", _url("clinic:coverages_list", patient)))
    return found


def _url(name: str, patient: Patient) -> str | None:
    try:
        return reverse(name, args=[patient.pk])
    except NoReverseMatch:
        return None
