"""Which reminders are sent, for the manager, and what became of the last ones."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent
from scheduling.actions.reminders import set_rule
from scheduling.forms.reminders import RuleForm
from scheduling.models import ReminderRule
from scheduling.queries.reminders import last_week
from scheduling.reminding import sms
from scheduling.reminding.quiet import quiet_hours

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@staff_view(Permission.MANAGE_SCHEDULES)
def reminders_list(request: StaffRequest) -> HttpResponse:
    """The rules, the last week in numbers, and a new rule."""
    return _rules(request, None)


@_page
@staff_view(Permission.MANAGE_SCHEDULES)
def reminders_edit(request: StaffRequest, rule_id: UUID) -> HttpResponse:
    """Change a rule, or send it no more."""
    return _rules(request, get_object_or_404(ReminderRule, pk=rule_id))


def _rules(request: StaffRequest, rule: ReminderRule | None) -> HttpResponse:
    typed = sent(request)
    form = RuleForm.of(rule, typed) if rule else RuleForm(typed)
    if form.is_valid():
        with form.refusals():
            set_rule(by=request.user, rule=rule, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:reminders_list"), "Reminder saved.", "success")
    context = {
        "form": form,
        "editing": rule,
        "rules": ReminderRule.objects.all(),
        "week": last_week(timezone.now()),
        "quiet": quiet_hours(),
        "sms": sms.is_set_up(),
        "sender": settings.DEFAULT_FROM_EMAIL,
    }
    return render(request, "scheduling/reminders/list.html", context, status=form.http_status)
