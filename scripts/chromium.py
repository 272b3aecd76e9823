"""Prints the path of a Chromium for the tests: the system's, else one that it installs.

Order: ``CHROMIUM_PATH``; a browser that is installed; Debian's package where we may install it; Playwright's own
download. Exit status 1, with one line on standard error, when there is none.
"""

# ruff: noqa: S603, S607, T201  the commands are ours, none comes from outside; the person at the terminal reads what is printed

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def main() -> int:
    path = os.environ.get("CHROMIUM_PATH") or _installed() or _from_debian() or _from_playwright()
    if not path or not _runs(path):
        print(
            "The tests need Chromium and none could be installed: install it, or set CHROMIUM_PATH to one.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


def _installed() -> str | None:
    return next((path for path in _places() if _runs(path)), None)


def _places() -> Iterator[str]:
    for name in _NAMES:
        if path := shutil.which(name):
            yield path
    if platform.system() == "Darwin":
        yield from _MACOS


def _runs(path: str) -> bool:
    # Ubuntu's chromium-browser may be a mere hint to install a snap.
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def _from_debian() -> str | None:
    sudo = _administrator()
    if sudo is None or not _is_debian():
        return None
    _say("Installing Debian's chromium for the tests …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]):
        if subprocess.run([*sudo, *command], env=environment, stdout=sys.stderr, check=False).returncode != 0:
            return None
    return _installed()


def _is_debian() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()


def _administrator() -> list[str] | None:
    """What to put before a command that installs: nothing for root, sudo where it asks for no password."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _from_playwright() -> str | None:
    _say("Downloading Playwright's chromium for the tests …")
    libraries = ["--with-deps"] if _administrator() is not None and shutil.which("apt-get") else []
    command = [sys.executable, "-m", "playwright", "install", *libraries, "chromium"]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
