"""The signature of calls to a store that speaks S3: AWS Signature Version 4, as its vendor describes it. Pure.

Why it is written here: decision 0015. Tests compare it with the vendor's published examples.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

SCHEME = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    """An account at a store, for one of its regions."""

    id: str
    secret: str = field(repr=False)
    region: str


@dataclass(frozen=True)
class Asked:
    """A call. path: as it is, not yet encoded. headers: beside those that every signed call has."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_hash: str = EMPTY

    @property
    def encoded_path(self) -> str:
        """Give the path as it is signed and sent."""
        return quote(self.path, safe="/-_.~")

    @property
    def encoded_query(self) -> str:
        """Give the query as it is signed and sent: sorted, and encoded by RFC 3986."""
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(self.query.items()))


def signed_headers(asked: Asked, keys: Keys, *, at: datetime) -> dict[str, str]:
    """Give the headers of a call, signed for a quarter of an hour from a moment on."""
    stamp, day = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), at.astimezone(UTC).strftime("%Y%m%d")
    headers = {
        **{name.lower(): value.strip() for name, value in asked.headers.items()},
        "host": asked.host,
        "x-amz-content-sha256": asked.body_hash,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{asked.method}\n{asked.encoded_path}\n{asked.encoded_query}\n{lines}\n{names}\n{asked.body_hash}"
    scope = f"{day}/{keys.region}/s3/aws4_request"
    text = f"{SCHEME}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys.secret}".encode()
    for part in (day, keys.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {
        **headers,
        "authorization": f"{SCHEME} Credential={keys.id}/{scope},SignedHeaders={names},Signature={signature}",
    }


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
