"""What the sample clinic is made of: invented people, payers, services, and what happens in visits."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def rows(name: str) -> list[dict[str, str]]:
    """The lines of ``<name>.csv`` by column."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def tables(name: str) -> dict[str, dict[str, Any]]:
    """The tables of ``<name>.toml``, each with its key as ``key``."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return {key: {"key": key, **table} for key, table in tomllib.load(file).items()}
