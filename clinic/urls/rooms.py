"""The URLs of a list of the chart, made of what its room says."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views.lists import Room
from clinic.views.rooms import act_view, add_view, history_view, list_view, print_view


def room_urls(room: Room) -> list[URLPattern]:
    """The list, its paper, the entry of a row; for each row its acts and its history."""
    base = f"<uuid:patient_id>/{room.path}"
    row = f"{base}/<uuid:{room.key_name}>"
    return [
        path(f"{base}/", list_view(room), name=f"{room.section}_list"),
        path(f"{base}/print/", print_view(room), name=f"{room.section}_print"),
        *([path(f"{base}/add/", add_view(room, room.add), name=f"{room.section}_add")] if room.add else []),
        *(path(f"{row}/{act.name}/", act_view(room, act), name=f"{room.section}_{act.name}") for act in room.every_act),
        path(f"{row}/history/", history_view(room), name=f"{room.section}_history"),
    ]
