"""What a note begins with: templates by kind of note and of visit, and the short words that stand for longer ones."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.choices import NoteType, SectionKind
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint

#: What may stand in ``item``: the short name of a body system or of a question, as in clinic/data/exam.toml.
ITEM = r"^[a-z][a-z0-9-]*$"


@recorded(patient=None)
class NoteTemplate(Recorded):
    """The beginning of a note: for everybody, or, with an ``owner``, for one person.

    ``visit_types`` are the names of the appointment types for which it is offered first; none means any. A template
    that is no longer used is retired, since notes may name it.
    """

    name = models.CharField(max_length=80)
    type = models.CharField(max_length=10, choices=NoteType, default=NoteType.PROGRESS)
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="note_templates"
    )
    visit_types = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            choices_constraint("clinic_template_type", "type", NoteType),
            models.CheckConstraint(name="clinic_template_named", condition=Q(name__regex=r"\S")),
            models.UniqueConstraint(
                fields=["owner", "type", "name"],
                name="clinic_template_once",
                condition=Q(active=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.name


@recorded(patient=None)
class NoteTemplateSection(Recorded):
    """One section of a template. With an ``item`` it is one line of a structured section (a body system).

    ``choices`` is the pick-list from which the text may be put together; ``text`` what stands there at first, tokens
    included.
    """

    template = models.ForeignKey(NoteTemplate, on_delete=models.PROTECT, related_name="sections")
    kind = models.CharField(max_length=10, choices=SectionKind)
    item = models.CharField(max_length=40, blank=True)
    rank = models.PositiveSmallIntegerField(default=1)
    text = models.TextField(blank=True)
    choices = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["rank"]
        constraints = [
            choices_constraint("clinic_template_section_kind", "kind", SectionKind),
            models.CheckConstraint(name="clinic_template_section_item", condition=Q(item="") | Q(item__regex=ITEM)),
            models.UniqueConstraint(
                fields=["template", "kind", "item"],
                name="clinic_template_section_once",
                condition=Q(retired=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.item}".strip()


@recorded(patient=None, words=("text",))
class TextMacro(Recorded):
    """A short word that stands for a text: ``.cough`` in a note becomes it. One's own goes before everybody's."""

    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="macros")
    name = models.CharField(max_length=30)
    text = models.TextField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="clinic_macro_name", condition=Q(name__regex=r"^[a-z][a-z0-9-]{1,29}$")),
            models.CheckConstraint(name="clinic_macro_text", condition=Q(text__regex=r"\S")),
            models.UniqueConstraint(
                fields=["owner", "name"], name="clinic_macro_once", condition=Q(active=True), nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f".{self.name}"
