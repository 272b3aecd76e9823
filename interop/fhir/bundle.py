"""Reading a bundle's file: JSON, gzipped or not, and what is wrong with it in a sentence."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any, NoReturn

#: A bundle larger than this, unpacked, is not one clinic patient's life: it is refused before it fills the memory.
MAX_BYTES = 200 * 1024 * 1024

#: No resource of FHIR's nests deeper; one that does was not made by a medical record.
MAX_DEPTH = 50

#: FHIR's own rule for ids and for the names of types.
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,59}")

#: What no text column can hold: NUL, and halves of a character pair.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class BundleError(ValueError):
    """A file that is no FHIR bundle; the message says why and where."""


class _Unfit(ValueError):
    """A value inside a resource that can't be kept; the message says where and why."""


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


@dataclass(frozen=True)
class BadEntry:
    """An entry that holds nothing to import: its place, the resource's name as far as it has one, what is wrong."""

    index: int
    name: str
    problem: str


def bundle_files(folder: Path) -> list[Path]:
    """The bundles in a folder, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.endswith((".json", ".json.gz")))


def read_bundle(path: Path) -> dict[str, Any]:
    """The bundle in a file. Raises BundleError for a file that can't be read, is no JSON, or is no bundle."""
    try:
        opener = gzip.open if path.name.endswith(".gz") else open
        with opener(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BundleError(f"can't be read: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise BundleError(f"can't be unpacked: {error}") from error
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
    except (ValueError, DecimalException) as error:
        raise BundleError("has a number that is too large") from error
    return checked(bundle)


def checked(bundle: Any) -> dict[str, Any]:
    """Parsed JSON that is a bundle. Raises BundleError for anything else."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        kind = bundle.get("resourceType") if isinstance(bundle, dict) else type(bundle).__name__
        raise BundleError(f"is no FHIR bundle but {kind or 'an object without a resourceType'}"[:200])
    if not isinstance(bundle.get("entry", []), list):
        raise BundleError("has an entry element that is no list")
    return bundle


def entries(bundle: dict[str, Any]) -> Iterator[Entry | BadEntry]:
    """The entries; for one that holds no resource that can be kept, its place and what is wrong."""
    for index, item in enumerate(bundle.get("entry", [])):
        resource = item.get("resource") if isinstance(item, dict) else None
        if not isinstance(resource, dict):
            yield BadEntry(index, "", "holds no resource")
            continue
        kind, key = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
            yield BadEntry(index, "", "holds a resource whose resourceType is no name of a type")
        elif not isinstance(key, str) or not _ID.fullmatch(key):
            yield BadEntry(index, kind, "has no id, or one that is not 1 to 64 letters, digits, hyphens and points")
        else:
            yield _entry(index, item.get("fullUrl"), resource)


def _entry(index: int, full_url: Any, resource: dict[str, Any]) -> Entry | BadEntry:
    name = f"{resource['resourceType']}/{resource['id']}"
    try:
        kept = _fit(resource, "", 0)
    except _Unfit as error:
        return BadEntry(index, name, str(error))
    return Entry(index, full_url if isinstance(full_url, str) else "", kept)


def _fit(value: Any, where: str, depth: int) -> Any:
    """The same value, its numbers exact. Raises _Unfit for what no database keeps, naming the element."""
    if depth > MAX_DEPTH:
        raise _Unfit(f"is nested deeper than {MAX_DEPTH} levels")
    match value:
        case str():
            if _NO_TEXT.search(value):
                raise _Unfit(f"{where} holds a character that no text may have (NUL, or half of a pair)")
        case dict():
            return {
                _key(key, where): _fit(item, f"{where}.{key}".lstrip("."), depth + 1) for key, item in value.items()
            }
        case list():
            return [_fit(item, f"{where}[{place}]", depth + 1) for place, item in enumerate(value)]
        case float():
            value = Decimal(repr(value))
            if not value.is_finite():
                raise _Unfit(f"{where} is no number")
    return value


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str) or _NO_TEXT.search(key):
        raise _Unfit(f"{where or 'it'} has an element without a proper name")
    return key


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


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no number", name, 0)
