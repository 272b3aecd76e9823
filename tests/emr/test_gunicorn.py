"""The web server, as every run configures it."""

from __future__ import annotations

import os
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.emr.jobs.machinery import Process, eventually, free_port


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a server with our settings and two workers listens."""
    number = free_port()
    environment = {**os.environ, "BIND": f"127.0.0.1:{number}", "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:emr.gunicorn", "wsgiref.simple_server:demo_app"]
    process = Process(command, tmp_path / "web.log", environment)
    try:
        eventually(lambda: _answers(number), within=60, what="the web server")
        yield number
    finally:
        process.kill()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_connections_on_which_nothing_is_asked_keep_nobody_waiting(port: int) -> None:
    with ExitStack() as silent:
        for _ in range(6):
            silent.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert [_answers(port) for _ in range(4)] == [True] * 4
