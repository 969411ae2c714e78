"""A burst after a quiet hour: the statistics know of nothing that waits, and a claim still reads its own few rows."""

import pytest
import pytest_asyncio

from notifications.channels.content import Capabilities
from notifications.outbox.parcels import LEASE
from notifications.outbox.sparing import sparing
from notifications.outbox.statements import CLAIM, EXPIRE, TAKE
from server import db
from server.ids import new_id
from tests.plans.explaining import as_the_product, explained

BURST = 3_000
ROOM = 50
IDS = [new_id() for _ in range(ROOM)]
SPARING = Capabilities(per_address_minute=20, per_address_hour=100)

DELIVERIES = """
WITH said AS (
    INSERT INTO message (id, event, event_key, class, subject_kind, subject_id, title, lines, deadline)
    SELECT gen_random_uuid(), 'queue_called', $2::text || n, 'visit', 'ticket', gen_random_uuid(), '', '[]',
           app_now() + interval '1 hour'
    FROM generate_series(1, $1::int) n RETURNING id, deadline
)
INSERT INTO delivery (id, message_id, channel, address, template_key, state, due_at, deadline)
SELECT gen_random_uuid(), id, 'wechat_subscribe', id::text, 'queue_called', $2::text, app_now(), deadline FROM said
"""


@pytest_asyncio.fixture
async def burst(hospital):
    """A connection; thousands of messages have gone, nothing waited when that was counted, and now thousands do."""
    await db.fetch(DELIVERIES, BURST, "accepted")
    await db.fetch("ANALYZE delivery")
    await db.fetch("ANALYZE message")
    await db.fetch(DELIVERIES, BURST, "planned")
    connection = await as_the_product(hospital.environment["DATABASE_URL"])
    yield connection
    await connection.close()


@pytest.mark.parametrize("generic", [False, True], ids=["these arguments", "any arguments"])
@pytest.mark.parametrize("limits", [Capabilities(), SPARING], ids=["usual", "sparing"])
@pytest.mark.parametrize(
    ("claim", "more"), [(CLAIM, ()), (TAKE, (False, IDS)), (TAKE, (True, IDS))], ids=["claim", "take", "with a consent"]
)
async def test_a_claim_reads_what_it_has_room_for(burst, claim, more, limits, generic):
    values = ("wechat_subscribe", ROOM, ROOM, ROOM, "worker", LEASE, *more)
    done = await explained(burst, sparing(claim, limits), *values, generic=generic)
    assert done.rows == ROOM
    assert "delivery_late" not in {scan.index for scan in done.scans}
    assert done.touched("delivery") <= ROOM * 12, done.worst()


async def test_what_is_too_late_is_found_by_its_deadline(burst):
    done = await explained(burst, EXPIRE, generic=False)
    assert {scan.index for scan in done.scans if scan.table == "delivery"} >= {"delivery_late"}
    assert done.rows == 0
    assert done.touched("delivery") == 0
