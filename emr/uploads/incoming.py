"""Taking a file in: every upload of the house goes through :func:`take`, forms through :class:`UploadField`."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from emr.audit.security import record_security_event
from emr.uploads.kinds import ENDINGS, WORDS, Kind, kind_of
from emr.uploads.papers import check_pdf
from emr.uploads.pictures import MAX_PIXELS, MAX_SIDE, redraw
from emr.uploads.refusals import Refused
from emr.uploads.scan import scan

_UNFIT = re.compile(r"[^\w .,()+-]+")


@dataclass(frozen=True)
class Incoming:
    """A file that was taken: its content (of a picture, drawn anew), kind, SHA-256, pages (of a PDF, else 0) and a
    name that is fit to be shown and saved under, but never to be opened by.
    """

    name: str
    kind: Kind
    content: bytes
    sha256: str
    pages: int = 0


@dataclass(frozen=True)
class Limits:
    """What one field takes."""

    kinds: Collection[Kind]
    max_bytes: int
    max_side: int = MAX_SIDE
    max_pixels: int = MAX_PIXELS


def take(upload: UploadedFile[bytes], limits: Limits) -> Incoming:
    """The file, checked. Raises Refused with a sentence for the sender."""
    if (upload.size or 0) > limits.max_bytes:
        raise Refused(f"The file is larger than {_size(limits.max_bytes)}. Make it smaller or split it.")
    return check(upload.read(limits.max_bytes + 1), upload.name or "", limits)


def check(content: bytes, name: str, limits: Limits) -> Incoming:
    """As :func:`take` for bytes that are in memory already."""
    if len(content) > limits.max_bytes:
        raise Refused(f"The file is larger than {_size(limits.max_bytes)}. Make it smaller or split it.")
    wanted = " or ".join(WORDS[wanted] for wanted in limits.kinds)
    try:
        kind = kind_of(content)
    except Refused as refusal:
        raise Refused(f"{refusal.message} Save it as {wanted}.", recorded=refusal.recorded) from refusal
    if kind not in limits.kinds:
        raise Refused(f"The file is {WORDS[kind]} by its content; {wanted} is taken here.")
    scan(content)
    pages = check_pdf(content) if kind == Kind.PDF else 0
    if kind in (Kind.PNG, Kind.JPEG):
        content = redraw(content, kind, max_side=limits.max_side, max_pixels=limits.max_pixels)
    return Incoming(safe_name(name, kind), kind, content, hashlib.sha256(content).hexdigest(), pages)


def safe_name(name: str, kind: Kind) -> str:
    """The sender's name for the file without folders, marks and control characters, ending as its kind does."""
    last = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = _UNFIT.sub("_", last).rsplit(".", 1)[0].strip(" ._")[:100]
    return f"{stem or 'file'}{ENDINGS[kind]}"


class UploadField(forms.FileField):
    """A file in a form: its cleaned value is an Incoming, or None. A refusal that matters is on record."""

    def __init__(self, limits: Limits, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput({"accept": ",".join(limits.kinds)}))
        super().__init__(**kwargs)
        self.limits = limits

    def clean(self, data: Any, initial: Any = None) -> Incoming | None:
        """Check the file. Raises ValidationError."""
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            return take(upload, self.limits)
        except Refused as error:
            if error.recorded:
                record_security_event("upload_refused", detail=error.recorded)
            raise forms.ValidationError(error.message) from error


def _size(number: int) -> str:
    return f"{number // 1024} kB" if number < 1024 * 1024 else f"{number // (1024 * 1024)} MB"
