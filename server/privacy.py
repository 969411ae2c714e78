"""Personal data: encrypted at rest, found by a blind index, masked for screens and logs."""

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.config import Keys

_VERSION = b"\x01"
_NONCE_BYTES = 12
_keys: dict[str, bytes] = {}


def use_keys(keys: Keys) -> None:
    """Set the keys of this process; called once at its start."""
    _keys["data"], _keys["index"] = keys.data, keys.index


def seal(text: str, *, place: str, row_id: UUID | str) -> bytes:
    """Encrypt a text for one place.

    place: `table.column`; together with the row's id it is bound into the cipher text, so that a value that is
        moved to another row or column does not open.
    Returns: version byte, 12 bytes nonce, cipher text with tag (AES-256-GCM).
    """
    return seal_bytes(text.encode(), place=place, row_id=row_id)


def unseal(sealed: bytes, *, place: str, row_id: UUID | str) -> str:
    """Decrypt what `seal` made for the same place and row.

    Raises: cryptography.exceptions.InvalidTag when it was made for another place or with another key.
    """
    return unseal_bytes(sealed, place=place, row_id=row_id).decode()


def seal_bytes(content: bytes, *, place: str, row_id: UUID | str) -> bytes:
    """Encrypt bytes for one place, as `seal` does a text."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(_keys["data"]).encrypt(nonce, content, f"{place}:{row_id}".encode())


def unseal_bytes(sealed: bytes, *, place: str, row_id: UUID | str) -> bytes:
    """Decrypt what `seal_bytes` made for the same place and row.

    Raises: cryptography.exceptions.InvalidTag, as `unseal` does.
    """
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    return AESGCM(_keys["data"]).decrypt(nonce, body, f"{place}:{row_id}".encode())


def blind_index(value: str, *, kind: str) -> bytes:
    """Make the value by which an encrypted column is searched for equality.

    kind: what it is (`phone`, `id_number`), so that equal texts of two kinds do not look equal.
    """
    return hmac.digest(_keys["index"], f"{kind}:{value}".encode(), hashlib.sha256)


def mask_name(name: str) -> str:
    """Show a name on a screen that others can read: 张*三, 李*, J***."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    if name.isascii():
        return name[0] + "***"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_email(address: str) -> str:
    """Show a mail address by its first character and its domain: z***@example.com; empty stays empty."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}" if address else ""


def mask_phone(tail: str) -> str:
    """Show a phone number by its last four digits."""
    return f"*******{tail}" if tail else ""
