"""What a patient answers: kept page by page, sent once, then left as it is for the clinic to review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from clinic.actions.intake_links import why_closed
from clinic.actions.tasks import create_task
from clinic.actions.telecom import normal_phone
from clinic.intaking import (
    INTAKE_ALERT,
    PublicationStatus,
    QuestionnairePurpose,
    ResponseSource,
    ResponseStatus,
    ReviewState,
)
from clinic.models import IntakeLink, Patient, Questionnaire, QuestionnaireResponse
from clinic.models.tasks import TaskPriority
from clinic.queries.intake_details import details_on_file
from clinic.questionnaires.answers import Answers, check_all, check_page, settled
from clinic.questionnaires.items import Item, asked_now, parse_items
from clinic.questionnaires.scoring import alerts, score
from emr.access.permissions import Permission
from emr.access.roles import CLINICIAN
from emr.accounts.models import US_STATE, ZIP_CODE, User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

CLOSED = "These answers can't be changed any more. Please ask at the front desk."


@action
def save_page(
    *, by: User, link_id: UUID, response_id: UUID, page: str, given: Mapping[str, Sequence[str]]
) -> QuestionnaireResponse:
    """Keep the answers of one page (the number of its item). The same page again replaces them.

    Raises DomainError, its field the question's number, for an answer that can't be; and when all was sent already.
    """
    link = _open_link(link_id)
    row = QuestionnaireResponse.objects.select_for_update(of=("self",)).select_related("questionnaire")
    response = row.filter(pk=response_id, ask__link=link).first()
    if response is None or response.status != ResponseStatus.IN_PROGRESS:
        raise DomainError(CLOSED)
    item = next((item for item in parse_items(response.questionnaire.items) if item.link_id == page), None)
    if item is None:
        raise DomainError(CLOSED)
    answers = check_page(item, given, response.answers)
    response.answers = {**response.answers, **_normal(item, answers, response.answers)}
    response.save(update_fields=["answers", "updated_at"])
    return response


@action
def send_answers(*, by: User, link_id: UUID) -> IntakeLink:
    """Send all that was answered; the way in is used up. Sent twice, the first time counts.

    What is not asked after the other answers is dropped, scores are counted, and an alarming answer goes to the
    clinicians at once. Raises DomainError for a question that must be answered, and for a text neither signed nor
    refused.
    """
    link = IntakeLink.objects.select_for_update().filter(pk=link_id).first()
    if link is not None and link.used_at:
        return link
    link, now = _open_link(link_id), timezone.now()
    asks = list(link.asks.select_related("questionnaire", "form", "response__questionnaire"))
    for ask in asks:
        if ask.response is not None and ask.response.status == ResponseStatus.IN_PROGRESS:
            complete(by, ask.response, now)
    link.used_at = now
    link.save(update_fields=["used_at", "updated_at"])
    return link


@action
def answer_for_patient(
    *,
    by: User,
    patient: Patient,
    questionnaire: Questionnaire,
    given: Mapping[str, Sequence[str]],
    request_token: UUID | None = None,
) -> QuestionnaireResponse:
    """Keep all that a patient said to a member of staff, who is its author. It waits for review like any other.

    ``request_token`` becomes its key: the same form sent twice is kept once. Raises DomainError for a questionnaire
    that is not in use, for answers about health from somebody who may not read the chart, and, its field the
    question's number, for an answer that can't be.
    """
    key = request_token or uuid7()
    known = QuestionnaireResponse.objects.filter(pk=key, patient=patient, created_by=by).first()
    if known is not None:
        return known
    details = questionnaire.purpose == QuestionnairePurpose.DEMOGRAPHICS
    if questionnaire.status != PublicationStatus.ACTIVE:
        raise DomainError("This questionnaire is not in use any more. Choose another.")
    if not details and not by.has_perm(Permission.VIEW_CHART):
        raise DomainError("Answers about health are written down by a nurse or a clinician.")
    items = parse_items(questionnaire.items)
    answers, wrong = check_all(items, given)
    for number, problem in wrong.items():
        raise DomainError(problem, field=number)
    for page in items:
        answers |= _normal(page, answers, answers)
    response = QuestionnaireResponse.objects.create(
        id=key,
        created_by=by,
        questionnaire=questionnaire,
        patient=patient,
        source=ResponseSource.STAFF,
        answers=answers,
        baseline=details_on_file(patient) if details else {},
    )
    complete(by, response, timezone.now())
    return response


def complete(by: User, response: QuestionnaireResponse, now: datetime) -> None:
    """Settle one response: part of a larger action, which is its transaction."""
    items = parse_items(response.questionnaire.items)
    try:
        response.answers = settled(items, response.answers)
    except DomainError as error:
        raise DomainError(f"{response.questionnaire.title}: a question is not answered yet.") from error
    response.score = score(items, response.answers)
    response.status, response.authored_at, response.review = ResponseStatus.COMPLETED, now, ReviewState.WAITING
    response.save(update_fields=["answers", "score", "status", "authored_at", "review", "updated_at"])
    for text in alerts(items, response.answers):
        create_task(
            by=by,
            code=INTAKE_ALERT,
            description=text,
            owner_role=CLINICIAN.name,
            patient=response.patient,
            about=response,
            # It stands before every result: a life may hang on the day.
            priority=TaskPriority.STAT,
            due_date=clinic_today(),
        )


def _open_link(link_id: UUID) -> IntakeLink:
    """The way in, opened and not closed, locked: what two tabs send is taken one after the other."""
    link = IntakeLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None or link.opened_at is None or why_closed(link, timezone.now()):
        raise DomainError(CLOSED)
    return link


def _normal(page: Item, answers: Answers, before: Mapping[str, Sequence[str]]) -> Answers:
    """Details in the form in which the chart keeps them. Raises DomainError beside the question."""
    kept = dict(answers)
    for item in asked_now(page, before):
        values = answers.get(item.link_id)
        if item.definition and values:
            kept[item.link_id] = [_detail(item, values[0])]
    return kept


def _detail(item: Item, value: str) -> str:
    if item.definition in {"phone", "mobile"}:
        return normal_phone(value, field=item.link_id)
    most = {"line1": 55, "line2": 55, "city": 30, "preferred_name": 80}.get(item.definition, 200)
    if len(value) > most:
        raise DomainError(f"Please use at most {most} letters.", field=item.link_id)
    try:
        if item.definition == "email":
            validate_email(value)
        elif item.definition == "state":
            value = value.upper()
            US_STATE(value)
        elif item.definition == "postal_code":
            ZIP_CODE(value)
    except ValidationError as error:
        raise DomainError(_HOW[item.definition], field=item.link_id) from error
    return value


_HOW = {
    "email": "Please enter an e-mail address, like maria@example.org.",
    "state": "Please enter the state by its two letters, like IL.",
    "postal_code": "Please enter a ZIP code, like 62701.",
}
