"""Pages of money as tests ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

LogIn = Callable[..., Any]


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    """The HTML of a page that must be there."""
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, (name, response.status_code)
    return b"".join(response).decode()


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    """Send a form."""
    return client.post(reverse(name, args=args), data)
