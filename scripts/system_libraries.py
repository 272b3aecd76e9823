"""What only the operating system can install: is it there, and which one command installs the rest?"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import platform
import shutil
import sys

# The libraries that WeasyPrint loads, under the names that it tries, in its order.
_LIBRARIES = {
    "gobject": ("libgobject-2.0-0", "gobject-2.0-0", "gobject-2.0", "libgobject-2.0.so.0", "libgobject-2.0.0.dylib"),
    "pango": ("libpango-1.0-0", "pango-1.0-0", "pango-1.0", "libpango-1.0.so.0", "libpango-1.0.dylib"),
    "harfbuzz": ("libharfbuzz-0", "harfbuzz", "harfbuzz-0.0", "libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "fontconfig": ("libfontconfig-1", "fontconfig-1", "fontconfig", "libfontconfig.so.1", "libfontconfig.1.dylib"),
    "pangoft2": (
        "libpangoft2-1.0-0",
        "pangoft2-1.0-0",
        "pangoft2-1.0",
        "libpangoft2-1.0.so.0",
        "libpangoft2-1.0.dylib",
    ),
}
_DEBIAN = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


# Where Homebrew puts libraries; a Python that is not Homebrew's own doesn't look there (emr/pdf.py says the same).
_HOMEBREW = "/opt/homebrew/lib:/usr/local/lib:/lib:/usr/lib"


def missing_command() -> str | None:
    """The command that installs all that is missing, or None when nothing is."""
    if platform.system() == "Darwin":
        os.environ.setdefault("DYLD_FALLBACK_LIBRARY_PATH", _HOMEBREW)
    environments = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    libraries = all(_loads(names) for names in _LIBRARIES.values())
    if environments and libraries:
        return None
    if platform.system() == "Darwin":
        return "brew install " + " ".join(
            [*([] if environments else ["python@3.12"]), *([] if libraries else ["pango"])]
        )
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sudo = "" if os.geteuid() == 0 else "sudo "
    if shutil.which("apt-get"):
        packages = [*([] if environments else [f"{python}-venv"]), *([] if libraries else _DEBIAN)]
        return f"{sudo}apt-get update && {sudo}apt-get install -y {' '.join(packages)}"
    packages = [*([] if environments else [python]), *([] if libraries else ["pango"])]
    for installer in ("dnf install -y", "zypper install -y", "apk add", "pacman -S --noconfirm"):
        if shutil.which(installer.split()[0]):
            return f"{sudo}{installer} {' '.join(packages)}"
    return f"install with your system's package manager: {' '.join(packages)}"


def _loads(names: tuple[str, ...]) -> bool:
    for name in names:
        for found in (name, ctypes.util.find_library(name)):
            try:
                if found and ctypes.CDLL(found):
                    return True
            except OSError:
                continue
    return False
