"""Which jobs there are: a name, who may see it, and the function that does it.

Handlers live in ``<app>/tasks.py``, which is imported at start::

    @job("billing.claim_batch_pdf", permission=Permission.EXPORT_CLAIMS, title="Printing claims")
    def print_batch(run: JobRun) -> dict[str, Any] | None: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from emr.access.permissions import Permission

if TYPE_CHECKING:
    from django.http import HttpRequest

    from emr.jobs.models import Job
    from emr.jobs.run import JobRun

Handler = Callable[["JobRun"], "dict[str, Any] | None"]


@dataclass(frozen=True)
class JobSpec:
    """What is known of a job before any is asked for; see :func:`job` for the meaning of each."""

    name: str
    title: str
    permission: Permission
    handler: Handler
    max_attempts: int
    backoff: timedelta
    atomic: bool
    daily_at: time | None
    every: timedelta | None
    due: Callable[[], bool]
    on_download: Callable[[Job, HttpRequest], None] | None
    result_url: Callable[[Job], str] | None


_SPECS: dict[str, JobSpec] = {}


def job(
    name: str,
    *,
    permission: Permission,
    title: str,
    max_attempts: int = 3,
    backoff: timedelta = timedelta(seconds=5),
    atomic: bool = True,
    daily_at: time | None = None,
    every: timedelta | None = None,
    due: Callable[[], bool] = lambda: True,
    on_download: Callable[[Job, HttpRequest], None] | None = None,
    result_url: Callable[[Job], str] | None = None,
) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of ``name`` (``<app>.<what it makes>``).

    permission: needed to see the job, besides being its creator or holding ``VIEW_ALL_JOBS``.
    title: what the job does, in words for the list ("Printing claims"); never about one patient.
    max_attempts, backoff: a failed attempt is tried again after ``backoff``, then twice that, and so on.
    atomic: the handler and the job's own success commit in one transaction, so its writes happen exactly once.
        Without it each action of the handler commits by itself, and running it again must do no harm.
    daily_at: also started by itself once a day, after this time (UTC).
    every: also started by itself once in each stretch of this length (of the day in UTC), when ``due()`` finds
        something to do: without, no row is written.
    on_download: called before a file of the job is handed out, to record the access to the charts in it.
    result_url: where a finished job's outcome can be seen.

    Raises ValueError when the name is taken.
    """

    def register(handler: Handler) -> Handler:
        if name in _SPECS:
            raise ValueError(f"Two handlers for the job {name!r}.")
        _SPECS[name] = JobSpec(
            name,
            title,
            permission,
            handler,
            max_attempts,
            backoff,
            atomic,
            daily_at,
            every,
            due,
            on_download,
            result_url,
        )
        return handler

    return register


def find(name: str) -> JobSpec | None:
    """The job of that name, or None when this version of the program has none."""
    return _SPECS.get(name)


def spec_of(name: str) -> JobSpec:
    """The job of that name; raises LookupError when there is none."""
    spec = _SPECS.get(name)
    if spec is None:
        raise LookupError(f"No handler is registered for the job {name!r}.")
    return spec


def daily() -> list[JobSpec]:
    """The jobs that start by themselves each day."""
    return [spec for spec in _SPECS.values() if spec.daily_at is not None]


def repeated() -> list[JobSpec]:
    """The jobs that start by themselves many times a day, where there is something to do."""
    return [spec for spec in _SPECS.values() if spec.every is not None]


def names_allowed(user: Any) -> list[str]:
    """Names of the jobs whose permission ``user`` holds."""
    return [spec.name for spec in _SPECS.values() if user.has_perm(spec.permission)]


def sees_all(user: Any) -> bool:
    """Whether ``user`` sees other people's jobs too."""
    return bool(user.has_perm(Permission.VIEW_ALL_JOBS))
