"""The inbox, tasks, messages of colleagues, and standing in for them."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import delegations, inbox, messages, tasks

urlpatterns: list[URLPattern] = [
    path("inbox/", inbox.inbox_list, name="tasks_inbox"),
    path("inbox/act/", inbox.act, name="tasks_act"),
    path("inbox/away/", delegations.delegations, name="delegations_list"),
    path("inbox/away/<uuid:delegation_id>/end/", delegations.end, name="delegations_end"),
    path("inbox/tasks/new/", tasks.new, name="tasks_new"),
    path("inbox/tasks/<uuid:task_id>/", tasks.detail, name="tasks_detail"),
    path("inbox/tasks/<uuid:task_id>/done/", tasks.complete, name="tasks_complete"),
    path("inbox/tasks/<uuid:task_id>/cancel/", tasks.cancel, name="tasks_cancel"),
    path("inbox/tasks/<uuid:task_id>/reopen/", tasks.reopen, name="tasks_reopen"),
    path("inbox/tasks/<uuid:task_id>/comment/", tasks.comment, name="tasks_comment"),
    path("inbox/tasks/<uuid:task_id>/change/", tasks.change, name="tasks_change"),
    path("inbox/tasks/<uuid:task_id>/chart/", tasks.write, name="tasks_write"),
    path("inbox/messages/new/", messages.new, name="messages_new"),
    path("inbox/messages/sent/", messages.sent_list, name="messages_sent"),
    path("inbox/messages/<uuid:thread_id>/", messages.thread, name="messages_thread"),
    path("inbox/messages/<uuid:thread_id>/read/", messages.read, name="messages_read"),
    path("inbox/messages/<uuid:thread_id>/away/", messages.archive, name="messages_archive"),
    path("inbox/messages/<uuid:thread_id>/back/", messages.bring_back, name="messages_bring_back"),
    path("<uuid:patient_id>/tasks/", tasks.patient_list, name="tasks_patient"),
    path("<uuid:patient_id>/tasks/new/", tasks.patient_new, name="tasks_patient_new"),
    path("<uuid:patient_id>/messages/new/", messages.patient_new, name="messages_patient_new"),
]
