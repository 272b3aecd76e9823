"""Questionnaires: written, put to use, replaced by a new version, retired. What was answered never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.utils import timezone

from clinic.intaking import PublicationStatus, QuestionnairePurpose
from clinic.models import Questionnaire
from clinic.questionnaires import shipped
from clinic.questionnaires.items import parse_items
from clinic.questionnaires.scoring import parse_bands
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

_STANDING = ["status", "retired_at", "retired_by", "updated_at"]
_CONTENT = ["title", "description", "items", "updated_at"]


@action
def add_shipped_questionnaire(*, by: User, name: str) -> Questionnaire:
    """Put a questionnaire that comes with the program to use. One that is in use already stays as it is.

    Raises DomainError where there is none of that name.
    """
    source = shipped.questionnaires().get(name)
    if source is None:
        raise DomainError("No questionnaire of that name comes with Chartroom.")
    known = Questionnaire.objects.filter(url=source.url, version__gte=source.version).order_by("-version").first()
    if known is not None and known.status == PublicationStatus.ACTIVE:
        return known
    if known is not None:
        return publish_questionnaire(by=by, questionnaire=_next_version(by, known))
    parse_items(source.items)
    parse_bands(source.bands)
    made = Questionnaire.objects.create(
        created_by=by,
        **{
            name: getattr(source, name)
            for name in ("url", "version", "title", "purpose", "description", "source", "code", "score_code")
        },
        score_display=source.score_display,
        items=source.items,
        bands=source.bands,
    )
    return publish_questionnaire(by=by, questionnaire=made)


@action
def save_questionnaire(
    *,
    by: User,
    questionnaire: Questionnaire | None = None,
    title: str,
    description: str = "",
    items: Sequence[dict[str, Any]],
) -> Questionnaire:
    """Write a questionnaire, as a draft. A draft is changed; of one that was in use this becomes the next version.

    Raises DomainError for items that can't be asked (clinic.questionnaires.items), and for a scored questionnaire,
    whose wording and points are its makers', or one of details, whose questions belong to fields of the chart.
    """
    parse_items(list(items))
    fields = {"title": title.strip(), "description": description.strip(), "items": list(items)}
    if questionnaire is None:
        return Questionnaire.objects.create(created_by=by, url=f"urn:uuid:{uuid7()}", **fields)
    row = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if row.purpose != QuestionnairePurpose.HISTORY:
        raise DomainError("This questionnaire is used as it was published. It can't be changed.")
    if row.status != PublicationStatus.DRAFT:
        row = _next_version(by, row)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=_CONTENT)
    return row


@action
def publish_questionnaire(*, by: User, questionnaire: Questionnaire) -> Questionnaire:
    """Put a draft to use; the version in use before is retired. Raises DomainError for what is no draft."""
    versions = list(Questionnaire.objects.select_for_update().filter(url=questionnaire.url))
    row = next(row for row in versions if row.pk == questionnaire.pk)
    if row.status != PublicationStatus.DRAFT:
        raise DomainError("Only a draft is put to use.")
    for other in versions:
        if other.status == PublicationStatus.ACTIVE:
            _retire(other, by)
    row.status = PublicationStatus.ACTIVE
    row.save(update_fields=_STANDING)
    return row


@action
def retire_questionnaire(*, by: User, questionnaire: Questionnaire) -> Questionnaire:
    """Ask it no more. What was answered stays. Retired twice, the first time counts."""
    row = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if row.status != PublicationStatus.RETIRED:
        _retire(row, by)
    return row


def _retire(row: Questionnaire, by: User) -> None:
    row.status, row.retired_at, row.retired_by = PublicationStatus.RETIRED, timezone.now(), by
    row.save(update_fields=_STANDING)


def _next_version(by: User, row: Questionnaire) -> Questionnaire:
    """A draft like ``row`` with the next number. A draft that is there already is the one."""
    versions = Questionnaire.objects.filter(url=row.url)
    waiting = versions.filter(status=PublicationStatus.DRAFT).order_by("-version").first()
    if waiting is not None:
        return waiting
    newest = versions.aggregate(newest=Max("version"))["newest"]
    names = ("url", "title", "purpose", "description", "source", "code", "score_code", "score_display")
    fields = {name: getattr(row, name) for name in names}
    return Questionnaire.objects.create(created_by=by, version=newest + 1, items=row.items, bands=row.bands, **fields)
