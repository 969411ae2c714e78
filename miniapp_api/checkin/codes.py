"""Signed codes: the patient's (`H1`), shown on the phone for two minutes, and the desk's (`D1`), which rotates. Pure.

    H1.<base64url(version byte, 16 bytes appointment id, 4 bytes expiry in epoch seconds)>.<base64url(signature)>
    D1.<base64url(16 bytes desk id)>.<number of the time window>.<base64url(signature)>

The signature (Ed25519) covers everything before its dot, the prefix too, so that one kind of code never passes for
the other.
A desk that knows the public key can check a code without the network.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CODE_LIFE = timedelta(seconds=120)  # a screenshot that is passed on is soon worth nothing
DESK_CODE_LIFE = timedelta(seconds=60)  # the code of the window before is taken too: a phone needs a moment
LONGEST_CODE = 300

_PATIENT, _DESK, _VERSION = "H1", "D1", 1
_PAYLOAD_BYTES = 1 + 16 + 4

UNKNOWN_CODE, FORGED, CODE_EXPIRED = "unknown_code", "forged", "code_expired"


@dataclass(frozen=True)
class Opened:
    """What a code says.

    refusal: None, or `unknown_code` (not our format), `forged` (not our signature), `code_expired`.
    subject_id: the appointment, or the desk; None when the code cannot be trusted.
    """

    refusal: str | None
    subject_id: UUID | None = None
    expires_at: datetime | None = None


def patient_code(seed: bytes, appointment_id: UUID, now: datetime) -> tuple[str, datetime]:
    """Make the code that a patient shows; give it and when it ends.

    seed: the Ed25519 seed of 32 bytes.
    """
    expires = int((now + CODE_LIFE).timestamp())
    payload = bytes([_VERSION]) + appointment_id.bytes + expires.to_bytes(4, "big")
    return _sign(seed, f"{_PATIENT}.{_text(payload)}"), datetime.fromtimestamp(expires, UTC)


def open_patient_code(seed: bytes, code: str, now: datetime) -> Opened:
    """Read the code that a patient shows. An expired one still names its appointment, for the record."""
    parts = code.split(".")
    if len(code) > LONGEST_CODE or len(parts) != 3 or parts[0] != _PATIENT:
        return Opened(UNKNOWN_CODE)
    payload, signature = _bytes(parts[1]), _bytes(parts[2])
    if payload is None or len(payload) != _PAYLOAD_BYTES or payload[0] != _VERSION or signature is None:
        return Opened(UNKNOWN_CODE)
    if not _is_ours(seed, f"{_PATIENT}.{parts[1]}", signature):
        return Opened(FORGED)
    expires_at = datetime.fromtimestamp(int.from_bytes(payload[17:], "big"), UTC)
    return Opened(CODE_EXPIRED if now >= expires_at else None, UUID(bytes=payload[1:17]), expires_at)


def desk_code(seed: bytes, desk_id: UUID, now: datetime) -> tuple[str, datetime]:
    """Make the code on a desk's screen; give it and when the next one replaces it."""
    window = _window(now)
    ends_at = datetime.fromtimestamp((window + 1) * int(DESK_CODE_LIFE.total_seconds()), UTC)
    return _sign(seed, f"{_DESK}.{_text(desk_id.bytes)}.{window}"), ends_at


def open_desk_code(seed: bytes, code: str, now: datetime) -> Opened:
    """Read the code on a desk's screen: that of this time window or of the one before."""
    parts = code.split(".")
    if len(code) > LONGEST_CODE or len(parts) != 4 or parts[0] != _DESK:
        return Opened(UNKNOWN_CODE)
    desk, signature = _bytes(parts[1]), _bytes(parts[3])
    is_number = parts[2].isascii() and parts[2].isdigit() and len(parts[2]) <= 12
    if desk is None or len(desk) != 16 or not is_number or signature is None:
        return Opened(UNKNOWN_CODE)
    if not _is_ours(seed, f"{_DESK}.{parts[1]}.{parts[2]}", signature):
        return Opened(FORGED)
    return Opened(None if _window(now) - int(parts[2]) in (0, 1) else CODE_EXPIRED, UUID(bytes=desk))


def _window(now: datetime) -> int:
    return int(now.timestamp()) // int(DESK_CODE_LIFE.total_seconds())


@lru_cache(maxsize=4)
def _key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _sign(seed: bytes, text: str) -> str:
    return f"{text}.{_text(_key(seed).sign(text.encode()))}"


def _is_ours(seed: bytes, text: str, signature: bytes) -> bool:
    try:
        _key(seed).public_key().verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
