"""Forms that take pictures and papers of a patient in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.models import Coverage
from clinic.papers import DocumentCategory
from clinic.queries.people import staff
from emr.accounts.models import User
from emr.ui.forms import Form, IdempotencyField, PickedDateField
from emr.uploads.incoming import Incoming, Limits, UploadField
from emr.uploads.kinds import Kind

#: Bytes of one picture: a photograph of a telephone; of one paper: some fifty scanned pages.
_PICTURE_BYTES = 12 * 1024 * 1024
_PAPER_BYTES = 20 * 1024 * 1024
PICTURES = Limits((Kind.JPEG, Kind.PNG), _PICTURE_BYTES)
PAPERS = Limits((Kind.PDF, Kind.JPEG, Kind.PNG), _PAPER_BYTES)

#: What the capture page takes, in its order.
SLOTS: dict[str, DocumentCategory] = {
    "photo": DocumentCategory.PHOTO,
    "identity_card": DocumentCategory.IDENTITY_CARD,
    "insurance_card_front": DocumentCategory.INSURANCE_CARD_FRONT,
    "insurance_card_back": DocumentCategory.INSURANCE_CARD_BACK,
}


class CaptureForm(Form):
    """Pictures from the camera or as files, each by itself: one that is refused doesn't keep the others out."""

    coverage = forms.ModelChoiceField(
        label="Policy of the card", queryset=Coverage.objects.none(), required=False, empty_label="No policy on file"
    )

    def __init__(
        self, *args: Any, categories: Sequence[DocumentCategory], coverages: Sequence[Coverage], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, category in SLOTS.items():
            if category in categories:
                limits = PICTURES if category == DocumentCategory.PHOTO else PAPERS
                self.fields[name] = UploadField(limits, label=str(category.label), required=False)
        policy = self.fields["coverage"]
        assert isinstance(policy, forms.ModelChoiceField)  # noqa: S101  declared above
        policy.queryset = Coverage.objects.filter(pk__in=[row.pk for row in coverages]).select_related("payer")
        if coverages:
            policy.empty_label = None
            self.initial.setdefault("coverage", coverages[0].pk)

    @property
    def slots(self) -> list[forms.BoundField]:
        """The fields that take a file."""
        return [self[name] for name in SLOTS if name in self.fields]

    def taken(self) -> Iterator[tuple[str, DocumentCategory, Incoming]]:
        """Each file that was sent and is what it should be, by its field."""
        for name, category in SLOTS.items():
            file = self.cleaned_data.get(name)
            if file is not None:
                yield name, category, file


class DocumentForm(Form):
    """One paper: a scan, a form that was signed by hand, a letter."""

    category = forms.ChoiceField(label="Kind")
    description = forms.CharField(label="What it is", max_length=200, help_text="For example: Letter of Dr Kim.")
    document_date = PickedDateField(label="Date on the paper", required=False)
    reviewer = forms.ModelChoiceField(
        label="To be read by", queryset=User.objects.none(), required=False, empty_label="Nobody needs to read it"
    )
    file = UploadField(PAPERS, label="File", help_text="PDF, JPEG or PNG, up to 20 MB.")
    request_token = IdempotencyField(required=False)

    def __init__(self, *args: Any, categories: Sequence[DocumentCategory], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("reviewer", staff())
        kinds = [(kind.value, str(kind.label)) for kind in categories if kind not in SLOTS.values()]
        self.offer("category", kinds)
        self.initial.setdefault("category", DocumentCategory.OTHER)


class DocumentFilterForm(Form):
    """Which documents the list shows."""

    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds"), *DocumentCategory.choices])
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), ("unread", "To be read"), ("read", "Reviewed")],
    )

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that mean something, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class DocumentFileForm(Form):
    """What a document is after all, and to which policy a card belongs."""

    category = forms.ChoiceField(label="Kind")
    description = forms.CharField(label="What it is", max_length=200, required=False)
    coverage = forms.ModelChoiceField(
        label="Policy of the card", queryset=Coverage.objects.none(), required=False, empty_label="None"
    )

    def __init__(
        self, *args: Any, categories: Sequence[DocumentCategory], policies: QuerySet[Coverage], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("category", [(kind.value, str(kind.label)) for kind in categories])
        self.offer("coverage", policies)


class DocumentReviewForm(Form):
    """One has read it."""

    comment = forms.CharField(label="Comment", max_length=500, required=False)


class DocumentReviewerForm(Form):
    """Who is to read it."""

    reviewer = forms.ModelChoiceField(label="To be read by", queryset=User.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("reviewer", staff())


class DocumentErrorForm(Form):
    """Why a document is wrong: another patient's, unreadable."""

    reason = forms.CharField(
        label="Why this is wrong", max_length=300, help_text="For example: the card of another patient."
    )
