"""All codes of a check-in, made and opened. Pure: no table, no clock but the moment that comes in. docs/codes.md.

    H2.<base64url(version byte, 16 bytes appointment id, 4 bytes number of the 30 s step)>.<base64url(signature)>
    P2.<base64url(version byte, 16 bytes appointment id, 4 bytes number of the day)>.<base64url(signature)>
    D2.<base64url(version byte, 16 bytes desk id, 4 bytes number of the 30 s step)>.<base64url(signature)>
    d=<base64url(16 bytes desk id, 1 byte edition, 5 bytes tag)>

`H2` is the patient's on the phone, `P2` the same on paper for one day, `D2` the desk's on its screen, `d=` the scene
of the desk's printed mini-app code (32 characters, the platform's limit). Numbers are big-endian; a step is
`epoch seconds // 30`, a day the number of days since 1970-01-01; base64url has no padding and one written form.

The signature (Ed25519) covers everything before its dot, the prefix too, so that one kind never passes for another.
It is made with the key of one day of the hospital: that on which the step begins, or the slip's own. A day's key comes
from the root by HKDF, so that who has the public keys of some days can check those days' codes and make none, and
who had a day's private key could make no other day's. The tag of a scene is a short HMAC: only the server reads it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server import clock

STEP = timedelta(seconds=30)
LONGEST_CODE = 300
PATIENT, SLIP, DESK, SCENE = "H2", "P2", "D2", "d="
LAST_EDITION = 255

UNKNOWN_CODE, FORGED, CODE_EXPIRED, OTHER_DAY = "unknown_code", "forged", "code_expired", "wrong_day"

_VERSION = 1
_PAYLOAD_BYTES = 1 + 16 + 4
_SCENE_BYTES, _TAG_BYTES = 16 + 1 + 5, 5
_EPOCH = date(1970, 1, 1)
_DAY_INFO = "hospital check-in day {day}"
_POSTER_INFO = "hospital desk poster"

# What opens a code: the root (the server), or the public keys of some days (a desk).
Keys = bytes | Mapping[date, bytes]


@dataclass(frozen=True)
class Code:
    """A code as it is shown. next_at: when there is a new one. expires_at: from when on it is refused."""

    text: str
    next_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Opened:
    """What a code says.

    refusal: None, or `unknown_code` (not our format), `forged` (not our signature), `code_expired` (another step),
    `wrong_day` (a slip of another day).
    kind: H2, P2, D2 or d=; "" for what is not our format.
    subject_id: the appointment, or the desk; None when the signature is not ours or cannot be checked.
    day: of the key that signed it. edition: of a printed code.
    """

    refusal: str | None
    kind: str = ""
    subject_id: UUID | None = None
    day: date | None = None
    edition: int | None = None


# ---- keys ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def day_seed(root_seed: bytes, day: date) -> bytes:
    """Give the secret of one day: 32 bytes, an Ed25519 seed. It never leaves the server.

    root_seed: 32 bytes of the setting CODE_SIGNING_KEY.
    """
    return _derived(root_seed, _DAY_INFO.format(day=day.isoformat()))


@lru_cache(maxsize=64)
def day_public_key(root_seed: bytes, day: date) -> bytes:
    """Give what a desk may know of one day: the 32 bytes of the Ed25519 public key."""
    return _signer(root_seed, day).public_key().public_bytes_raw()


def day_of(step: int) -> date:
    """Give the hospital's day whose key signs a step."""
    return clock.local(_moment(step)).date()


def step_of(now: datetime) -> int:
    """Give the number of the step of a moment."""
    return int(now.timestamp()) // int(STEP.total_seconds())


# ---- the patient's -------------------------------------------------------------------------------------------------


def patient_code(root_seed: bytes, appointment_id: UUID, now: datetime) -> Code:
    """Make the code that a phone shows. It is taken in its step and in the next one."""
    return _stepping(root_seed, PATIENT, appointment_id, now)


def slip_code(root_seed: bytes, appointment_id: UUID, day: date) -> str:
    """Make the code that is printed for the day of a visit; it is taken on that day only."""
    return _signed(root_seed, SLIP, appointment_id, (day - _EPOCH).days, day)


def open_patient_code(keys: Keys, code: str, now: datetime) -> Opened:
    """Read what a patient shows, on the phone or on paper.

    One of another step still names its appointment, for the record. A step is taken by a clock that stands one step
    before or after, so that a screenshot is refused after at most 90 s. With public keys alone, a code of a day whose
    key is not there is refused for its time, unchecked, and names nothing.
    """
    read = _read(code, (PATIENT, SLIP))
    if read is None:
        return Opened(UNKNOWN_CODE)
    if read.kind == SLIP:
        day = _EPOCH + timedelta(days=read.number)
        late = None if day == clock.local(now).date() else OTHER_DAY
    else:
        day = day_of(read.number)
        late = None if abs(step_of(now) - read.number) <= 1 else CODE_EXPIRED
    return _judged(keys, read, day, late)


# ---- the desk's ----------------------------------------------------------------------------------------------------


def desk_code(root_seed: bytes, desk_id: UUID, now: datetime) -> Code:
    """Make the code for a desk's screen. It is taken in its step and in the next one: a phone needs a moment."""
    return _stepping(root_seed, DESK, desk_id, now)


def open_desk_code(keys: Keys, code: str, now: datetime) -> Opened:
    """Read the code of a desk's screen: that of this step or of the one before."""
    read = _read(code, (DESK,))
    if read is None:
        return Opened(UNKNOWN_CODE)
    late = None if step_of(now) - read.number in (0, 1) else CODE_EXPIRED
    return _judged(keys, read, day_of(read.number), late)


def desk_scene(root_seed: bytes, desk_id: UUID, edition: int) -> str:
    """Make the scene of a desk's printed mini-app code. edition: 1 to 255; a new one is printed, the old one ends."""
    named = desk_id.bytes + bytes([edition])
    return SCENE + _text(named + _tag(root_seed, named))


def open_desk_scene(root_seed: bytes, scene: str) -> Opened:
    """Read the scene of a printed code. Whether its edition still counts is for the caller to see."""
    raw = _bytes(scene[len(SCENE) :]) if scene.startswith(SCENE) and len(scene) <= LONGEST_CODE else None
    if raw is None or len(raw) != _SCENE_BYTES:
        return Opened(UNKNOWN_CODE)
    named, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    if not hmac.compare_digest(_tag(root_seed, named), tag):
        return Opened(FORGED, SCENE)
    return Opened(None, SCENE, UUID(bytes=named[:16]), edition=named[16])


def open_any_desk_code(root_seed: bytes, code: str, now: datetime) -> Opened:
    """Read what a phone read at a desk: from the screen, or from the printed code."""
    return open_desk_scene(root_seed, code) if code.startswith(SCENE) else open_desk_code(root_seed, code, now)


# ---- the format ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    kind: str
    subject_id: UUID
    number: int
    signed: str
    signature: bytes


def _stepping(root_seed: bytes, kind: str, subject_id: UUID, now: datetime) -> Code:
    step = step_of(now)
    text = _signed(root_seed, kind, subject_id, step, day_of(step))
    return Code(text, next_at=_moment(step + 1), expires_at=_moment(step + 2))


def _signed(root_seed: bytes, kind: str, subject_id: UUID, number: int, day: date) -> str:
    payload = bytes([_VERSION]) + subject_id.bytes + number.to_bytes(4, "big")
    text = f"{kind}.{_text(payload)}"
    return f"{text}.{_text(_signer(root_seed, day).sign(text.encode()))}"


def _read(code: str, kinds: tuple[str, ...]) -> _Read | None:
    parts = code.split(".") if len(code) <= LONGEST_CODE else []
    if len(parts) != 3 or parts[0] not in kinds:
        return None
    payload, signature = _bytes(parts[1]), _bytes(parts[2])
    if payload is None or len(payload) != _PAYLOAD_BYTES or payload[0] != _VERSION or signature is None:
        return None
    number = int.from_bytes(payload[17:], "big")
    if parts[0] == SLIP and number > (date.max - _EPOCH).days:
        return None
    return _Read(parts[0], UUID(bytes=payload[1:17]), number, f"{parts[0]}.{parts[1]}", signature)


def _judged(keys: Keys, read: _Read, day: date, late: str | None) -> Opened:
    public_key = None if isinstance(keys, bytes) else keys.get(day)
    if isinstance(keys, bytes):
        # a signature has one form: who can sign makes it again, in a third of the time that a check of it takes
        is_ours = hmac.compare_digest(_signer(keys, day).sign(read.signed.encode()), read.signature)
    elif public_key is not None:
        is_ours = _is_signed(public_key, read)
    else:
        return Opened(late or CODE_EXPIRED, read.kind, day=day)
    return Opened(late, read.kind, read.subject_id, day) if is_ours else Opened(FORGED, read.kind)


def _is_signed(public_key: bytes, read: _Read) -> bool:
    try:
        _checker(public_key).verify(read.signature, read.signed.encode())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _signer(root_seed: bytes, day: date) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(day_seed(root_seed, day))


@lru_cache(maxsize=64)
def _checker(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def _derived(root_seed: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(root_seed)


def _tag(root_seed: bytes, named: bytes) -> bytes:
    return hmac.new(_derived(root_seed, _POSTER_INFO), named, hashlib.sha256).digest()[:_TAG_BYTES]


def _moment(step: int) -> datetime:
    return datetime.fromtimestamp(step * int(STEP.total_seconds()), UTC)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if _text(raw) == text else None  # one written form
