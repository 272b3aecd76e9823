"""Static files of installed packages, by an allow-list: nothing of ``node_modules`` is served by accident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django_htmx
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

_HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
_INTER = "node_modules/@fontsource-variable/inter/files"


def vendor_files() -> dict[str, Path]:
    """Return the allow-list: public path under ``STATIC_URL`` to the installed file."""
    root = Path(settings.BASE_DIR)
    return {
        "vendor/htmx.js": _HTMX / "htmx-2.min.js",
        "vendor/inter-latin.woff2": root / _INTER / "inter-latin-wght-normal.woff2",
        "vendor/inter-latin-ext.woff2": root / _INTER / "inter-latin-ext-wght-normal.woff2",
        "vendor/inter-greek.woff2": root / _INTER / "inter-greek-wght-normal.woff2",
        "vendor/inter-cyrillic.woff2": root / _INTER / "inter-cyrillic-wght-normal.woff2",
        "vendor/inter-vietnamese.woff2": root / _INTER / "inter-vietnamese-wght-normal.woff2",
    }


class VendorFinder(BaseFinder):
    """Finds exactly the files of ``vendor_files``."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say which installed file is missing and how to get it."""
        return [
            Error(f"{public} is not installed.", hint="Run: make assets", id="emr.ui.E001")
            for public, source in vendor_files().items()
            if not source.is_file()
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file behind the public path ``path``; an empty list where the allow-list has none."""
        source = vendor_files().get(path)
        if source is None or not source.is_file():
            return []
        return [str(source)] if find_all or kwargs.get("all") else str(source)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield each public path with a storage that opens it."""
        for public, source in vendor_files().items():
            if source.is_file():
                yield public, _OneFile(source)


class _OneFile(FileSystemStorage):
    """A storage of a single file that answers to any name."""

    def __init__(self, source: Path) -> None:
        super().__init__(location=source.parent)
        self._source = source

    def path(self, name: str) -> str:
        """Return the installed file's path."""
        return str(self._source)
