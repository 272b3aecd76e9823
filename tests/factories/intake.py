"""Questionnaires, texts to sign, and ways in, made by the actions that the house uses."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import date
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw

from clinic.actions.consent_forms import add_shipped_text, publish_consent_form
from clinic.actions.consents import sign_consent
from clinic.actions.intake_links import create_intake_link, prove_birth_date, show_code
from clinic.actions.questionnaires import add_shipped_questionnaire
from clinic.actions.responses import save_page, send_answers
from clinic.models import Consent, ConsentForm, IntakeLink, Patient, Questionnaire, QuestionnaireResponse
from clinic.queries.consents import digest_of
from emr.audit.actor import service_user
from emr.uploads.incoming import Incoming
from emr.uploads.kinds import Kind
from tests.factories.base import someone

#: The first answer of a PHQ-9 and of a GAD-7, by its points.
POINTS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def questionnaire(name: str = "phq-9") -> Questionnaire:
    """A questionnaire that comes with the program, in use."""
    return add_shipped_questionnaire(by=someone(), name=name)


def text(key: str = "consent-to-treatment") -> ConsentForm:
    """A text that comes with the program, in force."""
    form = add_shipped_text(by=someone(), key=key)
    return form if form.status == "active" else publish_consent_form(by=someone(), form=form)


def way_in(
    patient: Patient, *names: str, forms: list[ConsentForm] | None = None, opened: bool = False, **fields: Any
) -> IntakeLink:
    """A way in that asks the named questionnaires and texts; ``opened`` by the date of birth."""
    asked = {"questionnaires": [questionnaire(name) for name in names], "forms": forms or []}
    link = create_intake_link(by=fields.pop("by", someone()), patient=patient, **{"kind": "code", **asked, **fields})
    if opened:
        prove_birth_date(by=service_user("intake"), link_id=link.pk, birth_date=patient.birth_date)
        link.refresh_from_db()
    return link


def at_the_door(link: IntakeLink) -> Client:
    """A browser that has come by the code of a link, and has not said yet whose it is."""
    client = Client()
    assert client.get(reverse("intake:arrive", args=[show_code(by=someone(), link=link)])).status_code == 302
    return client


def inside(link: IntakeLink, birth_date: date | None = None) -> Client:
    """A browser past the date of birth."""
    client = at_the_door(link)
    said = {"birth_date": f"{birth_date or link.patient.birth_date:%m/%d/%Y}"}
    assert client.post(reverse("intake:prove"), said).headers["Location"] == reverse("intake:start")
    return client


def drawn(ink: str = "black") -> str:
    """A signature as the page sends it."""
    picture = Image.new("RGBA", (320, 100))
    ImageDraw.Draw(picture).line([(10, 80), (90, 20), (160, 70), (300, 30)], fill=ink, width=4)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def answered(patient: Patient, name: str, answers: dict[str, list[str]]) -> QuestionnaireResponse:
    """Answers to one questionnaire that were sent and wait for review."""
    link = way_in(patient, name, opened=True)
    response = QuestionnaireResponse.objects.select_related("questionnaire", "patient").get(ask__link=link)
    by = service_user("intake")
    pages = {
        item["linkId"]: [one["linkId"] for one in item.get("item", [item])] for item in response.questionnaire.items
    }
    for page, numbers in pages.items():
        given = {number: answers.get(number, []) for number in numbers}
        if any(given.values()):
            save_page(by=by, link_id=link.pk, response_id=response.pk, page=page, given=given)
    send_answers(by=by, link_id=link.pk)
    response.refresh_from_db()
    return response


def signed(patient: Patient, form: ConsentForm | None = None, **fields: Any) -> Consent:
    """A text signed by its typed name, with a paper that is none."""
    form, content = form or text(), b"%PDF-1.4\n"
    paper = Incoming("consent.pdf", Kind.PDF, content, hashlib.sha256(content).hexdigest(), 1)
    said = {"signer_name": "Maria Test", "shown": digest_of(form), "signed_at": timezone.now(), "paper": paper}
    return sign_consent(by=someone(), patient=patient, form=form, **{**said, **fields})
