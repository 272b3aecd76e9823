"""Signing a text on the screen, or saying that one doesn't sign it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from clinic.actions.consents import refuse_consent, sign_consent
from clinic.forms.answers import SignForm
from clinic.intaking import LinkKind
from clinic.models import ConsentForm, IntakeLink
from clinic.printouts.consents import consent_paper
from clinic.queries.consents import digest_of
from clinic.queries.intake_steps import Step
from emr.audit.actor import service_user
from emr.ui.forms import sent


def sign(
    request: HttpRequest,
    link: IntakeLink,
    step: Step,
    context: dict[str, Any],
    *,
    onward: Callable[[], HttpResponseBase],
) -> HttpResponseBase:
    """Show a text; take its signature or its refusal. What was signed is shown as signed."""
    text = step.ask.form
    assert text is not None  # noqa: S101  a page without questions is a text
    form = SignForm(sent(request), initial={"shown": digest_of(text)})
    if request.method == "POST" and step.ask.consent is None and form.is_valid():
        with form.refusals():
            _keep(link, step, text, form, refused=request.POST.get("answer") == "refuse")
            return onward()
    elif request.method == "POST" and step.ask.consent is not None:
        return onward()
    paragraphs = [part.strip() for part in text.text.split("\n\n") if part.strip()]
    return render(request, "intake/sign.html", {**context, "form": form, "text": text, "paragraphs": paragraphs})


def _keep(link: IntakeLink, step: Step, text: ConsentForm, form: SignForm, *, refused: bool) -> None:
    said = form.cleaned_data
    shared = {
        "by": service_user("intake"),
        "patient": link.patient,
        "form": text,
        "signer_name": said["signer_name"],
        "signer_relationship": said["signer_relationship"],
        "shown": said["shown"],
        "taken_by": link.created_by if link.kind == LinkKind.KIOSK else None,
        "ask": step.ask,
    }
    if refused:
        refuse_consent(**shared, reason=said["refusal_reason"])
        return
    signed_at = timezone.now()
    paper = consent_paper(
        link.patient,
        text,
        signer_name=said["signer_name"],
        signer_relationship=said["signer_relationship"],
        signature=said["signature"],
        signed_at=signed_at,
        shown=said["shown"],
        taken_by=str(link.created_by) if link.kind == LinkKind.KIOSK else "",
    )
    sign_consent(**shared, signed_at=signed_at, paper=paper, signature=said["signature"])
