"""The Celery application: the worker and the beat start here (``celery -A emr worker``).

Pages don't use it. They ask for work with :func:`emr.jobs.enqueue`; the relay is the only one that publishes.
"""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings")

TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "emr.jobs.broker:Transport"))

app = Celery("emr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    include=["emr.jobs.tasks", "emr.audit.seals.jobs"],
    enable_utc=True,
    broker_connection_max_retries=None,  # a worker waits for its broker, however long
    # Static and in UTC. What is due on a day is decided by the jobs' keys, not by the beat's memory (emr.jobs.daily).
    beat_schedule={
        "daily": {
            "task": "emr.jobs.tasks.enqueue_daily",
            "schedule": crontab(minute="*/5"),
            "options": {"expires": 240},
        },
        "seal": {
            "task": "emr.audit.seals.jobs.seal_logs",
            "schedule": crontab(minute="*/5"),
            "options": {"expires": 240},
        },
    },
)
