"""Endpoints that fail for days: nothing is sent to them any more, and administrators hear of it."""

import structlog

from notifications.channels.webhook import GONE, WAYS
from notifications.webhooks.actions import CALL_OFF, host_of
from notifications.webhooks.models import WebhookEndpoint
from notifications.webhooks.rules import OFF_AFTER, WEBHOOK_ENDPOINT, EndpointState
from server import clock, db
from server.events import publish
from server.facts import WebhookGaveUp
from server.history import SYSTEM, move

log = structlog.get_logger("webhooks")

# $1 since when at the latest, $2 the answer that means never again
FAILING = """
SELECT id FROM webhook_endpoint
WHERE state = 'on' AND failures > 0 AND (failing_since <= app_now() - $1::interval OR last_code = $2) ORDER BY id
"""

WHO = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role IN ('admin', 'operations') ORDER BY s.id
"""


async def switch_off_failing() -> None:
    """Switch off what has failed for days without one success, or has said that it is gone."""
    for found in await db.fetch(FAILING, OFF_AFTER, str(GONE)):
        async with db.transaction():
            row = await db.lock(WebhookEndpoint, found["id"])
            if row.state != EndpointState.ON or row.failing_since is None:
                continue
            if row.last_code != str(GONE) and row.failing_since > clock.now() - OFF_AFTER:
                continue
            log.error("webhook_switched_off", endpoint=str(row.id), code=row.last_code)
            await move(WEBHOOK_ENDPOINT, row, EndpointState.FAILING, by=SYSTEM, why=row.last_code)
            await db.fetch(CALL_OFF, str(row.id), WAYS, "endpoint_off")
            await publish(
                WebhookGaveUp(
                    endpoint_id=row.id,
                    host=host_of(row.url),
                    description=row.description,
                    code=row.last_code,
                    failing_since=row.failing_since,
                    staff_ids=tuple(one["id"] for one in await db.fetch(WHO)),
                    at=clock.now(),
                )
            )
