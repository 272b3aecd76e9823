"""The inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import tasks

urlpatterns: list[URLPattern] = [
    path("inbox/", tasks.inbox_list, name="tasks_inbox"),
    path("inbox/<uuid:task_id>/done/", tasks.complete, name="tasks_complete"),
]
