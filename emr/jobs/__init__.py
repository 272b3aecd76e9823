"""Work that may take longer than a page: asked for with ``enqueue``, done by a function under ``@job``.

The queue is a table (an outbox): a row is written in the caller's transaction, the relay hands it to Celery, and the
same row then tells progress, result and error. ``docs/jobs.md`` tells the whole story.
"""

from emr.jobs.queue import enqueue
from emr.jobs.registry import job
from emr.jobs.run import JobCancelled, JobRun

__all__ = ["JobCancelled", "JobRun", "enqueue", "job"]
