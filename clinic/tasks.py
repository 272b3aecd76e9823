"""Background work of the clinic's floor."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import send_mail
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from clinic.access import visible_to
from clinic.actions.break_glass import MAIL_JOB
from clinic.actions.charts import CHART_JOB
from clinic.actions.eligibility import ELIGIBILITY_JOB, check_eligibility
from clinic.actions.intake_links import MAIL_JOB as MAIL_JOB_INTAKE
from clinic.actions.intake_links import mail_intake_link
from clinic.actions.pharmacy_messages import answer_renewal, anything_sent, take_messages
from clinic.actions.refills import ANSWER_JOB
from clinic.actions.signals import SIGNALS_JOB, raise_signals
from clinic.models import BreakGlass, Coverage, RefillRequest
from clinic.printouts.charts import chart_pdf
from emr.access.permissions import Permission
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs import JobRun, job
from emr.jobs.models import Job
from emr.shared.errors import DomainError
from emr.ui import formats

_MAIL = """{who} used emergency access to a restricted chart at {when}.

Whose chart it is, why, and what was looked at stands in Chartroom, where you sign it off:
{link}

This message names no patient. Please don't answer it.
"""


def _record_chart(row: Job, request: HttpRequest) -> None:
    """A downloaded chart is an export; of a chart that the user may not know of any more there is none."""
    user = request.user
    if not isinstance(user, User) or not visible_to(user).filter(pk=row.payload["patient"]).exists():
        raise Http404
    record_access(request, [UUID(row.payload["patient"])], section="summary", action=AccessAction.EXPORT)


@job(CHART_JOB, permission=Permission.VIEW_NOTES, title="Printing a chart", on_download=_record_chart, atomic=False)
def print_chart(run: JobRun) -> dict[str, Any]:
    """The whole chart of a patient as a PDF, as far as who asked may read it."""
    patient = visible_to(run.by).filter(pk=run.payload["patient"]).first()
    if patient is None:
        raise DomainError("This chart is not open to you any more.")
    data = chart_pdf(patient, by=run.by, printed=timezone.now())
    run.attach("chart.pdf", "application/pdf", data)
    return {"charts_printed": 1}


@job(MAIL_JOB, permission=Permission.REVIEW_BREAK_GLASS, title="Telling the privacy officer")
def mail_break_glass(run: JobRun) -> dict[str, Any]:
    """Tell one privacy officer that the glass was broken: who, when, and where to review it."""
    glass = BreakGlass.objects.select_related("user").get(pk=run.payload["break_glass"])
    officer = User.objects.get(pk=run.payload["to"])
    link = run.payload["origin"] + reverse("clinic:break_glass_review", args=[glass.pk])
    text = _MAIL.format(who=glass.user, when=formats.instant(glass.started_at), link=link)
    sent = send_mail("Emergency access to a restricted chart", text, None, [officer.email])
    return {"sent": sent}


@job(
    MAIL_JOB_INTAKE,
    permission=Permission.CHECK_IN,
    title="Mailing a link before a visit",
    max_attempts=6,
    backoff=timedelta(minutes=1),
)
def mail_intake(run: JobRun) -> dict[str, Any] | None:
    """Mail the link. A try that fails after the mail has gone makes a new link, and the mail is sent again."""
    mail_intake_link(by=run.by, link_id=UUID(run.payload["link"]), link_base=run.payload["base"])
    return None


@job(
    SIGNALS_JOB,
    permission=Permission.REVIEW_SIGNALS,
    title="Looking for signals of snooping",
    daily_at=time(6),
    result_url=lambda job: reverse("clinic:signals_list"),
)
def look_for_snooping(run: JobRun) -> dict[str, Any]:
    """Go through the log of reads since the last time; gives how much was new and how many signals were raised."""
    done = raise_signals(by=run.by)
    return {"events": done.events, "raised": done.raised}


@job(
    "clinic.pharmacy_messages",
    permission=Permission.SIGN_ORDERS,
    title="Taking in what pharmacies sent",
    every=timedelta(minutes=5),
    due=anything_sent,
    atomic=False,
    result_url=lambda job: reverse("clinic:refills_list"),
)
def take_pharmacy_messages(run: JobRun) -> dict[str, Any]:
    """Take in what pharmacies sent; gives how many messages."""
    with in_clinic_zone():
        return {"messages": take_messages(by=run.by)}


@job(
    ANSWER_JOB,
    permission=Permission.SIGN_ORDERS,
    title="Answering a pharmacy",
    max_attempts=6,
    backoff=timedelta(minutes=1),
    result_url=lambda job: reverse("clinic:refills_list"),
)
def answer_pharmacy(run: JobRun) -> dict[str, Any]:
    """Bring the decision on a refill to the pharmacy that asked for it."""
    rows = RefillRequest.objects.select_related("prescription__prescriber", "pharmacy", "patient")
    with in_clinic_zone():
        answer_renewal(by=run.by, refill=rows.get(pk=run.payload["refill"]))
    return {"answered": 1}


@job(
    ELIGIBILITY_JOB,
    permission=Permission.VIEW_COVERAGE,
    title="Asking a payer about coverage",
    result_url=lambda job: reverse("clinic:coverages_list", args=[job.payload["patient"]]),
)
def check_coverage(run: JobRun) -> dict[str, Any]:
    """Ask the payer about one policy; gives how it ended. A payer that doesn't answer is a result, no failed job."""
    run.progress(0, 1)
    coverage = Coverage.objects.select_related("patient", "payer").get(pk=run.payload["coverage"])
    answer = check_eligibility(
        by=run.by,
        coverage=coverage,
        service_date=date.fromisoformat(run.payload["service_date"]),
        request_token=UUID(run.payload["token"]),
    )
    run.progress(1, 1)
    return {"outcome": answer.outcome, "inforce": answer.inforce}
