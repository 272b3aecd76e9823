"""A patient's documents as pages show them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from clinic.models import Coverage, DocumentReference, Patient
from clinic.models.documents import DocumentQuerySet
from clinic.papers import DocumentCategory, DocumentStatus
from clinic.queries.coverages import cards_of, in_force
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.keys import Unreadable
from emr.shared.dates import clinic_today
from emr.ui import formats
from emr.uploads.kinds import WORDS, Kind

#: What a category asks for besides the demographics: answers are clinical, cards belong to the insurance.
NEEDED: dict[DocumentCategory, Permission] = {
    DocumentCategory.QUESTIONNAIRE: Permission.VIEW_CHART,
    DocumentCategory.INSURANCE_CARD_FRONT: Permission.VIEW_COVERAGE,
    DocumentCategory.INSURANCE_CARD_BACK: Permission.VIEW_COVERAGE,
}

#: In place of a policy, for a card that was taken when none was on file.
UNLINKED = "Not linked to a policy yet"


@dataclass(frozen=True)
class DocumentRow:
    """One document in words. ``state`` is empty for the current one."""

    id: UUID
    category: str
    description: str
    name: str
    kind: str
    """``JPEG``, ``PNG``, ``PDF``."""
    size: str
    pages: int
    added: str
    added_by: str
    state: str
    errored: bool
    reason: str
    picture: bool
    policy: str
    dated: str
    loose_card: bool
    """A card that belongs to no policy yet."""
    reviewer: str
    """Who is still to read it; empty where nobody has to."""
    reviewed: str
    """When it was reviewed, by whom."""
    comment: str


@dataclass(frozen=True)
class Slot:
    """A place that wants a picture: its category, label, policy in words, and the picture that is there."""

    name: str
    label: str
    policy: str
    document: UUID | None


def documents_for(user: User, patient: Patient) -> DocumentQuerySet:
    """The documents of a patient that the user's roles may see, replaced ones included."""
    hidden = [category for category, permission in NEEDED.items() if not user.has_perm(permission)]
    return DocumentReference.objects.filter(patient=patient).exclude(category__in=hidden)


def categories_for(user: User) -> list[DocumentCategory]:
    """The categories that the user's roles may see."""
    return [kind for kind in DocumentCategory if kind not in NEEDED or user.has_perm(NEEDED[kind])]


def policies_today(patient: Patient) -> list[Coverage]:
    """The policies in force today with their payers, the primary first. One query."""
    return list(patient.coverages.filter(in_force(clinic_today())).select_related("payer").order_by("order"))


def document_rows(user: User, patient: Patient, *, kind: str = "", state: str = "") -> list[DocumentRow]:
    """Every document that the user may see, the current ones first, the newest first. One query.

    ``kind`` is a category; ``state`` is ``unread`` (somebody is still to read it) or ``read``.
    """
    rows = documents_for(user, patient).select_related("created_by", "coverage__payer", "reviewer", "reviewed_by")
    if kind:
        rows = rows.filter(category=kind)
    if state == "unread":
        rows = rows.current().filter(reviewer__isnull=False, reviewed_at=None)
    elif state == "read":
        rows = rows.filter(reviewed_at__isnull=False)
    return [document_row(row) for row in sorted(rows, key=lambda row: row.status != DocumentStatus.CURRENT)]


def capture_slots(user: User, patient: Patient) -> list[Slot]:
    """Photo, ID and the cards of each policy of today, whether there or not. Three queries."""
    seen = categories_for(user)
    papers = documents_for(user, patient).current().filter(category__in=_PAPERS).order_by("created_at")
    there = {row.category: row.pk for row in papers}
    slots = [_slot(kind, "", there) for kind in _PAPERS if kind in seen]
    cards, policies = cards_of(patient), policies_today(patient)
    known = [(str(row), cards.sides(row.pk, row.policy)) for row in policies] or [("", cards.sides(None, None))]
    slots += [_slot(kind, policy, sides) for policy, sides in known for kind in _CARDS if kind in seen]
    # Taken before a policy was on file: it shows until somebody says whose card it is.
    loose = cards.of_row.get(None, {}) if policies else {}
    return slots + [_slot(kind, UNLINKED, loose) for kind in _CARDS if kind in seen and kind in loose]


def _slot(kind: DocumentCategory, policy: str, there: Mapping[str, UUID]) -> Slot:
    return Slot(str(kind.value), str(kind.label), policy, there.get(kind))


_PAPERS = (DocumentCategory.PHOTO, DocumentCategory.IDENTITY_CARD)
_CARDS = (DocumentCategory.INSURANCE_CARD_FRONT, DocumentCategory.INSURANCE_CARD_BACK)


def photo_data_url(patient: Patient) -> str:
    """The photo, small, as a ``data:`` URL; empty without one, or where it can't be read. One query.

    In the page itself: a request of its own would be a second entry in the log of reads for each page that is opened.
    """
    return small_data_url(photo(patient).first())


def photo(patient: Patient) -> DocumentQuerySet:
    """The one current photo."""
    return DocumentReference.objects.current().filter(patient=patient, category=DocumentCategory.PHOTO)


def small_data_url(row: DocumentReference | None) -> str:
    """A document's small picture as a ``data:`` URL; empty without one, or where it can't be read."""
    if row is None or not row.thumbnail:
        return ""
    try:
        with row.thumbnail.open("rb") as file:
            return f"data:image/jpeg;base64,{base64.b64encode(file.read()).decode()}"
    except (FileNotFoundError, Unreadable):
        return ""


def document_row(row: DocumentReference) -> DocumentRow:
    """One document in words. Its policy and who added it are loaded with it."""
    return DocumentRow(
        id=row.pk,
        category=str(row.get_category_display()),
        description=row.description,
        name=row.name,
        kind=WORDS[Kind(row.content_type)],
        size=formats.size(row.size),
        pages=row.pages,
        added=formats.instant(row.created_at),
        added_by=str(row.created_by),
        state="" if row.status == DocumentStatus.CURRENT else str(row.get_status_display()),
        errored=row.status == DocumentStatus.ENTERED_IN_ERROR,
        reason=row.entered_in_error_reason,
        picture=row.is_picture,
        policy=str(row.coverage) if row.coverage else "",
        dated=formats.day(row.document_date),
        loose_card=row.category in _CARDS and row.coverage_id is None and row.status == DocumentStatus.CURRENT,
        reviewer=str(row.reviewer) if row.reviewer and row.reviewed_at is None else "",
        reviewed=f"{formats.instant(row.reviewed_at)}, {row.reviewed_by}" if row.reviewed_at else "",
        comment=row.review_comment,
    )
