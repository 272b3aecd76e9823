"""Tables of the jobs app."""

from emr.jobs.models.files import JobFile
from emr.jobs.models.jobs import Job, JobQuerySet

__all__ = ["Job", "JobFile", "JobQuerySet"]
