"""The note against a real web server: what was typed is on disk before the page hears so."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from clinic.models import NoteDraft
from tests import database
from tests.clinic.notes import Person, S, a_note


@contextmanager
def web_server(name: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """gunicorn over the named database; its whole process group ends with the block, however it ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database.with_name(database.APP_URL, name),
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "DEBUG": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:emr.gunicorn", "emr.wsgi:application"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield address, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=20).close()
        except OSError:  # not there yet, or slow to answer
            process.poll()
        else:
            return
    raise AssertionError("The web server did not start.")


def typed(address: str, client: Client, path: str, text: str) -> str:
    """What autosave.js sends; gives the answer's text."""
    token = "a" * 32
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    request = urllib.request.Request(
        address + path,
        data=urllib.parse.urlencode({"version": "2", "subjective": text}).encode(),
        headers={
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}",
            "X-CSRFToken": token,
            "Accept": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


@pytest.mark.feature("E02")
@pytest.mark.feature("A05")
def test_a_draft_outlives_a_web_server_that_is_killed(committed_db: str, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    client = Client()
    client.force_login(doctor, backend="emr.accounts.backends.LoginBackend")
    path = reverse("clinic:notes_autosave", args=[note.patient_id, note.pk])
    with web_server(committed_db) as (address, process):
        assert "Draft saved" in typed(address, client, path, "Half a sente")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    assert NoteDraft.objects.get(note=note).sections[S] == "Half a sente"
    with web_server(committed_db) as (address, _):
        edit = urllib.request.Request(
            address + reverse("clinic:notes_edit", args=[note.patient_id, note.pk]),
            headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"},
        )
        with urllib.request.urlopen(edit, timeout=60) as page:
            assert "Half a sente" in page.read().decode()
