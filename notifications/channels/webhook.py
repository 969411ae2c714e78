"""Webhooks to other systems, signed as Standard Webhooks says. An endpoint that fails is left in peace for a while.

The receiver tells repeated calls by `webhook-id`, so an outcome that nobody knows is sent again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from standardwebhooks.webhooks import Webhook as Signer

from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.channels.outward import NotAllowed, Pinned, pinned
from notifications.rules import Outcome
from server import clock, db, privacy
from server.jobs import ring
from server.runtime import runtime

log = structlog.get_logger("channels")

NAME = "webhook"
SECRET = "webhook_endpoint.secret"  # places of what is sealed
OLD_SECRET = "webhook_endpoint.old_secret"
REMEMBERED = timedelta(days=3)  # what a receiver is asked to keep ids for; no message is tried for longer
CONNECT_SECONDS = 3
WAYS = 4  # calls at a time to one endpoint
GONE = 410  # the receiver says: never again
LADDER = (5, 60, 600, 3600, 4 * 3600, 12 * 3600)  # seconds from one try of a message to the next
RESTS = (5, 30, 120, 600, 1800)  # seconds for which an endpoint is left in peace, by failures in a row

ENDPOINT = """
SELECT e.id, e.url, e.state, e.secret_cipher, e.failures,
       CASE WHEN e.old_secret_until > app_now() THEN e.old_secret_cipher END AS old_secret_cipher,
       coalesce((SELECT d.tries FROM delivery d WHERE d.id = $2), 1) AS tries
FROM webhook_endpoint e WHERE e.id = $1
"""

# $1 endpoint. Written once a minute at most, unless it is well again: then what was held for it goes on.
WELL = """
WITH well AS (
    UPDATE webhook_endpoint e SET failures = 0, failing_since = NULL, open_until = NULL, last_ok_at = app_now()
    FROM (SELECT id, failures FROM webhook_endpoint WHERE id = $1 FOR NO KEY UPDATE) was
    WHERE e.id = was.id
      AND (was.failures > 0 OR e.last_ok_at IS NULL OR e.last_ok_at < app_now() - interval '1 minute')
    RETURNING e.id, was.failures
)
UPDATE delivery d SET state = 'ready', due_at = app_now(), changed_at = app_now()
FROM well, generate_series(0, $2 - 1) AS way (n)
WHERE well.failures > 0 AND d.channel = 'webhook' AND d.address = well.id || '/' || way.n AND d.state = 'held'
"""

# $1 endpoint, $2 code, $3 seconds of rest by failures in a row, $4 ways. Calls that were under way together are one
# failure, each judged on the row as the one before left it: a row joined to itself would mix its old and new versions.
# What waits for this endpoint, and for no other, waits until it is tried again: that costs it no try.
FAILED = """
WITH bad AS (
    UPDATE webhook_endpoint e SET
        (failures, open_until) = (
            SELECT CASE WHEN is_another THEN e.failures + 1 ELSE e.failures END,
                   CASE WHEN is_another THEN app_now() + make_interval(
                       secs => ($3::int[])[least(e.failures + 1, cardinality($3::int[]))]) ELSE e.open_until END
            FROM (SELECT e.failures = 0 OR e.open_until IS NULL OR e.open_until <= app_now() AS is_another) was),
        failing_since = coalesce(e.failing_since, app_now()), last_failed_at = app_now(), last_code = $2
    WHERE e.id = $1
    RETURNING e.id, e.open_until
), waiting AS (
    SELECT d.id FROM bad, generate_series(0, $4 - 1) AS way (n), delivery d
    WHERE d.channel = 'webhook' AND d.address = bad.id || '/' || way.n
      AND d.state IN ('planned', 'held', 'ready', 'retry_wait') AND d.due_at < bad.open_until AND d.deadline > app_now()
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET state = CASE d.state WHEN 'retry_wait' THEN d.state ELSE 'held' END,
                      due_at = least(bad.open_until, d.deadline), changed_at = app_now()
FROM bad, waiting WHERE d.id = waiting.id
"""


def address_of(endpoint_id: UUID, subject: UUID) -> str:
    """Give the way on which news of one subject goes: they stay behind one another, other subjects pass."""
    return f"{endpoint_id}/{subject.int % WAYS}"


class Webhook:
    """Reaches other systems; no person."""

    name = NAME
    capabilities = Capabilities(remembers=REMEMBERED, at_once=40, is_one_provider=False)

    def is_set_up(self) -> bool:
        """Endpoints are rows; without one nothing waits here."""
        return True

    def carries(self, content: Content) -> bool:
        """Only what was written for another system."""
        return "body" in content.fields

    def address(self, recipient: Recipient) -> str | None:
        """No person is reached by it."""
        return None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the endpoint once."""
        endpoint_id = UUID(address.partition("/")[0])
        row = await db.fetch_one(ENDPOINT, endpoint_id, UUID(content.fields["delivery"]))
        if row is None or row["state"] != "on":
            return Receipt(Outcome.REFUSED, "endpoint_off")
        receipt = await self._call(row, content)
        if receipt.outcome is Outcome.ACCEPTED:
            await db.fetch(WELL, endpoint_id, WAYS)
            if row["failures"]:
                ring(f"dispatch_{NAME}")
        else:
            await db.fetch(FAILED, endpoint_id, receipt.code, list(RESTS), WAYS)
            if receipt.code == str(GONE):
                ring("webhook_health")
        return receipt

    async def _call(self, row: Mapping[str, Any], content: Content) -> Receipt:
        settings = runtime().settings.webhooks
        try:
            to = await pinned(row["url"], settings.networks)
        except NotAllowed as error:
            return _again(row, f"address_{error}")
        except OSError:  # a time limit is one as well
            return _again(row, "unresolved")
        body = content.fields["body"]
        try:
            async with runtime().http.post(
                to.url,
                data=body.encode(),
                headers=headers_of(row, content.fields["id"], body, to=to, at=clock.now()),
                timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds, connect=CONNECT_SECONDS),
                allow_redirects=False,
                server_hostname=to.host if to.url.scheme == "https" else None,
            ) as reply:
                status, after = reply.status, reply.headers.get("Retry-After", "")  # the rest tells us nothing
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return _again(row, "unreachable", type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            return Receipt(Outcome.UNKNOWN, "no_answer", type(error).__name__)
        return _answered(row, status, after)


def headers_of(row: Mapping[str, Any], message_id: str, body: str, *, to: Pinned, at: datetime) -> dict[str, str]:
    """Sign a call; while a secret is being replaced, with both of them."""
    secrets = [privacy.unseal(row["secret_cipher"], place=SECRET, row_id=row["id"])]
    if row["old_secret_cipher"] is not None:
        secrets.append(privacy.unseal(row["old_secret_cipher"], place=OLD_SECRET, row_id=row["id"]))
    return {
        "Host": to.authority,
        "Content-Type": "application/json",
        "User-Agent": "hospital-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message_id, at, body) for secret in secrets),
    }


def _answered(row: Mapping[str, Any], status: int, after: str) -> Receipt:
    if 200 <= status < 300:
        return Receipt(Outcome.ACCEPTED, str(status))
    if status == GONE:
        return Receipt(Outcome.REFUSED, str(status))
    receipt = _again(row, str(status))
    if after.isascii() and after.isdigit() and receipt.pause is not None:
        asked = timedelta(seconds=min(int(after), LADDER[-1]))
        return Receipt(receipt.outcome, receipt.code, pause=max(asked, receipt.pause))
    return receipt


def _again(row: Mapping[str, Any], code: str, detail: str = "") -> Receipt:
    pause = LADDER[min(max(row["tries"], 1), len(LADDER)) - 1]
    return Receipt(Outcome.RETRY, code, detail, pause=timedelta(seconds=pause))
