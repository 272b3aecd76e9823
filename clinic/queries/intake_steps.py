"""What a patient goes through, page by page: each question, each text to sign, then all answers to check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from clinic.actions.intake_links import digest, why_closed
from clinic.intaking import PublicationStatus
from clinic.models import ConsentForm, IntakeAsk, IntakeLink
from clinic.questionnaires.answers import in_words
from clinic.questionnaires.items import Item, asked_now, parse_items


@dataclass(frozen=True)
class Step:
    """One page: of a questionnaire (``item``) or a text to sign. ``number`` is its place among all, asked or not."""

    number: int
    ask: IntakeAsk
    item: Item | None = None
    asked: bool = True

    @property
    def title(self) -> str:
        """What the page is about."""
        return self.item.text if self.item else self.ask.title

    @property
    def values(self) -> dict[str, list[str]]:
        """The answers of this page's questionnaire so far."""
        return dict(self.ask.response.answers) if self.ask.response else {}

    @property
    def seen(self) -> bool:
        """Whether it was passed: an empty answer is kept too."""
        if self.item is None:
            return self.done
        return all(item.link_id in self.values for item in asked_now(self.item, self.values))

    @property
    def done(self) -> bool:
        """Whether nothing is missing: it was answered, or needs no answer."""
        if self.item is None:
            return self.ask.consent_id is not None
        return all(item.link_id in self.values or not item.required for item in asked_now(self.item, self.values))


def open_link(link_id: UUID) -> IntakeLink | None:
    """The way in, if it is still one."""
    link = IntakeLink.objects.select_related("patient", "created_by").filter(pk=link_id).first()
    return None if link is None or why_closed(link, timezone.now()) else link


def link_by_secret(*, token: str = "", code: str = "") -> IntakeLink | None:
    """The open way in of a token or of a short code."""
    field, secret = ("token_hash", token) if token else ("code_hash", code)
    link = IntakeLink.objects.filter(**{field: digest(secret)}).first() if secret else None
    return None if link is None or why_closed(link, timezone.now()) else link


def steps_of(link: IntakeLink) -> list[Step]:
    """Every page in order. A text that is not in force any more is not asked. One query."""
    found: list[Step] = []
    for ask in link.asks.select_related("questionnaire", "form", "response__questionnaire", "consent").order_by("rank"):
        if ask.questionnaire is not None:
            answers = ask.response.answers if ask.response else {}
            for item in parse_items(ask.questionnaire.items):
                found.append(Step(len(found) + 1, ask, item, bool(asked_now(item, answers))))
        elif ask.form is not None:
            found.append(Step(len(found) + 1, ask, None, ask.consent is not None or _in_use(ask.form)))
    return found


def first_unseen(steps: Sequence[Step]) -> Step | None:
    """The first page that was not passed yet, so that who comes back goes on where they stopped."""
    return next((step for step in steps if step.asked and not step.seen), None)


def after(steps: Sequence[Step], number: int) -> Step | None:
    """The next page that is asked, or None after the last."""
    return next((step for step in steps if step.number > number and step.asked), None)


def before(steps: Sequence[Step], number: int) -> Step | None:
    """The page before, or None before the first."""
    return next((step for step in reversed(steps) if step.number < number and step.asked), None)


def first_open(steps: Sequence[Step]) -> Step | None:
    """The first page that still wants an answer."""
    return next((step for step in steps if step.asked and not step.done), None)


@dataclass(frozen=True)
class Line:
    """One answer to check: the question, the answer in words, the page to change it on."""

    question: str
    answer: str
    number: int


def check_list(steps: Sequence[Step]) -> list[tuple[str, list[Line]]]:
    """All answers, questionnaire by questionnaire, and what was signed."""
    found: dict[str, list[Line]] = {}
    for step in steps:
        if not step.asked:
            continue
        if step.item is None:
            answer = step.ask.consent.get_status_display() if step.ask.consent else "Not signed yet"
            found.setdefault("To sign", []).append(Line(step.title, answer, step.number))
            continue
        title = step.ask.questionnaire.title if step.ask.questionnaire else ""
        for item, words in in_words([step.item], step.values):
            found.setdefault(title, []).append(Line(item.text, words, step.number))
    return list(found.items())


def _in_use(form: ConsentForm) -> bool:
    return form.status == PublicationStatus.ACTIVE
