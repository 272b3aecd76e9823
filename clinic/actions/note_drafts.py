"""What is typed into a note and not saved yet: kept on the server every few seconds, each window's for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.actions.note_texts import changes, completed
from clinic.models import Note, NoteDraft
from clinic.models.notes import NO_WINDOW
from clinic.note_keys import ADDENDUM, differ, known, texts_of
from emr.accounts.models import User
from emr.audit.action import action


@dataclass(frozen=True)
class Window:
    """Where somebody writes: the window's key, and when the draft that it showed at first was kept, if it showed one.

    That draft goes over to the window, unless its own window has written on since: then both stay.
    """

    key: UUID = NO_WINDOW
    shown: datetime | None = None

    def drafts(self, note: Note, user: User) -> QuerySet[NoteDraft]:
        """The drafts whose text stands in this window."""
        return NoteDraft.objects.filter(Q(window=self.key) | Q(saved_at=self.shown), note=note, user=user)


NOWHERE = Window()


@action
def save_draft(
    *, by: User, note: Note, base_version: int, sections: Mapping[str, str], window: Window = NOWHERE
) -> NoteDraft | None:
    """Keep what somebody types, aside from the note: one draft a person and window, so that nobody is in another's way.

    Parts that are not given stay in the draft. It is kept even where the note was saved or signed meanwhile, because
    then it is needed most. None where the note says it already: a draft that arrives after its own save must not come
    back as unsaved text.
    """
    row = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
    kept = window.drafts(row, by)
    texts = {key: text for draft in kept.order_by("saved_at") for key, text in draft.sections.items()}
    texts |= {**known(sections), **{key: text for key, text in sections.items() if key == ADDENDUM}}
    if not texts.get(ADDENDUM) and not changes(texts_of(row.sections.all()), completed(texts, row, by)):
        kept.delete()
        return None
    kept.exclude(window=window.key).delete()
    values = {"base_version": base_version, "sections": texts}
    return NoteDraft.objects.update_or_create(note=row, user=by, window=window.key, defaults=values)[0]


@action
def discard_draft(*, by: User, note: Note, window: Window = NOWHERE) -> None:
    """Throw away what one has typed in this window, or what it showed at first."""
    window.drafts(note, by).delete()


def settle_drafts(*, by: User, note: Note, window: Window) -> None:
    """Delete the drafts that became part of the note from this window, and those of the person's other windows that say
    nothing else. What another window holds stays."""
    window.drafts(note, by).delete()
    saved = texts_of(note.sections.all())
    for draft in NoteDraft.objects.filter(note=note, user=by):
        if not differ(draft.sections, saved):
            draft.delete()
