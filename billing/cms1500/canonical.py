"""Frozen dataclasses to one canonical JSON text, and back, strictly.

Canonical: keys sorted, no spaces, ASCII; dates as ISO strings; decimals as plain strings without trailing zeros, so
that 40 and 40.00, which are equal, are one text. Strict: an unknown or missing key, or a value of another type, is an
error, never a default.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar

T = TypeVar("T")
Absent = Mapping[type, frozenset[str]]
Read = Callable[[Any], Any]
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
    try:
        value: T = _reader(typing.cast(Hashable, kind), tuple(absent.items()))(content)
    except _Wrong as wrong:
        raise FormatError(f"form{wrong.place} {wrong}") from wrong
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


class _Wrong(Exception):
    """What is wrong at a place that is told from the inside out."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.place = ""

    def within(self, part: str) -> "_Wrong":
        self.place = part + self.place
        return self


@cache
def _reader(kind: Any, absent: tuple[tuple[type, frozenset[str]], ...]) -> Read:
    """How a value of the kind is read; found out once, since a clinic reads thousands of claims."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (kind,) = (option for option in typing.get_args(kind) if option is not type(None))
        read = _reader(kind, absent)
        return lambda data: None if data is None else read(data)
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(typing.cast(type, kind), absent)
    if typing.get_origin(kind) is tuple:
        return _list_reader(_reader(typing.get_args(kind)[0], absent))
    return partial(_read_exact if kind in (bool, int) else _read_text, kind)


def _dataclass_reader(kind: type, absent: tuple[tuple[type, frozenset[str]], ...]) -> Read:
    hints = typing.get_type_hints(kind)
    readers = {name: _reader(hints[name], absent) for name in hints.keys() - dict(absent).get(kind, frozenset())}
    wanted = readers.keys()

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _Wrong("is not an object")
        if data.keys() != wanted:
            raise _Wrong(f"has missing or unknown keys: {', '.join(sorted(data.keys() ^ wanted))}")
        values = {}
        for name, item in data.items():
            try:
                values[name] = readers[name](item)
            except _Wrong as wrong:
                raise wrong.within(f".{name}") from None
        return kind(**values)

    return read


def _list_reader(read: Read) -> Read:
    def read_all(data: Any) -> Any:
        if not isinstance(data, list):
            raise _Wrong("is not a list")
        values = []
        for n, item in enumerate(data):
            try:
                values.append(read(item))
            except _Wrong as wrong:
                raise wrong.within(f"[{n}]") from None
        return tuple(values)

    return read_all


def _read_exact(kind: type, data: Any) -> Any:
    if type(data) is not kind:
        raise _Wrong(f"is not {'true or false' if kind is bool else 'a whole number'}")
    return data


def _read_text(kind: Any, data: Any) -> Any:
    if not isinstance(data, str):
        raise _Wrong("is not text")
    if kind is str:
        return data
    try:
        return date.fromisoformat(data) if kind is date else kind(data)
    except (ValueError, InvalidOperation) as error:
        raise _Wrong(f"can't be {data!r}") from error
