"""The base of every form: Jinja2 rendering, labels above, help and error beside the field, input kept on error."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, cast

import django.forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.renderers import BaseRenderer
from django.http import HttpRequest, QueryDict
from django.template.backends.jinja2 import Jinja2

from emr.shared.dates import clinic_today, on_calendar, parse_birth_date, parse_date
from emr.shared.deadlocks import wait_refused
from emr.shared.errors import Conflict, DomainError, SentBefore
from emr.shared.partial_dates import PartialDate, Precision, parse_partial
from emr.ui import formats

_DJANGO_WIDGETS = Path(django.forms.__file__).parent / "jinja2"


class Renderer(BaseRenderer):
    """Renders fields by ``components/field.html`` and widgets by Django's own Jinja2 templates."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    @functools.cached_property
    def engine(self) -> Jinja2:
        """The project's environment over two folders: ours, then Django's widgets."""
        return Jinja2(
            {
                "NAME": "forms",
                "DIRS": [settings.BASE_DIR / "templates", _DJANGO_WIDGETS],
                "APP_DIRS": False,
                "OPTIONS": {"environment": "emr.ui.jinja.lenient_environment"},
            }
        )

    def get_template(self, template_name: str) -> Any:
        """Return a template by name; raises ``TemplateDoesNotExist``."""
        return self.engine.get_template(template_name)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a POST sent, be it nothing; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


class FormMixin(forms.BaseForm):
    """What our forms have in common.

    The browser's own required-bubbles are off: the error summary says more, and says it to a screen reader too.
    """

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            _tune(field)

    def offer(self, name: str, offered: QuerySet[Any] | Iterable[tuple[Any, str]]) -> None:
        """Let a field of choices offer these rows, or these values with their labels."""
        if isinstance(offered, QuerySet):
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = offered
        else:
            cast(forms.ChoiceField, self.fields[name]).choices = list(offered)

    def take(self, error: DomainError) -> None:
        """Show a refusal of the action: beside its field when it names one of ours, else in the summary."""
        if isinstance(error, SentBefore):
            self._renew_token()
        field = error.field if error.field in self.fields else None
        self.add_error(field, ValidationError(str(error), code="conflict" if isinstance(error, Conflict) else None))

    def _renew_token(self) -> None:
        """What was typed can be sent once more, under a token that made nothing yet."""
        data = cast(QueryDict, self.data).copy()
        for name, field in self.fields.items():
            if isinstance(field, IdempotencyField):
                data[self.add_prefix(name)] = str(uuid.uuid4())
        self.data = data

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """A block that calls an action: where the action refuses, the block ends and the form shows the refusal."""
        try:
            with wait_refused():
                yield
        except DomainError as refusal:
            self.take(refusal)

    @property
    def http_status(self) -> int:
        """The status of the page that shows the form: 200 at first, 409 after a conflict, 422 after other errors."""
        if not self.is_bound:
            return 200
        errors = (error for found in self.errors.as_data().values() for error in found)
        return 409 if any(error.code == "conflict" for error in errors) else 422


class Form(FormMixin, forms.Form):
    """Base of the forms that call an action."""


class ModelForm(FormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """Base of the forms that read their fields from a model. It is never saved: views hand its data to an action."""


def _tune(field: forms.Field) -> None:
    """Word the "required" message by the label, and give numbers a text input: the number input scrolls values away."""
    widget = field.widget
    if field.label and field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        verb = "Choose" if isinstance(field, forms.ChoiceField) else "Enter"
        label = str(field.label)
        field.error_messages["required"] = f"{verb} the {label[:1].lower()}{label[1:]}."
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"
        widget.attrs.setdefault("inputmode", "numeric" if type(field) is forms.IntegerField else "decimal")
        widget.attrs.setdefault("autocomplete", "off")
        for name in ("min", "max", "step"):
            widget.attrs.pop(name, None)


class PickedDateInput(forms.TextInput):
    """A day near today: ``23-Nov-2026`` whatever the browser's locale, with a calendar beside it where scripts run."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-pick-day": True, "autocomplete": "off", "spellcheck": "false", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Show a day in the one form that all pages use, and what could not be read as it was typed."""
        if isinstance(value, PartialDate):
            return formats.partial(value.day, value.precision)
        found = value if isinstance(value, date) else parse_date(str(value or ""))
        return formats.day(found) if found else super().format_value(value)


class PickedTimeInput(forms.TimeInput):
    """A time of day by 24 hours; the browser's own input would follow its locale."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "inputmode": "numeric", **(attrs or {})}, format="%H:%M")


class PickedDateField(forms.DateField):
    """A day chosen from a calendar or typed, of the years that a calendar shows."""

    widget = PickedDateInput
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Enter a day that exists, like 23-Nov-2026."}

    def to_python(self, value: Any) -> date | None:
        """Read the day; one that no calendar shows is as wrong as one that doesn't exist."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        found = parse_date(str(value))
        if found is None or not on_calendar(found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class PickedTimeField(forms.TimeField):
    """A time of day: ``13:30``, ``1330``, ``1:30 pm``."""

    widget = PickedTimeInput
    input_formats = ("%H:%M", "%H:%M:%S", "%H%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p")
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Enter a time, like 13:30."}


class DateText(forms.TextInput):
    """One text box for a date that people know by heart; a calendar would make them page through decades."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false", "size": 14, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Show a date as ``14-Mar-1962`` and what could not be read as it was typed."""
        return formats.day(value) if isinstance(value, date) else super().format_value(value)


class DateTextField(forms.Field):
    """A memorable date: ``14-Mar-1962``, ``3/14/1962``, ``1962-03-14`` and what else ``parse_birth_date`` reads."""

    widget = DateText
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": "Enter a date, like 14-Mar-1962.",
        "invalid": "Enter a date that exists and is not in the future, like 14-Mar-1962.",
    }

    def to_python(self, value: object) -> date | None:
        """Return the date, or ``None`` for an empty optional field; raises ``ValidationError``."""
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        parsed = parse_birth_date(str(value))
        if parsed is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return parsed

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the date differs, however it is spelt."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class PartialDateText(DateText):
    """One text box for a day, a month or a year."""

    def format_value(self, value: Any) -> str | None:
        """Show what is known of the date, and what could not be read as it was typed."""
        if isinstance(value, PartialDate):
            return formats.partial(value.day, value.precision)
        return super().format_value(value)


class PartialDateField(DateTextField):
    """A date in the past of which perhaps only the month or the year is known. Cleans to a PartialDate.

    ``precision`` is the name of the value that goes beside it. With ``ends`` it is the last day that is meant.
    """

    widget = PartialDateText
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Enter a day, a month or a year that is not in the future: 14-Mar-2019, Mar 2019, 2019.",
    }

    def __init__(self, *, precision: str, ends: bool = False, **kwargs: Any) -> None:
        self.precision, self.ends = precision, ends
        super().__init__(**kwargs)

    def to_python(self, value: object) -> PartialDate | None:  # type: ignore[override]
        """Return the date, or ``None`` for an empty optional field; raises ``ValidationError``."""
        if value in self.empty_values or isinstance(value, PartialDate):
            return value or None  # type: ignore[return-value]
        found = PartialDate(value) if isinstance(value, date) else parse_partial(str(value))
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def stored(self, said: PartialDate | None) -> tuple[date | None, str]:
        """The day and its precision as the record keeps them."""
        if said is None:
            return None, Precision.DAY
        return min(said.last, clinic_today()) if self.ends else said.day, said.precision


class IdempotencyField(forms.UUIDField):
    """A hidden token, new for each page shown; an action that has seen it answers with what it made the first time."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", uuid.uuid4)
        kwargs.setdefault("error_messages", {"required": "Open the page again and send it once more."})
        super().__init__(**kwargs)
