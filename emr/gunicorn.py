"""Configuration of the web server: ``gunicorn --config python:emr.gunicorn emr.wsgi:application``.

Sync workers, since pages are short and the database is near; more at one time by ``WEB_CONCURRENCY``.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
from pathlib import Path
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "sync"
# Loaded once and shared by the workers' forks.
preload_app = True
timeout = 60
graceful_timeout = 10
# A worker is renewed now and then, so that a leak never grows old; the spread keeps them from leaving together.
max_requests = 5000
max_requests_jitter = 500
# Paths carry patients' keys: what was read by whom is in the audit log, not in a text file.
accesslog = None
errorlog = "-"
loglevel = "warning"
# Its own lines in the form of ours.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "emr.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": [], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}
control_socket_disable = True
# The heartbeat file must never wait for a disk.
_memory = Path("/dev/shm")  # noqa: S108  gunicorn makes a file of its own there, unlinked at once
worker_tmp_dir = str(_memory) if os.access(_memory, os.W_OK) else None


#: Longer than any browser keeps a connection on which it asks nothing.
_SILENT_SECONDS = 60


def when_ready(server: Any) -> None:
    """Before the workers are forked: move what was loaded out of the collector's reach, so its pages stay shared.

    Browsers open connections ahead of need. A worker that took one would wait for its request and serve nobody else,
    so where the system can (Linux) a connection comes to a worker with its first byte.
    """
    importlib.import_module("emr.pdf_writer")  # else each worker would load it, with somebody waiting for a paper
    gc.collect()
    gc.freeze()
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        for listener in server.LISTENERS:
            if listener.sock.family != socket.AF_UNIX:
                listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_SECONDS)
