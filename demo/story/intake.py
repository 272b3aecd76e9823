"""What patients signed and answered before a visit: some have signed, a few have answered, one waits for review."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone

from clinic.actions.consent_forms import add_shipped_text, publish_consent_form
from clinic.actions.consents import sign_consent
from clinic.actions.intake_links import create_intake_link, prove_birth_date
from clinic.actions.intake_review import accept_response
from clinic.actions.questionnaires import add_shipped_questionnaire
from clinic.actions.responses import save_page, send_answers
from clinic.intaking import LinkKind
from clinic.models import ConsentForm, IntakeAsk, Questionnaire, QuestionnaireResponse
from clinic.printouts.consents import consent_paper
from clinic.queries.consents import digest_of
from clinic.questionnaires import shipped
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.audit.actor import service_user

_OFTEN = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
#: PHQ-9 of those who answered, by their points; the last one waits.
_MOODS = ((0, 1, 1, 1, 0, 0, 0, 0, 0), (1, 2, 1, 2, 1, 1, 1, 0, 0), (2, 2, 2, 2, 1, 2, 1, 1, 1))
#: How many have signed. A paper takes a while to print, so a few stand for the rest.
_PAPERS = 3


class IntakeTold:
    """Questionnaires and texts since the clinic opened; signatures at registration; answers in the last days."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self._people = [person for person in people if not {"deceased", "new"} & set(person.flags)]
        self._forms: list[ConsentForm] = []
        self._questionnaires: dict[str, Questionnaire] = {}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        first = min(person.registered_at for person in self._people)
        self.timeline.add(first - timedelta(hours=1), self._set_up)
        chosen = self._people[:_PAPERS]
        for person in chosen:
            self.timeline.add(person.registered_at + timedelta(minutes=20), partial(self._sign, person))
        today = self.calendar.instant(self.calendar.today, time(8, 40))
        for days, (person, points) in enumerate(zip(chosen, _MOODS, strict=False)):
            moment = today - timedelta(days=2 - days)
            self.timeline.add(moment, partial(self._answer, person, points, wait=days == len(_MOODS) - 1))

    def _set_up(self) -> None:
        manager = self.cast.users["manager"]
        for name in shipped.questionnaires():
            self._questionnaires[name] = add_shipped_questionnaire(by=manager, name=name)
        for key in shipped.texts():
            form = add_shipped_text(by=manager, key=key)
            self._forms.append(publish_consent_form(by=manager, form=form))

    def _sign(self, person: Person) -> None:
        desk, now = self.cast.users["desk"], timezone.now()
        for form in self._forms:
            self._sign_one(person, form, now, str(desk))

    def _sign_one(self, person: Person, form: ConsentForm, now: datetime, taken_by: str) -> None:
        name, shown = person.chart.full_name, digest_of(form)
        paper = consent_paper(
            person.chart,
            form,
            signer_name=name,
            signer_relationship="self",
            signature=None,
            signed_at=now,
            shown=shown,
            taken_by=taken_by,
        )
        sign_consent(
            by=service_user("intake"),
            patient=person.chart,
            form=form,
            signer_name=name,
            shown=shown,
            signed_at=now,
            paper=paper,
            taken_by=self.cast.users["desk"],
        )

    def _answer(self, person: Person, points: tuple[int, ...], *, wait: bool) -> None:
        by, asked = service_user("intake"), ["phq-9", *(["details"] if wait else [])]
        link = create_intake_link(
            by=self.cast.users["desk"],
            patient=person.chart,
            kind=LinkKind.CODE,
            questionnaires=[self._questionnaires[name] for name in asked],
        )
        prove_birth_date(by=by, link_id=link.pk, birth_date=person.chart.birth_date)
        for ask in IntakeAsk.objects.filter(link=link).select_related("questionnaire", "response"):
            if ask.response is not None:
                self._fill(link.pk, ask.response, points)
        send_answers(by=by, link_id=link.pk)
        if not wait:
            for response in QuestionnaireResponse.objects.filter(ask__link=link):
                accept_response(by=self.cast.users["nurse"], response=response)

    def _fill(self, link_id: UUID, response: QuestionnaireResponse, points: tuple[int, ...]) -> None:
        """The mood by its points; of the details a new mobile number and an e-mail address."""
        if response.baseline:
            pages: dict[str, dict[str, list[str]]] = {
                "reach": {"mobile": ["217-555-0163"], "phone": [], "email": ["new.address@example.org"]}
            }
            home = {"line1": "line1", "line2": "line2", "city": "city", "state": "state", "zip": "postal_code"}
            pages["address"] = {number: [response.baseline[part]] for number, part in home.items()}
            pages["name"] = {"name": [response.baseline["preferred_name"]]}
        else:
            pages = {str(n): {str(n): [_OFTEN[point]]} for n, point in enumerate(points, 1)}
        for page, given in pages.items():
            by = service_user("intake")
            save_page(by=by, link_id=link_id, response_id=response.pk, page=page, given=given)
