"""Which algorithms our own code names, where chance comes from, and who talks to other machines."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest
from django.conf import settings

from tests.emr.test_settings import COMPLETE
from tests.services import ROOT

pytestmark = pytest.mark.feature("A08")

APPS = ("emr", "clinic", "scheduling", "billing", "interop")


@cache
def _nodes() -> list[tuple[str, ast.AST]]:
    """Each import, call and attribute of our own code, with its file."""
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call | ast.Attribute)
    ]


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """All tests of the module look at what was read once; no other needs to carry it."""
    yield
    _nodes.cache_clear()


@cache
def _imports() -> frozenset[tuple[str, str]]:
    """Each file with each dotted name that it imports."""
    found: set[tuple[str, str]] = set()
    for path, node in _nodes():
        if isinstance(node, ast.Import):
            found |= {(path, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {(path, f"{node.module}.{alias.name}") for alias in node.names}
    return frozenset(found)


def test_hashes_are_sha_256_or_blake2() -> None:
    used = {
        node.attr
        for _, node in _nodes()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hashlib"
    }
    assert used == {"sha256", "blake2b", "file_digest"}
    named = {
        word.value
        for _, node in _nodes()
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"salted_hmac", "hashlib.file_digest"}
        for word in [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "algorithm")]
        if isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value.startswith(("sha", "md"))
    }
    assert named == {"sha256"}


def test_ciphers_and_signatures_are_those_of_the_list() -> None:
    """The list stands in docs/security.md, under keys and algorithms."""
    used = {name.rpartition(".")[2] for _, name in _imports() if name.startswith("cryptography.hazmat.primitives")}
    assert used == {"AESGCM", "Ed25519PrivateKey", "Ed25519PublicKey", "HKDF", "SHA256"}
    others = {name.partition(".")[0] for _, name in _imports()} & {"Crypto", "Cryptodome", "nacl", "rsa", "ecdsa"}
    assert others == set()


def test_chance_comes_from_the_system() -> None:
    """``random`` can be foretold; only what has nothing to guess may use it."""
    assert {path for path, name in _imports() if name.partition(".")[0] == "random"} == set()


def test_passwords_are_hashed_with_argon2id() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.contrib.auth.hashers import make_password\n"
        "print(make_password('marble otter swims'))"
    )
    environment = {"PATH": "/usr/bin:/bin", **COMPLETE, "DJANGO_SETTINGS_MODULE": "emr.settings"}
    made = subprocess.check_output([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, text=True)
    algorithm, kind, version, cost = made.strip().split("$")[:4]
    assert (algorithm, kind, version) == ("argon2", "argon2id", "v=19")
    costs = {name: int(value) for name, value in (part.split("=") for part in cost.split(","))}
    assert costs["m"] >= 19 * 1024, "memory in KiB"
    assert costs["t"] >= 2


def test_only_these_talk_to_other_machines() -> None:
    """Each goes where a setting says, and nowhere that somebody types (docs/security.md, what it talks to)."""
    clients = ("requests", "urllib.request", "http.client", "socket", "smtplib", "httpx", "urllib3", "ftplib")
    by_name_only = {
        ("emr/accounts/views/federation.py", "requests.RequestException"),
        ("emr/accounts/federation/adapter.py", "requests.Session"),
        ("emr/accounts/adapter.py", "smtplib.SMTPException"),
        ("scheduling/actions/reminders.py", "smtplib.SMTPException"),
        ("scheduling/actions/offering.py", "smtplib.SMTPException"),
    }
    talking = {path for path, name in _imports() - by_name_only if name.startswith(clients)}
    services = {f"emr/services/{name}.py" for name in ("ports", "supervisor", "valkey")}
    # The web server listens, and lets the kernel wait for connections that say nothing.
    assert talking == {"scheduling/reminding/sms.py", "emr/gunicorn.py", *services}
    mailing = {path for path, name in _imports() if name == "django.core.mail.send_mail"}
    accounts = {f"emr/accounts/actions/{name}.py" for name in ("factors", "federation", "invitations")}
    patients = {f"scheduling/actions/{name}.py" for name in ("offering", "reminders")}
    assert mailing == {"clinic/tasks.py", "clinic/actions/intake_links.py", *patients, *accounts}
    asking = {
        path for path, node in _nodes() if isinstance(node, ast.Attribute) and node.attr == "get_requests_session"
    }
    assert asking == {"emr/accounts/federation/adapter.py", "emr/accounts/federation/provider.py"}
