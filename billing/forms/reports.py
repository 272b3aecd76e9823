"""What a money report is about: the address of its page, whose nonsense shows the usual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self, cast

from django import forms

from billing.choices import LedgerAccount, TransactionKind
from billing.forms.payments import MoneyField
from billing.queries import aging_report, collecting, journal, received
from billing.queries.aging import Clock
from emr.shared.dates import clinic_today
from emr.ui import formats
from emr.ui.forms import Form, PickedDateField
from scheduling.forms.reports import ThroughputFilter

_CLOCKS = [(Clock.SUBMITTED.value, "First submission"), (Clock.SERVICE.value, "Day of service")]
_VISITS = [("", "A line for each patient"), ("1", "A line for each visit")]


class ReportForm(Form):
    """The base: a form that is filled with what its report shows; what can't be read isn't chosen."""

    @classmethod
    def usual_values(cls) -> dict[str, str]:
        """What is shown where nothing was asked for."""
        return {"day": clinic_today().isoformat()}

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """The form of an address."""
        usual = cls.usual_values()
        return cls({**(usual if not usual.keys() & given.keys() else {}), **given})

    def said(self) -> dict[str, Any]:
        """What was chosen."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @property
    def words(self) -> str:
        """What is shown, for paper, where the form doesn't stand."""
        shown = self.shown()
        fields = [one for one in self.visible_fields() if one.name in shown]
        return " · ".join(f"{one.label}: {_in_words(one.field, shown[one.name])}" for one in fields)

    def shown(self) -> dict[str, Any]:
        """What was chosen, with what is meant where nothing was."""
        return self.said()


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal):
        return f"${formats.money(value)}"
    if isinstance(field, forms.ModelChoiceField):
        return field.label_from_instance(value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(cast(list[tuple[str, str]], field.choices))[value])
    return str(value)


class AgingForm(ReportForm):
    """As of which day, by which clock, by what."""

    day = PickedDateField(label="As of", required=False)
    clock = forms.ChoiceField(label="Insurance counts from", required=False, choices=_CLOCKS)
    show = forms.ChoiceField(label="Show", required=False, choices=list(aging_report.SHOWS.items()))
    payer = forms.UUIDField(required=False, widget=forms.HiddenInput)
    practitioner = forms.UUIDField(required=False, widget=forms.HiddenInput)
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def asked(self) -> aging_report.Asked:
        """The report that is wanted."""
        said = self.said()
        clock = Clock(said.pop("clock", Clock.SUBMITTED))
        return aging_report.Asked(**{"day": clinic_today(), **said}, clock=clock)


class CollectionsForm(ReportForm):
    """From how many days and which amount on."""

    days = forms.IntegerField(label="Days at least", required=False, min_value=0, max_value=9999)
    amount = MoneyField(label="Amount at least", required=False, min_value=Decimal(0))
    visits = forms.ChoiceField(label="Lines", required=False, choices=_VISITS)

    @classmethod
    def usual_values(cls) -> dict[str, str]:
        """Thirty days, any amount."""
        return {"days": "30"}

    def asked(self) -> collecting.Asked:
        """The list that is wanted."""
        said = self.said()
        visits = bool(said.pop("visits", ""))
        return collecting.Asked(**{"days": 0, **said}, by_visit=visits)


class PeriodForm(ReportForm, ThroughputFilter):
    """A period with both its days; without one the last thirty."""

    usual = timedelta(days=29)

    @classmethod
    def usual_values(cls) -> dict[str, str]:
        """The period that ends today."""
        today = clinic_today()
        return {"first": (today - cls.usual).isoformat(), "last": today.isoformat()}

    def shown(self) -> dict[str, Any]:
        """With both days of the period."""
        said = self.said()
        first, last = self.period
        return {**said, "first": first, "last": last}


class PaymentsReportForm(PeriodForm):
    """A period, how it is grouped, and whose visits."""

    group = forms.ChoiceField(label="Show", required=False, choices=list(received.GROUPS.items()))

    def asked(self) -> received.Asked:
        """The report that is wanted."""
        said = self.said()
        return received.Asked(*self.period, said.get("group", "day"), said.get("practitioner"))


class ProductivityForm(PeriodForm):
    """A period; without one the last three months, the present one with them."""

    usual = timedelta(days=89)
    practitioner = None  # type: ignore[assignment]

    def asked(self) -> tuple[date, date]:
        """The period that is wanted."""
        self.is_valid()
        return self.period


class JournalForm(PeriodForm):
    """A period, and of its entries a kind or an account."""

    usual = timedelta(days=6)
    practitioner = None  # type: ignore[assignment]

    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *TransactionKind.choices])
    account = forms.ChoiceField(label="Account", required=False, choices=[("", "Any account"), *LedgerAccount.choices])

    def asked(self) -> journal.Asked:
        """The report that is wanted."""
        said = self.said()
        return journal.Asked(*self.period, said.get("kind", ""), said.get("account", ""))
