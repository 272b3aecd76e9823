"""Reading a bundle's file: JSON, gzipped or not, and what is wrong with it in a sentence."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

#: A bundle larger than this, unpacked, is not one clinic patient's life: it is refused before it fills the memory.
MAX_BYTES = 200 * 1024 * 1024


class BundleError(ValueError):
    """A file that is no FHIR bundle; the message says why and where."""


@dataclass(frozen=True)
class Entry:
    """One entry of a bundle: its place, the URL by which others refer to it, the resource."""

    index: int
    full_url: str
    resource: dict[str, Any]

    @property
    def type(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """The resource's id in its source."""
        return str(self.resource["id"])

    @property
    def name(self) -> str:
        """How reports name the resource."""
        return f"{self.type}/{self.id}"


def bundle_files(folder: Path) -> list[Path]:
    """The bundles in a folder, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.gz")))


def read_bundle(path: Path) -> dict[str, Any]:
    """The bundle in a file. Raises BundleError for a file that can't be read, is no JSON, or is no bundle."""
    try:
        opener = gzip.open if path.name.endswith(".gz") else open
        with opener(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BundleError(f"can't be read: {error}") from error
    if len(raw) > MAX_BYTES:
        raise BundleError(f"is larger than {MAX_BYTES // 1024 // 1024} MB")
    return parse_bundle(raw)


def parse_bundle(raw: bytes) -> dict[str, Any]:
    """The bundle in JSON text. Numbers keep their digits. Raises BundleError."""
    try:
        bundle = json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BundleError("is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise BundleError(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise BundleError("is nested too deep") from error
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        kind = bundle.get("resourceType") if isinstance(bundle, dict) else type(bundle).__name__
        raise BundleError(f"is no FHIR bundle but {kind or 'an object without a resourceType'}")
    if not isinstance(bundle.get("entry", []), list):
        raise BundleError("has an entry element that is no list")
    return bundle


def entries(bundle: dict[str, Any]) -> Iterator[Entry | tuple[int, str]]:
    """The entries; for one that holds no resource with a type and an id, its place and what is wrong."""
    for index, item in enumerate(bundle.get("entry", [])):
        resource = item.get("resource") if isinstance(item, dict) else None
        if not isinstance(resource, dict):
            yield index, "holds no resource"
        elif not isinstance(resource.get("resourceType"), str):
            yield index, "holds a resource without a resourceType"
        elif not isinstance(resource.get("id"), str) or not resource["id"]:
            yield index, f"holds a {resource['resourceType']} without an id"
        else:
            yield Entry(index, str(item.get("fullUrl", "")), resource)


def content_hash(resource: dict[str, Any]) -> str:
    """SHA-256 of the resource's canonical JSON."""
    return hashlib.sha256(json.dumps(plain(resource), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(value: Any) -> Any:
    """The same value without Decimals, as a JSON column takes it: a number that no float holds exactly becomes text."""
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _no_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is no number", name, 0)
