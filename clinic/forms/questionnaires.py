"""The manager's editor: a questionnaire as rows, each a question; a text to sign."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.intaking import ConsentKind
from clinic.questionnaires.items import Item, ItemType, flat
from emr.ui.forms import Form, PickedDateField

#: Rows of the editor; one who needs more saves, and gets more empty ones.
SPARE_ROWS = 3
MOST_ROWS = 60
_KINDS = [
    (ItemType.STRING, "Short text"),
    (ItemType.TEXT, "Long text"),
    (ItemType.BOOLEAN, "Yes or no"),
    (ItemType.CHOICE, "Choice"),
    (ItemType.DATE, "Date"),
    (ItemType.INTEGER, "Number"),
]


class QuestionnaireForm(Form):
    """What a questionnaire is called and what it is for."""

    title = forms.CharField(label="Title", max_length=120)
    description = forms.CharField(
        label="Introduction", required=False, max_length=500, widget=forms.Textarea({"rows": 2})
    )


class RowForm(Form):
    """One question. A row without a text is no question: emptying one takes it out."""

    link_id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    text = forms.CharField(label="Question", required=False, max_length=500)
    type = forms.ChoiceField(label="Kind", choices=_KINDS)
    options = forms.CharField(
        label="Answers, one a line", required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    repeats = forms.BooleanField(label="More than one", required=False)
    required = forms.BooleanField(label="Must be answered", required=False)

    def clean(self) -> dict[str, Any]:
        """A choice needs answers; other kinds have none."""
        said: dict[str, Any] = super().clean() or {}
        lines = [line.strip() for line in said.get("options", "").splitlines() if line.strip()]
        if said.get("text") and said.get("type") == ItemType.CHOICE and len(set(lines)) < 2:
            self.add_error("options", "Enter at least two answers, each on a line of its own.")
        said["lines"] = list(dict.fromkeys(lines))
        return said


def rows_of(items: tuple[Item, ...]) -> list[dict[str, Any]]:
    """The items as rows of the editor."""
    return [
        {
            "link_id": item.link_id,
            "text": item.text,
            "type": item.type,
            "options": "\n".join(option.display for option in item.options),
            "repeats": item.repeats,
            "required": item.required,
        }
        for item in flat(items)
        if item.type not in (ItemType.GROUP, ItemType.DISPLAY)
    ]


def items_from(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """FHIR items from cleaned rows, numbered anew where they are new. What the editor doesn't show of an item that was
    there before (help, conditions, codes) stays with it.
    """
    known = {item["linkId"]: item for item in before}
    taken, found = set(known), []
    for row in rows:
        if not row["text"]:
            continue
        old = known.get(row["link_id"], {})
        number = row["link_id"] if old else _free(taken)
        taken.add(number)
        item = {**old, "linkId": number, "text": row["text"], "type": str(row["type"])}
        item |= {"required": row["required"], "repeats": row["repeats"] and row["type"] == ItemType.CHOICE}
        item.pop("answerOption", None)
        if row["type"] == ItemType.CHOICE:
            item["answerOption"] = _options(row["lines"], old)
        found.append(item)
    return _without_loose_conditions(found)


def _options(lines: list[str], old: dict[str, Any]) -> list[dict[str, Any]]:
    """Answers in the order of the lines; one that was there before keeps its code."""
    before = {option["valueCoding"]["display"]: option for option in old.get("answerOption", [])}
    taken = {option["valueCoding"]["code"] for option in before.values()}
    found = []
    for line in lines:
        if line in before:
            found.append(before[line])
            continue
        code = _free(taken, "a")
        taken.add(code)
        found.append({"valueCoding": {"code": code, "display": line[:200]}})
    return found


def _without_loose_conditions(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A question whose condition asks for a question or an answer that is gone is asked always."""
    offered: dict[str, set[str]] = {}
    for item in items:
        kept = [one for one in item.get("enableWhen", []) if _answer(one) in offered.get(one["question"], set())]
        if len(kept) < len(item.get("enableWhen", [])):
            item.pop("enableWhen")
        codes = {option["valueCoding"]["code"] for option in item.get("answerOption", [])}
        offered[item["linkId"]] = {"true", "false"} if item["type"] == ItemType.BOOLEAN else codes
    return items


def _answer(condition: dict[str, Any]) -> str:
    if "answerBoolean" in condition:
        return str(condition["answerBoolean"]).lower()
    return str(condition.get("answerCoding", {}).get("code", ""))


def _free(taken: set[str], letter: str = "q") -> str:
    return next(f"{letter}{number}" for number in range(1, 1000) if f"{letter}{number}" not in taken)


class TextForm(Form):
    """A text to sign."""

    title = forms.CharField(label="Title", max_length=120)
    kind = forms.ChoiceField(label="Kind", choices=ConsentKind)
    text = forms.CharField(
        label="Text",
        max_length=50_000,
        widget=forms.Textarea({"rows": 16}),
        help_text="An empty line begins a new paragraph.",
    )
    effective = PickedDateField(label="In force from")
    required = forms.BooleanField(label="Asked of everybody", required=False, initial=True)
    renew_months = forms.IntegerField(label="Signed again after months", required=False, min_value=1, max_value=120)


class StandingForm(Form):
    """Put to use, or retire."""

    standing = forms.ChoiceField(choices=[("publish", "Put to use"), ("retire", "Retire")])


class ShippedForm(Form):
    """What comes with the program, to add."""

    kind = forms.ChoiceField(choices=[("questionnaire", "Questionnaire"), ("text", "Text")])
    name = forms.SlugField(max_length=40)
