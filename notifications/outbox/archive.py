"""Take what ended long ago out of the tables that are worked in, with its calls. Idempotent; a page at a time."""

from datetime import timedelta
from uuid import UUID

from server import clock, db
from server.ids import first_id

KEPT = timedelta(days=30)  # after its end, in the tables that are worked in
PAGE = 2000  # rows that are looked at by one statement
PAGES = 10  # of one look

# $1 after this id, $2 before this one (ids are made in order of time), $3 how many, $4 how long it is kept. Only what
# nobody works on and whose message needs no further way; what a person holds just now is left for the next round.
ARCHIVE = """
WITH page AS (
    SELECT d.id FROM delivery d WHERE d.id > $1 AND d.id < $2 ORDER BY d.id LIMIT $3
), old AS (
    SELECT own.id FROM page CROSS JOIN LATERAL (
        SELECT d.id FROM delivery d JOIN message m ON m.id = d.message_id
        WHERE d.id = page.id AND d.changed_at < app_now() - $4::interval AND m.next_step_at IS NULL
          AND (d.state || '' IN ('accepted', 'delivered', 'undelivered', 'failed', 'expired', 'suppressed', 'cancelled')
               OR (d.state || '' = 'unknown' AND d.is_settled))
        FOR UPDATE OF d SKIP LOCKED
    ) own
), calls AS (
    DELETE FROM attempt a USING old WHERE a.delivery_id = old.id
    RETURNING a.id, a.delivery_id, a.fence, a.request_hash, a.started_at, a.ended_at, a.outcome, a.code, a.detail
), gone AS (
    DELETE FROM delivery d USING old WHERE d.id = old.id
    RETURNING d.id, d.message_id, d.channel, d.address, d.template_key, d.step, d.state, d.priority, d.due_at,
              d.deadline, d.fence, d.tries, d.reason, d.provider_id, d.is_settled, d.created_at, d.changed_at
), kept AS (
    INSERT INTO delivery_archive SELECT gone.*, app_now() FROM gone
), kept_calls AS (
    INSERT INTO attempt_archive SELECT * FROM calls
)
SELECT (SELECT max(id::text)::uuid FROM page) AS last, (SELECT count(*) FROM page) AS seen,
       (SELECT count(*) FROM gone) AS moved
"""

_START = UUID(int=0)
_place = {"after": _START}  # of this process; at the end it begins again, so nothing is passed over for good


async def archive() -> int:
    """Move some of what ended long ago; give how many deliveries were moved."""
    moved = 0
    for _ in range(PAGES):
        row = await db.fetch_one(ARCHIVE, _place["after"], first_id(KEPT - clock.shift()), PAGE, KEPT)
        assert row is not None  # it counts
        moved += row["moved"]
        if row["seen"] < PAGE:
            _place["after"] = _START
            break
        _place["after"] = row["last"]
    return moved
