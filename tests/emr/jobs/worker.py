"""The project's Celery application with the handlers of the tests (``celery -A tests.emr.jobs.worker``)."""

from emr.celery import app

app.conf.include = [*app.conf.include, "tests.emr.jobs.handlers"]
