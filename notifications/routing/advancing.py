"""What comes after a way that did not reach its person: a look at the database, for many messages at a time.

Level-triggered: a bad end that nobody has looked at, and a moment that has come, are states of rows. A look that is
doubled, late or cut off changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import orjson

from notifications.channels import CHANNELS, sending
from notifications.channels.content import Content, Instant
from notifications.routing.following import WAITING, Next, Way, look, waited_until
from notifications.routing.limits import leaving
from notifications.routing.models import PLACED, SLOT, WAY
from notifications.routing.reading import Asked, Situation, load_from, situations
from notifications.routing.rules import DIGEST, GROUP_OF, URGENT, Skip, chain_from
from notifications.routing.ways import Ways, ways_from
from notifications.rules import Purpose
from server import clock, db
from server.jobs import ring

BATCH = 200
NO_CHANNEL = ""  # a step that was not needed at all

# Bad ends that nobody has looked at: places are given back of which surely nothing was sent, and the message is looked
# at now. What was undelivered had left.
FOLLOW = """
WITH ended AS (
    SELECT id, message_id, state FROM delivery
    WHERE NOT is_followed AND state IN ('failed', 'suppressed', 'undelivered', 'expired', 'cancelled')
    ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE delivery d SET is_followed = true FROM ended WHERE d.id = ended.id
), freed AS (
    DELETE FROM contact_slot s USING ended
    WHERE s.delivery_id = ended.id AND ended.state <> 'undelivered'
      AND NOT EXISTS (SELECT FROM attempt a WHERE a.delivery_id = ended.id
                      AND (a.outcome IS NULL OR a.outcome IN ('accepted', 'unknown')))
), woken AS (
    UPDATE message m SET next_step_at = app_now()
    FROM (SELECT DISTINCT message_id FROM ended) e WHERE m.id = e.message_id AND m.next_step_at > app_now()
)
SELECT count(*) AS n FROM ended
"""

DUE = """
SELECT m.id, m.event, m.class, m.account_id, m.staff_id, m.patient_id, m.title, m.lines, m.fields, m.link,
       m.template_key, m.deadline, m.visit_at, m.purpose, m.not_before, m.route, m.chain, m.chain_step, m.created_at,
       app_now() AS now, CASE WHEN m.read_at IS NOT NULL THEN 'read' ELSE message_stays(m) END AS is_over,
       (SELECT coalesce(min(d.priority), 1) FROM delivery d WHERE d.message_id = m.id) AS priority,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', d.id, 'channel', d.channel, 'step', d.step, 'state', d.state, 'reason', d.reason,
            'is_settled', d.is_settled, 'due_at', d.due_at, 'created_at', d.created_at)), '[]')
        FROM delivery d WHERE d.message_id = m.id) AS ways
FROM message m WHERE m.next_step_at <= app_now() ORDER BY m.next_step_at, m.id LIMIT $1 FOR UPDATE OF m SKIP LOCKED
"""

# $1 messages, $2 ways, $3 zone. What still waits of the earlier ways ends here, or the person would be told twice;
# where a lane has taken one meanwhile the message stays as it is and is looked at again.
ADVANCE = f"""
WITH asked AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS t (id uuid, chain_step integer, next_step_at timestamptz, skipped jsonb, closing uuid[], has_digest boolean)
), closable AS (
    SELECT d.id, d.message_id FROM delivery d
    WHERE d.id IN (SELECT unnest(asked.closing) FROM asked) AND d.state IN ('planned', 'held', 'ready', 'retry_wait')
    ORDER BY d.id FOR NO KEY UPDATE OF d SKIP LOCKED
), free AS (
    SELECT asked.* FROM asked
    WHERE cardinality(asked.closing) = (SELECT count(*) FROM closable c WHERE c.message_id = asked.id)
), closed AS (
    UPDATE delivery d SET state = 'cancelled', reason = 'next_way', changed_at = app_now()
    FROM closable JOIN free ON free.id = closable.message_id WHERE d.id = closable.id
), moved AS (
    UPDATE message m SET chain_step = free.chain_step, next_step_at = free.next_step_at,
                         skipped = m.skipped || free.skipped
    FROM free WHERE m.id = free.id
), later AS (
    UPDATE message m SET next_step_at = app_now() + interval '5 seconds'
    FROM asked WHERE m.id = asked.id AND NOT EXISTS (SELECT FROM free WHERE free.id = asked.id)
), told AS (
    SELECT free.id, false AS is_duplicate FROM free
), placed AS (
    INSERT INTO delivery (id, message_id, channel, address, template_key, step, state, reason, priority, due_at,
                          deadline, created_at, changed_at)
    SELECT way.id, told.id, way.channel, way.address, way.template_key, way.step, {PLACED},
           way.priority, coalesce(slot.at, app_now()), way.deadline, app_now(), app_now()
    FROM told JOIN jsonb_to_recordset($2::jsonb) {WAY} ON way.message_id = told.id {SLOT.format(zone="$3")}
), items AS (
    INSERT INTO digest_item (message_id, account_id, staff_id, created_at)
    SELECT m.id, m.account_id, m.staff_id, app_now() FROM free JOIN message m ON m.id = free.id WHERE free.has_digest
    ON CONFLICT DO NOTHING
)
SELECT id FROM free
"""


@dataclass
class Step:
    """What a look at one message came to."""

    row: dict[str, Any]
    situation: Situation
    content: Content
    number: int
    at: datetime | None = None
    ways: Ways | None = None
    skipped: list[Skip] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """Give it as the statement takes it."""
        return {
            "id": str(self.row["id"]),
            "chain_step": self.number,
            "next_step_at": self.at if self.at and self.at < self.row["deadline"] else None,
            "skipped": [skip.as_data() for skip in self.skipped],
            "closing": self.closing,
            "has_digest": self.ways is not None and self.ways.has_digest,
        }


async def follow_ways() -> None:
    """Begin the next ways that are due, each message once."""
    while (row := await db.fetch_one(FOLLOW, BATCH)) and row["n"] == BATCH:
        pass
    while await _advance() == BATCH:
        pass


async def _advance() -> int:
    async with db.transaction():
        rows = await db.fetch(DUE, BATCH)
        if not rows:
            return 0
        found = await situations([_asked(row) for row in rows])
        steps = [_step(row, situation) for row, situation in zip(rows, found, strict=True)]
        messages = orjson.dumps([step.as_data() for step in steps]).decode()
        ways = orjson.dumps([way for step in steps for way in _rows(step)]).decode()
        free = {row["id"] for row in await db.fetch(ADVANCE, messages, ways, clock.zone().key)}
        for step in steps:
            for way in step.ways.chosen if step.ways and step.row["id"] in free else ():
                if way.is_instant and way.channel != DIGEST:
                    await cast(Instant, CHANNELS[way.channel]).place(step.row["id"], step.content, way.address)
        for channel in sending():
            ring(f"dispatch_{channel.name}")
    return len(rows)


def _asked(row: dict[str, Any]) -> Asked:
    name = row["route"].rpartition(":")[0]
    return Asked(row["account_id"], row["patient_id"], row["staff_id"], Purpose(row["purpose"]), name)


def _step(row: dict[str, Any], situation: Situation) -> Step:
    """Decide about one message, by the chain that was frozen into it."""
    content = Content(
        row["title"],
        tuple((label, text) for label, text in orjson.loads(row["lines"])),
        row["template_key"],
        orjson.loads(row["fields"]),
        row["link"],
        row["event"],
        row["priority"] == URGENT,
    )
    found = situation.with_chain(row["route"], chain_from(orjson.loads(row["chain"])))
    step = Step(row, found, content, number=row["chain_step"])
    deliveries = orjson.loads(row["ways"])
    ways = [_way(one) for one in deliveries]
    while step.number < len(found.chain) and _goes_on(step, ways):
        pass
    if step.ways is not None:
        step.closing = [one["id"] for one in deliveries if one["state"] in WAITING]
    return step


def _goes_on(step: Step, ways: list[Way]) -> bool:
    """Look at the next way of a message; tell whether the one after it has to be looked at as well."""
    row, number, chain = step.row, step.number, step.situation.chain
    is_up_at = waited_until(ways, chain, number, created_at=row["created_at"])
    seen = look(ways, chain[number], now=row["now"], is_up_at=is_up_at, is_over=row["is_over"] or "")
    if seen.next is Next.LATER:
        step.at = seen.at
        return False
    if seen.next is not Next.GO:
        step.skipped.append(Skip(number, NO_CHANNEL, seen.why))
        step.number = len(chain) if seen.next is Next.END else number + 1
        return seen.next is Next.SKIP
    chosen = ways_from(number, step.content, situation=step.situation, taken=_taken(ways), is_first=False)
    step.skipped.extend(chosen.skipped)
    step.number = len(chain) if chosen.next_step is None else chosen.next_step
    if not chosen.chosen:
        return True
    step.ways = chosen
    may = leaving(load_from(row), step.situation.settings, at=row["now"])
    step.at = chosen.next_at(chain, may, deadline=row["deadline"])
    return False


def _taken(ways: list[Way]) -> frozenset[str]:
    """List the channels that the message has taken, and groups of which one member may have told the person."""
    may_have_told = {way.channel for way in ways if way.state not in ("failed", "suppressed", "expired")}
    return frozenset({way.channel for way in ways} | {GROUP_OF[name] for name in may_have_told if name in GROUP_OF})


def _way(one: dict[str, Any]) -> Way:
    channel = CHANNELS.get(one["channel"])
    return Way(
        channel=one["channel"],
        step=one["step"],
        state=one["state"],
        due_at=datetime.fromisoformat(one["due_at"]),
        created_at=datetime.fromisoformat(one["created_at"]),
        reason=one["reason"],
        is_settled=one["is_settled"],
        has_receipts=channel is not None and channel.capabilities.has_receipts,
    )


def _rows(step: Step) -> list[dict[str, Any]]:
    if step.ways is None:
        return []
    load = load_from(step.row)
    may = leaving(load, step.situation.settings, at=step.row["now"])
    message = {"message_id": str(step.row["id"]), "deadline": step.row["deadline"]}
    return [{**row, **message} for row in step.ways.rows(step.situation.person_id, load, may)]
