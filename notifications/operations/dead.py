"""Dead letters: what failed for good, was suppressed, expired or stays unknown; by cause, and what is done about it.

An act takes a bounded batch of one cause in one transaction, and is in the history of each delivery with its author
and the author's words.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from notifications.hub import ring_for_sending
from notifications.operations.actions import NOT_BARRED
from notifications.operations.rules import Act, Letter, why_not
from notifications.routing.caps import take_where_free
from notifications.rules import DELIVERY, DeliveryState
from server import clock, db
from server.accounts import SignedInStaff
from server.ids import first_id, new_id

BATCH = 200
KEPT = timedelta(days=30)  # then they are archived
CAUSES_AT_MOST = 200
SILENT = ("inbox", "live")  # ways that tell nobody that something is there

_IS_DEAD = "(d.state IN ('failed', 'undelivered', 'expired', 'suppressed') OR (d.state = 'unknown' AND d.is_settled))"

# Whom another way of the same message reached, or may have, nobody has to look after.
_NOT_REACHED = """NOT EXISTS (
    SELECT FROM delivery o WHERE o.message_id = d.message_id AND o.id <> d.id AND o.channel NOT IN ('inbox', 'live')
    AND o.state IN ('leased', 'sending', 'accepted', 'delivered', 'unknown'))"""

# $1 first id, $2 how many. What is tried again is no dead letter yet, but may be called off by its cause.
CAUSES = f"""
SELECT d.channel, d.state, d.reason, count(*) AS letters, count(*) FILTER (WHERE d.deadline > app_now()) AS in_time,
       count(l.owner_id) AS taken, min(d.changed_at) AS first_at, max(d.changed_at) AS last_at
FROM delivery d LEFT JOIN dead_letter l ON l.delivery_id = d.id
WHERE {_IS_DEAD} AND d.id >= $1 AND l.done_at IS NULL AND {_NOT_REACHED}
GROUP BY d.channel, d.state, d.reason
UNION ALL
SELECT d.channel, d.state, d.reason, count(*), count(*) FILTER (WHERE d.deadline > app_now()), 0,
       min(d.changed_at), max(d.changed_at)
FROM delivery d WHERE d.state = 'retry_wait' GROUP BY d.channel, d.state, d.reason
ORDER BY letters DESC, channel, state, reason LIMIT $2
"""

# $1 channel, $2 state, $3 reason, $4 first id, $5 before, $6 owner or null, $7 how many, $8 who looks
LETTERS = f"""
SELECT d.id, d.message_id, d.channel, d.state, d.reason, d.tries, d.deadline, d.changed_at, m.event, m.title,
       m.subject_kind, l.owner_id, s.name AS owner_name, coalesce(l.note, '') AS note
FROM delivery d JOIN message m ON m.id = d.message_id
LEFT JOIN dead_letter l ON l.delivery_id = d.id LEFT JOIN staff s ON s.id = l.owner_id
WHERE d.channel = $1 AND d.state = $2 AND d.reason = $3 AND d.id >= $4 AND ($5::uuid IS NULL OR d.id < $5)
  AND l.done_at IS NULL AND ($6::uuid IS NULL OR l.owner_id = $6) AND (d.state <> 'unknown' OR d.is_settled)
  AND (d.state = 'retry_wait' OR {_NOT_REACHED}) AND {NOT_BARRED.format(me="$8")}
ORDER BY d.id DESC LIMIT $7
"""

# $1 channel, $2 state, $3 reason, $4 after, $5 how many. A message is judged as a whole: who was reached by another
# way is not told again.
CHOSEN = """
SELECT d.id, d.state, d.reason, d.deadline, d.message_id FROM delivery d
WHERE d.channel = $1 AND d.state = $2 AND d.reason = $3 AND d.id > $4 AND (d.state <> 'unknown' OR d.is_settled)
  AND NOT EXISTS (SELECT FROM dead_letter l WHERE l.delivery_id = d.id AND l.done_at IS NOT NULL)
ORDER BY d.id LIMIT $5 FOR NO KEY UPDATE OF d
"""

# $1 messages, $2 silent channels
REACHED = """
SELECT DISTINCT message_id FROM delivery
WHERE message_id = ANY($1::uuid[]) AND NOT (channel = ANY($2::text[]))
  AND state IN ('leased', 'sending', 'accepted', 'delivered', 'unknown')
"""

# $1 deliveries, all locked and judged, $2 new state, $3 reason, $4 whether the tries begin anew
MOVE = """
UPDATE delivery d SET state = $2, reason = $3, due_at = CASE WHEN $4 THEN app_now() ELSE d.due_at END,
                      tries = CASE WHEN $4 THEN 0 ELSE d.tries END, owner = NULL, lease_until = NULL,
                      changed_at = app_now()
FROM unnest($1::uuid[]) AS chosen (id) WHERE d.id = chosen.id
"""

# $1 deliveries, $2 who takes them or null, $3 who is done with them or null, $4 words
LOOK_AFTER = """
INSERT INTO dead_letter AS l (delivery_id, owner_id, note, done_at, done_by, changed_at)
SELECT id, $2, $4, CASE WHEN $3::uuid IS NOT NULL THEN app_now() END, $3, app_now() FROM unnest($1::uuid[]) AS t (id)
ON CONFLICT (delivery_id) DO UPDATE SET
    owner_id = coalesce(excluded.owner_id, l.owner_id), note = excluded.note, done_at = excluded.done_at,
    done_by = excluded.done_by, changed_at = app_now()
"""

# $1 ids, $2 deliveries, $3 old states, $4 new states, $5 who, $6 from where, $7 words
NOTE = """
INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
SELECT t.id, 'delivery', t.delivery_id, t.old, t.new, 'staff', $5, $6, $7, app_now()
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS t (id, delivery_id, old, new)
"""


@dataclass(frozen=True)
class Cause:
    """One group of dead letters: a channel, a state, a reason."""

    channel: str
    state: DeliveryState
    reason: str


@dataclass(frozen=True)
class Done:
    """What an act came to: how many, how many were refused by code, and after which to go on; None at the end."""

    done: int
    refused: dict[str, int]
    last: UUID | None


async def causes() -> list[dict[str, Any]]:
    """Give the groups of what came to nothing or is tried again, the largest first."""
    return await db.fetch(CAUSES, first_id(KEPT), CAUSES_AT_MOST)


async def letters(
    staff: SignedInStaff, cause: Cause, *, owner: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List up to `limit + 1` deliveries of one group, newest first; none about a complaint that bars who looks."""
    return await db.fetch(
        LETTERS, cause.channel, str(cause.state), cause.reason, first_id(KEPT), after, owner, limit + 1, staff.id
    )


async def do(staff: SignedInStaff, act: Act, cause: Cause, *, why: str, after: UUID | None = None) -> Done:
    """Do something with the next batch of a group, oldest first; what is refused stays as it is."""
    async with db.transaction():
        rows = await db.fetch(CHOSEN, cause.channel, str(cause.state), cause.reason, after or first_id(KEPT), BATCH)
        reached = await _reached(rows) if act is Act.RETRY else frozenset()
        refused: Counter[str] = Counter()
        chosen = []
        for row in rows:
            letter = Letter(DeliveryState(row["state"]), row["reason"], row["deadline"], row["message_id"] in reached)
            if code := why_not(act, letter, now=clock.now()):
                refused[code] += 1
            else:
                chosen.append(row["id"])
        if act is Act.RETRY and chosen and (full := await take_where_free(chosen)):
            refused["limited"] += len(full)
            chosen = [one for one in chosen if one not in full]
        if chosen:
            await _carry_out(staff, act, cause, chosen, why=why)
    return Done(len(chosen), dict(refused), rows[-1]["id"] if len(rows) == BATCH else None)


async def _carry_out(staff: SignedInStaff, act: Act, cause: Cause, chosen: Sequence[UUID], *, why: str) -> None:
    new = {Act.RETRY: DeliveryState.READY, Act.CANCEL: DeliveryState.CANCELLED}.get(act, cause.state)
    if act in (Act.RETRY, Act.CANCEL):
        DELIVERY.check(cause.state, new)
        is_again = act is Act.RETRY
        await db.fetch(MOVE, list(chosen), str(new), "" if is_again else "by_hand", is_again)
        if is_again:
            ring_for_sending()
    else:
        owner, done_by = (staff.id, None) if act is Act.TAKE else (None, staff.id)
        await db.fetch(LOOK_AFTER, list(chosen), owner, done_by, why)
    await db.fetch(
        NOTE,
        [new_id() for _ in chosen],
        list(chosen),
        [str(cause.state)] * len(chosen),
        [str(new)] * len(chosen),
        staff.id,
        staff.by.channel,
        f"{act}: {why}"[:500],
    )


async def _reached(rows: Sequence[dict[str, Any]]) -> frozenset[UUID]:
    found = await db.fetch(REACHED, [row["message_id"] for row in rows], list(SILENT))
    return frozenset(row["message_id"] for row in found)
