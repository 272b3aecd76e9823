"""URLs under ``/jobs/``."""

from __future__ import annotations

from django.urls import path

from emr.jobs.views import files, jobs

app_name = "jobs"
urlpatterns = [
    path("", jobs.jobs_list, name="jobs_list"),
    path("<uuid:job_id>/", jobs.jobs_detail, name="jobs_detail"),
    path("<uuid:job_id>/progress/", jobs.jobs_progress, name="jobs_progress"),
    path("<uuid:job_id>/cancel/", jobs.jobs_cancel, name="jobs_cancel"),
    path("<uuid:job_id>/retry/", jobs.jobs_retry, name="jobs_retry"),
    path("<uuid:job_id>/files/<uuid:file_id>/", files.files_download, name="files_download"),
]
