"""The signatures of two clouds, each as its vendor describes it: Aliyun's ACS3-HMAC-SHA256, Tencent's TC3-HMAC-SHA256.

Why they are written here: decision 0012. Tests compare them with what the vendors' own SDKs make. Pure.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

ALIYUN_SCHEME = "ACS3-HMAC-SHA256"
TENCENT_SCHEME = "TC3-HMAC-SHA256"
JSON = "application/json"


@dataclass(frozen=True)
class Keys:
    """An account at a cloud."""

    id: str
    secret: str


@dataclass(frozen=True)
class Action:
    """What is asked of a cloud. host: as the header Host says it."""

    host: str
    name: str
    version: str


def aliyun_query(params: Mapping[str, str]) -> str:
    """Write a query as Aliyun signs it: sorted, and encoded by RFC 3986."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(params.items()))


def aliyun_headers(action: Action, keys: Keys, *, query: str, at: datetime, nonce: str) -> dict[str, str]:
    """Give the headers of a call without a body. query: as `aliyun_query` wrote it. nonce: never the same twice."""
    body_hash = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": action.host,
        "x-acs-action": action.name,
        "x-acs-content-sha256": body_hash,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": action.version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{body_hash}"
    signature = _hmac(keys.secret.encode(), f"{ALIYUN_SCHEME}\n{_sha256(canonical.encode())}").hex()
    return {
        **headers,
        "Authorization": f"{ALIYUN_SCHEME} Credential={keys.id},SignedHeaders={names},Signature={signature}",
    }


def tencent_headers(action: Action, keys: Keys, *, service: str, body: bytes, at: datetime) -> dict[str, str]:
    """Give the headers of a call with a JSON body. service: the first part of the vendor's host name."""
    stamp, day = str(int(at.timestamp())), at.astimezone(UTC).strftime("%Y-%m-%d")
    canonical = f"POST\n/\n\ncontent-type:{JSON}\nhost:{action.host}\n\ncontent-type;host\n{_sha256(body)}"
    scope = f"{day}/{service}/tc3_request"
    text = f"{TENCENT_SCHEME}\n{stamp}\n{scope}\n{_sha256(canonical.encode())}"
    key = f"TC3{keys.secret}".encode()
    for part in (day, service, "tc3_request"):
        key = _hmac(key, part)
    given = f"Credential={keys.id}/{scope}, SignedHeaders=content-type;host, Signature={_hmac(key, text).hex()}"
    return {
        "Authorization": f"{TENCENT_SCHEME} {given}",
        "Content-Type": JSON,
        "Host": action.host,
        "X-TC-Action": action.name,
        "X-TC-Timestamp": stamp,
        "X-TC-Version": action.version,
    }


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
