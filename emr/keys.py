"""The keys that are kept outside the database: one ring that encrypts at rest, one key that signs the sealed logs.

Each key is 32 random bytes in URL-safe Base64 (``manage.py make_key`` prints one). ``ENCRYPTION_KEYS`` holds the ring,
the newest key first: it encrypts, all of them decrypt, until ``manage.py rotate_keys`` has written everything anew.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: Bytes of a key's id, which stands in each sealed file and tells nothing of the key.
ID_BYTES = 8
_KEY_BYTES = 32


class Unreadable(Exception):
    """What was encrypted can't be read with any key of the ring: the key is missing, or the data was altered."""


def new_key() -> str:
    """A fresh key, fit for either purpose."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def encrypt(data: bytes) -> bytes:
    """``data`` under the newest key: Fernet (AES-128-CBC and HMAC-SHA-256), Base64 text a third longer."""
    return _ring(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(token: bytes) -> bytes:
    """What :func:`encrypt` was given. Raises Unreadable."""
    try:
        return _ring(tuple(settings.ENCRYPTION_KEYS)).decrypt(token)
    except InvalidToken as error:
        raise Unreadable("No key of ENCRYPTION_KEYS opens this, or it was altered.") from error


def rotate(token: bytes) -> bytes:
    """The same data under the newest key. Raises Unreadable."""
    try:
        return _ring(tuple(settings.ENCRYPTION_KEYS)).rotate(token)
    except InvalidToken as error:
        raise Unreadable("No key of ENCRYPTION_KEYS opens this, or it was altered.") from error


def newest_id() -> bytes:
    """The id of the key that encrypts now."""
    return next(iter(_ids(tuple(settings.ENCRYPTION_KEYS))))


def file_key(identifier: bytes, salt: bytes) -> bytes:
    """A key of 32 bytes for one file, from the ring's key with that id. Raises Unreadable when the ring lacks it."""
    key = _ids(tuple(settings.ENCRYPTION_KEYS)).get(identifier)
    if key is None:
        raise Unreadable("The key under which the file was encrypted is not in ENCRYPTION_KEYS.")
    return _derived(key, b"chartroom file", salt)


def signing_key() -> Ed25519PrivateKey:
    """The Ed25519 key that signs the sealed logs (``AUDIT_SIGNING_KEY``)."""
    return Ed25519PrivateKey.from_private_bytes(_raw("AUDIT_SIGNING_KEY", settings.AUDIT_SIGNING_KEY))


@cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_raw("ENCRYPTION_KEYS", key))) for key in keys])


@cache
def _ids(keys: tuple[str, ...]) -> dict[bytes, bytes]:
    """The ring by the id of each key, the newest first."""
    ring = [_raw("ENCRYPTION_KEYS", key) for key in keys]
    return {_derived(key, b"chartroom key id")[:ID_BYTES]: key for key in ring}


def _derived(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=purpose).derive(key)


def _raw(name: str, key: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise ImproperlyConfigured(
            f"{name} must hold keys of 32 bytes in URL-safe Base64, as manage.py make_key prints."
        )
    return raw
