"""A block: its signed header and its leaves, in the database and in the files alike."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from emr.audit.models import Log
from emr.audit.seals.logs import HASH_BYTES, LOGS, Key, SealedLog
from emr.keys import signing_key

#: So that a signature over a block can never be taken for one over anything else.
_DOMAIN = b"chartroom audit seal 1\n"
#: What the first block of a chain names as the one before.
NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True)
class Block:
    """One block as it was signed. ``header`` is JSON text; its keys are told in docs/audit.md."""

    header: str
    leaves: bytes
    signature: bytes

    @cached_property
    def says(self) -> dict[str, Any]:
        """The header's content. Raises ValueError when it is no header."""
        said = json.loads(self.header)
        if not isinstance(said, dict) or "number" not in said or said.get("log") not in Log.values:
            raise ValueError("not a block's header")
        return said

    @property
    def log(self) -> SealedLog:
        """The log that the block belongs to."""
        return LOGS[Log(self.says["log"])]

    @property
    def number(self) -> int:
        """Its place in the chain, from 1."""
        return int(self.says["number"])

    @property
    def hash(self) -> str:
        """What the next block names as the one before."""
        return hashlib.sha256(self.header.encode()).hexdigest()

    @property
    def sealed_at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.says["sealed_at"])

    @property
    def upto(self) -> Key:
        """The end of its range: no key up to it, and after the block before, may exist beside its leaves."""
        return bytes.fromhex(self.says["upto"])

    def fits_its_leaves(self) -> bool:
        """Whether the leaves are those that were signed."""
        return hashlib.sha256(self.leaves).hexdigest() == str(self.says["leaves"])

    def split(self) -> Iterator[tuple[Key, bytes]]:
        """The leaves: key and hash of each row."""
        size = self.log.leaf_bytes
        for start in range(0, len(self.leaves), size):
            leaf = self.leaves[start : start + size]
            yield leaf[:-HASH_BYTES], leaf[-HASH_BYTES:]

    def as_line(self) -> bytes:
        """The block as one line of a file."""
        said = {
            "header": self.header,
            "leaves": base64.b64encode(self.leaves).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }
        return json.dumps(said).encode() + b"\n"


def from_line(line: bytes) -> Block:
    """The block of a file's line. Raises ValueError when it is none."""
    try:
        said = json.loads(line)
        block = Block(
            said["header"],
            base64.b64decode(said["leaves"], validate=True),
            base64.b64decode(said["signature"], validate=True),
        )
        block.says  # noqa: B018  raises
    except (KeyError, TypeError) as error:
        raise ValueError("not a block") from error
    return block


def sign(header: dict[str, Any], leaves: bytes) -> Block:
    """Make a block of a header, to which the leaves' hash and the key's name are added."""
    key = signing_key()
    said = {**header, "leaves": hashlib.sha256(leaves).hexdigest(), "key": key_name(key.public_key())}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return Block(text, leaves, key.sign(_DOMAIN + text.encode()))


def key_name(key: Ed25519PublicKey) -> str:
    """A short name of a key: the beginning of its hash."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def public_key_text(key: Ed25519PrivateKey) -> str:
    """The public half as ``AUDIT_VERIFY_KEYS`` takes it."""
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def trusted_keys() -> dict[str, Ed25519PublicKey]:
    """By name: the public half of the key that signs now, and those of its predecessors (``AUDIT_VERIFY_KEYS``)."""
    keys = [signing_key().public_key()] if settings.AUDIT_SIGNING_KEY else []
    for text in settings.AUDIT_VERIFY_KEYS:
        keys.append(Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    return {key_name(key): key for key in keys}


def signature_problem(block: Block, keys: dict[str, Ed25519PublicKey]) -> str | None:
    """What is wrong with a block's own seal, in words; None when nothing is."""
    try:
        name = str(block.says["key"])
    except (ValueError, KeyError):
        return "its header can't be read"
    key = keys.get(name)
    if key is None:
        return f"it is signed with an unknown key ({name})"
    try:
        key.verify(block.signature, _DOMAIN + block.header.encode())
    except InvalidSignature:
        return "its signature does not fit: the header was altered"
    if not block.fits_its_leaves():
        return "its list of rows was altered"
    return None
