"""Repeated requests: the first answer is kept in the transaction of its effect, and given again."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import orjson

from server import db, privacy
from server.errors import IdempotencyKeyReused

KEPT_DAYS = 7
INSERT_RECORD = (
    "INSERT INTO idempotency_record (actor, key, fingerprint, status, body, is_sealed, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, app_now())"
)


@dataclass(frozen=True)
class Once:
    """One request that must take effect once.

    actor: who sent it; keys of two people never meet. fingerprint: SHA-256 of method, path and body.
    """

    actor: str
    key: UUID
    fingerprint: bytes

    async def earlier(self) -> tuple[int, bytes] | None:
        """Give the status and body of the first answer, or None.

        Raises: IdempotencyKeyReused when the first request was another one.
        """
        row = await db.fetch_one(
            "SELECT fingerprint, status, body, is_sealed FROM idempotency_record WHERE actor = $1 AND key = $2",
            self.actor,
            self.key,
        )
        return None if row is None else self.open(row)

    def open(self, row: dict) -> tuple[int, bytes]:
        """Read a record: columns fingerprint, status, body, is_sealed.

        Raises: IdempotencyKeyReused when it belongs to another request.
        """
        if row["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused()
        body = row["body"]
        if row["is_sealed"]:
            body = privacy.unseal(body, place="idempotency_record.body", row_id=self.key).encode()
        return row["status"], body

    async def keep(self, status: int, body: bytes, *, secret: bool) -> None:
        """Keep the answer, in the open transaction. A twin of this request makes the insert fail at the key."""
        if secret:
            body = privacy.seal(body.decode(), place="idempotency_record.body", row_id=self.key)
        await db.fetch(INSERT_RECORD, self.actor, self.key, self.fingerprint, status, body, secret)


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Give the same 32 bytes for the same request, whatever the order of its JSON members."""
    # what cannot be read, or is nested too deep to be written again, is stood for by its bytes
    with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def forget_old() -> None:
    """Delete records that no client will ask for again, so that the table stays flat."""
    await db.fetch("DELETE FROM idempotency_record WHERE created_at < app_now() - make_interval(days => $1)", KEPT_DAYS)
