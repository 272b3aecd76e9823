"""Questionnaires and texts to sign, as the manager sees them."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.intaking import PublicationStatus
from clinic.models import ConsentForm, Questionnaire
from clinic.questionnaires import shipped
from clinic.questionnaires.shipped import ShippedQuestionnaire, ShippedText

_RANK = {PublicationStatus.DRAFT: 0, PublicationStatus.ACTIVE: 1, PublicationStatus.RETIRED: 2}


def questionnaires() -> list[Questionnaire]:
    """Every version: drafts first, then those in use, then the retired."""
    rows = Questionnaire.objects.order_by("title", "-version")
    return sorted(rows, key=lambda row: _RANK[PublicationStatus(row.status)])


def texts() -> list[ConsentForm]:
    """Every version of every text: drafts first, then those in force, then the retired."""
    rows = ConsentForm.objects.order_by("kind", "title", "-version")
    return sorted(rows, key=lambda row: _RANK[PublicationStatus(row.status)])


def offered_questionnaires(rows: Iterable[Questionnaire]) -> list[ShippedQuestionnaire]:
    """Those that come with the program and are not in use."""
    used = {row.url for row in rows if row.status == PublicationStatus.ACTIVE}
    return [one for one in shipped.questionnaires().values() if one.url not in used]


def offered_texts(rows: Iterable[ConsentForm]) -> list[ShippedText]:
    """Those that come with the program and were not taken."""
    used = {row.key for row in rows}
    return [one for one in shipped.texts().values() if one.key not in used]
