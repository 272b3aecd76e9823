"""A form field that picks one code: searched while one types, or, without JavaScript, resolved when the form is sent.

The search itself is ``static/js/lookup.js`` with the fragment of ``codes:concepts_search``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from emr.codes.coding import Coding
from emr.codes.models import Concept
from emr.codes.queries.concepts import Hit, by_display, lookup, search
from emr.codes.systems.registry import BY_URL
from emr.shared.dates import clinic_today

AS_TEXT = "text"
_OPTIONS = 8
_LEAST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """What the browser sent: the visible text, the code that the search put beside it, the radio button chosen."""

    text: str = ""
    code: str = ""
    choice: str = ""


class CodeSearchWidget(forms.TextInput):
    """The visible text ``name``, the hidden ``name_code``, and the radio buttons ``name_choice`` after an error."""

    template_name = "codes/widgets/code_search.html"

    def __init__(self, system: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.system = BY_URL[system]
        self.options: list[Hit] = []
        self.text_allowed = False

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> CodeEntry:
        """Gather the three inputs."""
        sent = (str(data.get(key, "") or "").strip() for key in (name, f"{name}_code", f"{name}_choice"))
        return CodeEntry(*sent)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Whether the form that was sent had no such field."""
        return name not in data

    def format_value(self, value: Any) -> str:
        """The visible text."""
        if isinstance(value, Coding):
            return value.label
        return value.text if isinstance(value, CodeEntry) else str(value or "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add what the template needs to Django's own context."""
        context = super().get_context(name, value, attrs)
        widget_id = context["widget"]["attrs"].setdefault("id", f"id_{name}")
        context["widget"] |= {
            "title": self.system.title,
            "least": _LEAST_LETTERS,
            "text": self.format_value(value),
            "code": getattr(value, "code", ""),
            "code_name": f"{name}_code",
            "choice_name": f"{name}_choice",
            "code_id": f"{widget_id}_code",
            "list_id": f"{widget_id}_list",
            "search_url": f"{reverse('codes:concepts_search')}?{urlencode({'system': self.system.name})}",
            "options": self.options,
            "text_allowed": self.text_allowed,
            "as_text": AS_TEXT,
        }
        return context


class CodeField(forms.Field):
    """Cleans to a :class:`~emr.codes.coding.Coding` of ``system`` (a URL), or None when optional and empty.

    ``on`` is the day on which the code must be valid (default: today); a form may set it on the instance.
    ``allow_text`` lets the user keep words that have no code: then the Coding has an empty system and code.
    """

    default_error_messages = {
        "required": "Enter a code or words, such as a diagnosis.",
        "ambiguous": "“%(text)s” may mean several codes. Choose one below, or type more.",
        "unknown": "“%(text)s” is neither a code nor the name of one. Type a code or other words.",
        "similar": "“%(text)s” is not known. Choose one below, or type other words.",
        "invalid": "“%(text)s” can't be used on that day.",
        "header": "“%(text)s” is too general. Choose one below, or type more.",
    }

    def __init__(
        self, *, system: str, on: date | None = None, allow_text: bool = False, widget: Any = None, **kwargs: Any
    ) -> None:
        self.system, self.on, self.allow_text = system, on, allow_text
        #: What stands already: as long as its words are left alone it needs no code list to be read again.
        self.kept: Coding | None = None
        super().__init__(widget=widget or CodeSearchWidget(system), **kwargs)

    def clean(self, value: Any) -> Coding | None:
        """Return the coding; raises ``ValidationError``, and offers what may be meant as choices."""
        entry = value if isinstance(value, CodeEntry) else CodeEntry(text=str(value or ""))
        if not entry.text and not entry.choice:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if self.kept is not None and entry.text == self.kept.label and not entry.choice:
            return self.kept
        return self._chosen(entry) or self._resolved(entry.text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text or the code differs from the one shown at first."""
        shown = initial.label if isinstance(initial, Coding) else str(initial or "")
        return bool(data.choice) or shown != data.text

    def _chosen(self, entry: CodeEntry) -> Coding | None:
        """The radio button that was chosen, else the code that the search put there if its text still stands."""
        if entry.choice == AS_TEXT and self.allow_text and entry.text:
            return Coding("", "", entry.text)
        concept = self._find(entry.choice or entry.code)
        if concept is None or not self._usable(concept):
            return None
        coding = Coding(self.system, concept.code, concept.display)
        return coding if entry.choice or entry.text in (coding.label, coding.display) else None

    def _resolved(self, text: str) -> Coding:
        """The one code that the text names: by the code itself, by its label, or by its whole display."""
        concept = self._find(text) or self._labelled(text)
        if concept and self._usable(concept):
            return Coding(self.system, concept.code, concept.display)
        if concept:
            raise self._offer(text, "invalid" if concept.selectable else "header")
        named = by_display(self.system, text, self.on)
        if len(named) == 1:
            return named[0].coding
        if self.allow_text and not Concept.objects.of(self.system).exists():
            # There is no list to choose from: asking which one is meant would only be in the way.
            return Coding("", "", text)
        raise self._offer(text, "ambiguous")

    def _labelled(self, text: str) -> Concept | None:
        """The concept of ``E11.9 Type 2 diabetes …``, as the field itself writes it."""
        code, _, display = text.partition(" ")
        concept = self._find(code) if display else None
        return concept if concept and concept.display.casefold() == display.strip().casefold() else None

    def _offer(self, text: str, problem: str) -> ValidationError:
        """Show the likeliest codes as radio buttons, and say what is wrong."""
        hits = search(self.system, text, limit=_OPTIONS, on=self.on)
        if problem == "ambiguous" and (not hits or hits[0].match == "similar"):
            problem = "similar" if hits else "unknown"
        if isinstance(self.widget, CodeSearchWidget):
            self.widget.options = hits
            self.widget.text_allowed = self.allow_text
        return ValidationError(self.error_messages[problem], code=problem, params={"text": text})

    def _find(self, code: str) -> Concept | None:
        return lookup(self.system, code) if code else None

    def _usable(self, concept: Concept) -> bool:
        return concept.selectable and concept.is_valid_on(self.on or clinic_today())
