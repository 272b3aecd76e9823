"""Frozen dataclasses to one canonical JSON text, and back, strictly.

Canonical: keys sorted, no spaces, ASCII; dates as ISO strings; decimals as plain strings without trailing zeros, so
that 40 and 40.00, which are equal, are one text. Strict: an unknown or missing key, or a value of another type, is an
error, never a default.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
Absent = Mapping[type, frozenset[str]]
NOTHING: Absent = {}


class FormatError(ValueError):
    """A text that this module didn't write; the message names the key."""


def to_data(value: Any, schema: str) -> dict[str, Any]:
    """A dataclass as the objects that JSON knows, with ``schema`` beside its keys to tell later versions apart."""
    return {"schema": schema, **_plain(value)}


def from_data(kind: type[T], data: Any, schema: str, absent: Absent = NOTHING) -> T:
    """Read back what :func:`to_data` gave, key order aside. Raises FormatError for anything else.

    ``absent`` names, by dataclass, the keys that this schema didn't have: they must not be there, and take their
    defaults.
    """
    if not isinstance(data, dict) or data.get("schema") != schema:
        raise FormatError(f"not of schema {schema}")
    content = {key: item for key, item in data.items() if key != "schema"}
    value: T = _Reader(absent).typed(kind, content, "form")
    return value


def dump(value: Any, schema: str) -> str:
    """The canonical JSON text of a dataclass."""
    return json.dumps(to_data(value, schema), sort_keys=True, separators=(",", ":"))


def load(kind: type[T], text: str, schema: str) -> T:
    """Read back what :func:`dump` wrote. Raises FormatError for anything else."""
    return from_data(kind, parse(text), schema)


def parse(text: str) -> Any:
    """JSON as objects. Raises FormatError for what is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error}") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case StrEnum():
            return value.value
        case Decimal():
            return _decimal_text(value)
        case date():
            return value.isoformat()
        case str() | bool() | int() | None:
            return value
    raise FormatError(f"no canonical spelling for {type(value).__name__}")


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise FormatError(f"{value} is not a number")
    text = f"{value:f}" if value else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


class _Reader:
    """Objects of JSON to dataclasses, strictly; ``absent`` as :func:`from_data` tells it."""

    def __init__(self, absent: Absent) -> None:
        self._absent = absent

    def typed(self, kind: Any, data: Any, where: str) -> Any:
        """The value of that kind."""
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            if data is None:
                return None
            (kind,) = (option for option in typing.get_args(kind) if option is not type(None))
        if dataclasses.is_dataclass(kind):
            return self._dataclass(kind, data, where)
        if typing.get_origin(kind) is tuple:
            if not isinstance(data, list):
                raise FormatError(f"{where} is not a list")
            return tuple(self.typed(typing.get_args(kind)[0], item, f"{where}[{n}]") for n, item in enumerate(data))
        return _typed_scalar(kind, data, where)

    def _dataclass(self, kind: Any, data: Any, where: str) -> Any:
        hints, absent = _hints(kind), self._absent.get(kind, frozenset())
        if not isinstance(data, dict):
            raise FormatError(f"{where} is not an object")
        wanted = hints.keys() - absent
        if data.keys() != wanted:
            raise FormatError(f"{where} has missing or unknown keys: {', '.join(sorted(data.keys() ^ wanted))}")
        return kind(**{name: self.typed(hints[name], data[name], f"{where}.{name}") for name in wanted})


def _typed_scalar(kind: Any, data: Any, where: str) -> Any:
    if kind in (bool, int):
        if type(data) is kind:
            return data
        raise FormatError(f"{where} is not {'true or false' if kind is bool else 'a whole number'}")
    if not isinstance(data, str):
        raise FormatError(f"{where} is not text")
    try:
        return date.fromisoformat(data) if kind is date else kind(data)
    except (ValueError, InvalidOperation) as error:
        raise FormatError(f"{where} can't be {data!r}") from error
