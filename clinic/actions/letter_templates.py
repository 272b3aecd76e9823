"""Templates of letters: made, changed, retired."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from clinic.actions.errors import is_duplicate, refuse_changed
from clinic.letters import unknown_fields, usual_letters
from clinic.models import LetterTemplate
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def save_letter_template(
    *, by: User, template: LetterTemplate | None = None, seen: datetime | None = None, **values: Any
) -> LetterTemplate:
    """Make or change a template: ``name``, ``kind``, ``subject``, ``body``, ``language``. Letters that were begun with
    it stay as they are. Raises DomainError for words in braces that nothing fills, and for a name that is taken."""
    for name in ("subject", "body"):
        if unknown := unknown_fields(values.get(name, "")):
            raise DomainError(f"Nothing fills {{{{ {unknown[0]} }}}}. Use the words of the list beside.", field=name)
    try:
        with transaction.atomic():
            if template is None:
                return LetterTemplate.objects.create(created_by=by, **values)
            row = LetterTemplate.objects.select_for_update().get(pk=template.pk)
            if seen is not None:
                refuse_changed(row, seen)
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=[*values, "updated_at"])
            return row
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError("There is a template of this name in this language.", field="name") from error


@action
def retire_letter_template(*, by: User, template: LetterTemplate) -> LetterTemplate:
    """Offer a template no more. Twice is once."""
    row = LetterTemplate.objects.select_for_update().get(pk=template.pk)
    if row.active:
        row.active = False
        row.save(update_fields=["active", "updated_at"])
    return row


@action
def add_usual_templates(*, by: User) -> int:
    """Add the templates that come with the program, but those whose name is taken; gives how many were added."""
    taken = set(LetterTemplate.objects.filter(active=True).values_list("name", "language"))
    new = [letter for letter in usual_letters() if (letter.name, letter.language) not in taken]
    for letter in new:
        save_letter_template(by=by, **vars(letter))
    return len(new)
