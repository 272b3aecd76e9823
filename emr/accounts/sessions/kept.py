"""What somebody had typed when they were asked to prove who they are, or when their session ended.

It is held in the session under our own keys, belongs to one person, and is sent once: by a page whose form holds it
and goes to where it was meant to go, so that it arrives like any other request, with the same token of its form.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from emr.accounts.models import User
from emr.keys import Unreadable, decrypt, encrypt

SESSION_KEY = "kept_request"
#: The most that is kept of a form, in bytes as a browser sends it: whoever has no session may fill no table with it.
MOST = 256 * 1024

_DROPPED = ("password", "credential")
#: Fields that no person typed: they are sent on, and not shown.
_UNTYPED = re.compile(r"token|secret|_FORMS$", re.IGNORECASE)


@dataclass(frozen=True)
class Kept:
    """A request that waits: whose, how, where to, what was typed, and where its sender was."""

    owner: str
    method: str
    path: str
    body: str
    back: str
    too_large: bool = False

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What was typed, but the form's old token: names and values, in their order."""
        body = QueryDict(self.body) if self.method == "POST" else QueryDict(urlsplit(self.path).query)
        return [(name, value) for name, values in body.lists() for value in values if name != "csrfmiddlewaretoken"]

    @property
    def page(self) -> str:
        """The page it goes to, in words of its route: no key and nothing of a patient stands in them."""
        try:
            name = resolve(urlsplit(self.path).path).url_name or ""
        except Resolver404:
            return ""
        noun, _, verb = name.partition("_")
        return f"{_in_words(noun)}: {verb.replace('_', ' ')}" if verb else _in_words(noun)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What was typed, for its sender to look at: labels and values; of an entry that was chosen, that it was."""
        return [
            (_in_words(name), "As chosen" if _is_key(value) else value)
            for name, value in self.fields
            if value.strip() and not _UNTYPED.search(name)
        ]


def pack(request: HttpRequest, owner: User) -> str:
    """The request as encrypted text. Files and passwords are not kept; they must be chosen and typed again.

    Of what is larger than :data:`MOST` nothing is kept but where its sender was; :func:`say_if_too_large` tells them.
    """
    typed = request.POST.copy()
    for name in [name for name in typed if any(part in name for part in _DROPPED)]:
        del typed[name]
    body = typed.urlencode()
    too_large = len(body) > MOST
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    kept = Kept(
        owner=str(owner.pk),
        method="POST" if request.method == "POST" else "GET",
        path=request.get_full_path(),
        body="" if too_large else body,
        back=came_from.path if came_from.netloc in {"", request.get_host()} and _is_ours(came_from.path) else "",
        too_large=too_large,
    )
    return encrypt(json.dumps(asdict(kept)).encode()).decode()


def say_if_too_large(request: HttpRequest, text: str, owner: User) -> None:
    """Tell whoever sent too much to be kept, on the page that asks them who they are."""
    found = unpack(text, owner)
    if found is not None and found.too_large:
        messages.warning(request, "What you sent was too large to keep: it was not saved, and has to be entered again.")


def _in_words(name: str) -> str:
    return re.sub(r"[-_]+", " ", name).strip().capitalize()


def _is_key(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_ours(path: str) -> bool:
    """Whether a link to the path stays here: ``//name`` leads to another house."""
    return url_has_allowed_host_and_scheme(path, allowed_hosts=None)


def unpack(text: str, owner: User) -> Kept | None:
    """The request again, if it is ``owner``'s and can be read."""
    try:
        kept = Kept(**json.loads(decrypt(text.encode())))
    except Unreadable:
        return None
    return kept if kept.owner == str(owner.pk) else None


def send(request: HttpRequest, kept: Kept | None, *, by_itself: bool) -> HttpResponse:
    """The page that sends the request on, by itself or at a press of its button; the first page when there is none."""
    if kept is None:
        return redirect(reverse("ui:home"))
    if kept.too_large:
        return redirect(kept.back or reverse("ui:home"))
    action = kept.path if kept.method == "POST" else urlsplit(kept.path).path
    context = {"kept": kept, "action": action, "by_itself": by_itself}
    return render(request, "accounts/sessions/resume.html", context)
