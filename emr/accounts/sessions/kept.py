"""What somebody had typed when they were asked to prove who they are, or when their session ended.

It is held in the session under our own keys, belongs to one person, and is sent once: by a page whose form holds it
and goes to where it was meant to go, so that it arrives like any other request, with the same token of its form.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from emr.accounts.models import User
from emr.keys import Unreadable, decrypt, encrypt

SESSION_KEY = "kept_request"


@dataclass(frozen=True)
class Kept:
    """A request that waits: whose, how, where to, what was typed, and where its sender was."""

    owner: str
    method: str
    path: str
    body: str
    back: str

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What was typed, but the form's old token: names and values, in their order."""
        body = QueryDict(self.body) if self.method == "POST" else QueryDict(urlsplit(self.path).query)
        return [(name, value) for name, values in body.lists() for value in values if name != "csrfmiddlewaretoken"]


def pack(request: HttpRequest, owner: User) -> str:
    """The request as encrypted text. Files and passwords are not kept; they must be chosen and typed again."""
    typed = request.POST.copy()
    for name in [name for name in typed if "password" in name]:
        del typed[name]
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    kept = Kept(
        owner=str(owner.pk),
        method="POST" if request.method == "POST" else "GET",
        path=request.get_full_path(),
        body=typed.urlencode(),
        back=came_from.path if came_from.netloc in {"", request.get_host()} and _is_ours(came_from.path) else "",
    )
    return encrypt(json.dumps(asdict(kept)).encode()).decode()


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
    action = kept.path if kept.method == "POST" else urlsplit(kept.path).path
    context = {"kept": kept, "action": action, "by_itself": by_itself}
    return render(request, "accounts/sessions/resume.html", context)
