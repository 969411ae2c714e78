"""What administrators do with endpoints: add, change, switch, give a new secret, remove, try out.

Each act is in the history of the endpoint with its author.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from notifications.channels.outward import NotAllowed, check_form, pinned
from notifications.channels.webhook import NAME, OLD_SECRET, SECRET, WAYS
from notifications.webhooks.catalogue import TEST, TYPES, news
from notifications.webhooks.errors import EndpointIsOff, SameEndpoint, TooManyEndpoints
from notifications.webhooks.models import WebhookEndpoint
from notifications.webhooks.posting import ToEndpoint, post
from notifications.webhooks.rules import (
    MAX_ENDPOINTS,
    OLD_SECRET_LASTS,
    WEBHOOK_ENDPOINT,
    EndpointState,
    new_secret,
)
from server import clock, db, privacy
from server.accounts import SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import WebhookSettled
from server.history import INSERT_TRANSITION, By, born, move
from server.ids import new_id
from server.runtime import runtime

ENDPOINTS_LOCK = 7_402_134  # any number, the same everywhere: so that a count of endpoints holds
URL_UNIQUE = "webhook_endpoint_url"

# $1 endpoint. What has not left for it never does.
CALL_OFF = """
UPDATE delivery d SET state = 'cancelled', reason = $3, owner = NULL, lease_until = NULL, changed_at = app_now()
FROM generate_series(0, $2 - 1) AS way (n)
WHERE d.channel = 'webhook' AND d.address = $1 || '/' || way.n
  AND d.state IN ('planned', 'held', 'ready', 'retry_wait')
"""


async def endpoints() -> list[WebhookEndpoint]:
    """List the endpoints that are not removed, oldest first."""
    return await WebhookEndpoint.exclude(state=EndpointState.REMOVED).order_by("id")


async def endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    """Give one endpoint.

    Raises: NotFound, also for one that is removed.
    """
    row = await WebhookEndpoint.filter(id=endpoint_id).exclude(state=EndpointState.REMOVED).first()
    if row is None:
        raise NotFound()
    return row


async def check_url(url: str) -> None:
    """Look whether something may be sent to an address; called before a transaction, since it asks for the name.

    A name that cannot be resolved now is no mistake.
    Raises: Malformed: url_unreadable, url_with_user, url_not_https, url_private.
    """
    try:
        check_form(url)
        await pinned(url, runtime().settings.webhooks.networks)
    except NotAllowed as error:
        raise wrong_field("/url", f"url_{error}", str(error)) from None
    except OSError:
        return


def check_events(events: Sequence[str]) -> None:
    """Refuse events that nobody may hear of.

    Raises: Malformed.
    """
    if unknown := [one for one in events if one not in TYPES]:
        raise wrong_field(f"/events/{list(events).index(unknown[0])}", "unknown_event", unknown[0])


async def add(
    staff: SignedInStaff, url: str, *, description: str, events: Sequence[str]
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint, in the open transaction; give it with its secret, which is never shown again.

    Raises: TooManyEndpoints, SameEndpoint.
    """
    await db.fetch("SELECT pg_advisory_xact_lock($1)", ENDPOINTS_LOCK)
    if len(await endpoints()) >= MAX_ENDPOINTS:
        raise TooManyEndpoints(limit=MAX_ENDPOINTS)
    secret, endpoint_id = new_secret(), new_id()
    row = WebhookEndpoint(
        id=endpoint_id,
        url=url,
        description=description,
        events=_ordered(events),
        state=EndpointState.ON,
        secret_cipher=privacy.seal(secret, place=SECRET, row_id=endpoint_id),
    )
    try:
        async with db.transaction():
            await row.save(force_create=True)
    except IntegrityError as error:
        if db.violated(error) == URL_UNIQUE:
            raise SameEndpoint() from None
        raise
    await born(WEBHOOK_ENDPOINT, row, EndpointState.ON, by=staff.by, why=f"{host_of(url)} {' '.join(row.events)}")
    return row, secret


async def change(
    staff: SignedInStaff, row: WebhookEndpoint, *, url: str, description: str, events: Sequence[str]
) -> WebhookEndpoint:
    """Change an endpoint that is locked in the open transaction.

    Raises: SameEndpoint.
    """
    row.url, row.description, row.events, row.version = url, description, _ordered(events), row.version + 1
    try:
        async with db.transaction():
            await row.save(update_fields=["url", "description", "events", "version"])
    except IntegrityError as error:
        if db.violated(error) == URL_UNIQUE:
            raise SameEndpoint() from None
        raise
    await _note(row, staff.by, f"{host_of(url)} {' '.join(row.events)}")
    return row


async def renew_secret(staff: SignedInStaff, row: WebhookEndpoint) -> str:
    """Give an endpoint, locked in the open transaction, a new secret; for a day the old one signs as well."""
    secret = new_secret()
    old = privacy.unseal(row.secret_cipher, place=SECRET, row_id=row.id)
    row.old_secret_cipher = privacy.seal(old, place=OLD_SECRET, row_id=row.id)
    row.old_secret_until = clock.now() + OLD_SECRET_LASTS
    row.secret_cipher = privacy.seal(secret, place=SECRET, row_id=row.id)
    row.version += 1
    await row.save(update_fields=["secret_cipher", "old_secret_cipher", "old_secret_until", "version"])
    await _note(row, staff.by, "new_secret")
    return secret


async def switch(staff: SignedInStaff, row: WebhookEndpoint, to: EndpointState) -> WebhookEndpoint:
    """Switch an endpoint, locked in the open transaction, on or off, or remove it; as it is already is no mistake.

    What has not left for one that goes off is called off; it can be sent again by a replay.
    """
    if row.state == to:
        return row
    well = {"failures": 0, "failing_since": None, "open_until": None} if to == EndpointState.ON else {}
    await move(WEBHOOK_ENDPOINT, row, to, by=staff.by, why=str(to), **well)
    if to != EndpointState.ON:
        await db.fetch(CALL_OFF, str(row.id), WAYS, "endpoint_off")
    await publish(WebhookSettled(endpoint_id=row.id))
    return row


async def try_out(row: WebhookEndpoint) -> UUID:
    """Send a test to an endpoint; give the message.

    Raises: EndpointIsOff.
    """
    test = news(TEST, row.id, f"{TEST}:{new_id()}", at=clock.now(), data={"endpoint_id": str(row.id)})
    made = await post([ToEndpoint(row.id, test)], by_hand=True)
    if not made:
        raise EndpointIsOff()
    return made[0]


# $1 endpoint, $2 state or null, $3 before, $4 how many
LOG = """
SELECT m.id, m.event AS type, m.fields ->> 'id' AS webhook_id, m.event_key, m.created_at, d.state, d.reason, d.tries,
       d.due_at, d.changed_at, last.code, last.started_at, last.ended_at
FROM message m JOIN any_delivery d ON d.message_id = m.id AND d.channel = 'webhook'
LEFT JOIN LATERAL (
    SELECT a.code, a.started_at, a.ended_at FROM any_attempt a WHERE a.delivery_id = d.id ORDER BY a.fence DESC LIMIT 1
) last ON true
WHERE m.subject_id = $1 AND m.class = 'webhook' AND ($2::text IS NULL OR d.state = $2)
  AND ($3::uuid IS NULL OR m.id < $3)
ORDER BY m.id DESC LIMIT $4
"""


async def log_of(endpoint_id: UUID, *, state: str | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` messages to an endpoint, newest first, each with its last call."""
    return await db.fetch(LOG, endpoint_id, state, after, limit + 1)


async def waiting_of(rows: Sequence[WebhookEndpoint]) -> dict[UUID, int]:
    """Count what waits for each endpoint."""
    found = await db.fetch(
        "SELECT split_part(address, '/', 1)::uuid AS id, count(*) AS waiting FROM delivery WHERE channel = $1"
        " AND state IN ('planned', 'held', 'ready', 'retry_wait') AND address = ANY($2::text[]) GROUP BY 1",
        NAME,
        [f"{row.id}/{way}" for row in rows for way in range(WAYS)],
    )
    return {row["id"]: row["waiting"] for row in found}


def host_of(url: str) -> str:
    """Give the name in an address: paths may hold secrets of the other side, and histories are read by many."""
    return str(check_form(url).host)


def _ordered(events: Sequence[str]) -> list[str]:
    return [one for one in TYPES if one in events]


async def _note(row: WebhookEndpoint, by: By, why: str) -> None:
    state = str(row.state)
    await db.fetch(
        INSERT_TRANSITION, new_id(), WEBHOOK_ENDPOINT.name, row.id, state, state, by.kind, by.id, by.channel, why[:500]
    )
