"""From facts to messages: the text from the catalogue, the ways from the registry, rows in the relay's transaction.

The same fact handled twice makes one message. Nothing is sent here: a delivery is a row, and the outbox looks.
"""

from typing import Any, cast
from uuid import UUID

import orjson

from notifications.channels import CHANNELS, sending
from notifications.channels.content import Instant
from notifications.notices import notice_of
from notifications.notices.nearing import WHILE_WAITING
from notifications.notices.notice import Notice
from notifications.routing.content import content_of, words_of
from notifications.routing.limits import Leaving, leaving
from notifications.routing.models import PLACED, SLOT, WAY
from notifications.routing.reading import Situation, To, asked_of, load_of, situations
from notifications.routing.rules import DIGEST, SILENT, as_data, chain_from
from notifications.routing.ways import Ways, ways_from
from notifications.rules import DeliveryState
from notifications.templates.rendering import rendered
from server import clock, db
from server.facts import Fact
from server.ids import new_id
from server.jobs import ring

__all__ = ["To", "account", "call_off", "post", "ring_for_sending", "tell"]

# $26 hash of person and words, or null when they may be said twice; $27 for how long they are not
POST = f"""
WITH message_told AS (
    INSERT INTO message (id, event, event_key, class, account_id, staff_id, patient_id, subject_kind, subject_id,
                         language, title, lines, fields, link, deadline, actions, visit_at, purpose, plan_step_id,
                         not_before, route, chain, chain_step, skipped, next_step_at, alert_id, template_key,
                         template_version, params, texts, rendered_hash, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $29, $33, $34, $35, $36, $37, app_now())
    ON CONFLICT (event_key) DO NOTHING RETURNING id
), said AS (
    INSERT INTO content_told AS c (key, message_id, told_at)
    SELECT $26, message_told.id, app_now() FROM message_told WHERE $26::uuid IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET message_id = excluded.message_id, told_at = excluded.told_at
    WHERE c.told_at <= app_now() - $27::interval
       -- what came to nothing does not count as said; what is being said at this very moment cannot be seen, and does
       OR (SELECT bool_and(d.state IN ('failed', 'suppressed', 'expired', 'cancelled')) FROM delivery d
           WHERE d.message_id = c.message_id AND d.channel <> ALL ($28::text[]))
    RETURNING c.key
), told AS (
    SELECT message_told.id, $26::uuid IS NOT NULL AND NOT EXISTS (SELECT FROM said) AS is_duplicate FROM message_told
), ways AS (
    INSERT INTO delivery (id, message_id, channel, address, template_key, step, state, reason, priority, due_at,
                          deadline, created_at, changed_at)
    SELECT way.id, told.id, way.channel, way.address, way.template_key, way.step, {PLACED},
           way.priority, coalesce(slot.at, app_now()), $15, app_now(), app_now()
    FROM told CROSS JOIN jsonb_to_recordset($30::jsonb) {WAY} {SLOT.format(zone="$31")}
), items AS (
    INSERT INTO digest_item (message_id, account_id, staff_id, created_at)
    SELECT message_told.id, $5, $6, app_now() FROM message_told WHERE $32
)
SELECT id FROM told
"""


async def tell(fact: Fact) -> None:
    """Write the message that a fact becomes for its account; nothing when there is no account or nothing to say."""
    if (account_id := getattr(fact, "account_id", None)) and (to := await account(account_id)):
        notice = notice_of(fact, to.language)
        if notice is not None and await _is_true_still(notice):
            await post(notice, to)


async def _is_true_still(notice: Notice) -> bool:
    """Tell whether somebody still waits to whom something about waiting is to be said; looked at again when it goes."""
    if notice.event not in WHILE_WAITING:
        return True
    row = await db.fetch_one("SELECT wait_stands($1, $2) AS stands", notice.subject_kind, notice.subject_id)
    return row is not None and row["stands"]


async def account(account_id: UUID) -> To | None:
    """Give an account as the recipient of a message, or None when it is gone."""
    row = await db.fetch_one(
        "SELECT id AS account_id, openid, coalesce(official_openid, '') AS official_openid, language"
        " FROM account WHERE id = $1",
        account_id,
    )
    return To(**row) if row else None


async def post(notice: Notice, to: To) -> bool:
    """Write a message with its first ways, in the open transaction; tell whether it is a new one.

    Two statements: one reads what the ways depend on, one writes. Nobody can be told twice, and nobody more often than
    the cap allows, whoever posts at the same time: constraints stand behind both.
    """
    said = await rendered(notice, to.language)
    notice = said.notice
    situation = (await situations([asked_of(notice, to)]))[0]
    content = content_of(notice)
    now = situation.at
    may = leaving(load_of(notice), situation.settings, at=now)
    if notice.chain:
        situation = situation.with_chain("own:0", chain_from(notice.chain))
    ways = ways_from(0, content, situation=situation)
    message_id = new_id()
    told = await db.fetch_one(
        POST,
        *_message_columns(message_id, notice, to),
        may.moments[0] if may.moments and may.moments[0] > now else None,
        situation.route,
        orjson.dumps(as_data(situation.chain)).decode(),
        ways.next_step if ways.next_step is not None else len(situation.chain),
        orjson.dumps([skip.as_data() for skip in ways.skipped]).decode(),
        None if situation.is_withdrawn else ways.next_at(situation.chain, may, deadline=notice.deadline),
        words_of(notice, situation),
        situation.settings.dedupe,
        list(SILENT),
        notice.alert_id,
        orjson.dumps(_rows(ways, notice, situation, may)).decode(),
        clock.zone().key,
        ways.has_digest,
        notice.template_key,
        said.template_version,
        orjson.dumps(dict(said.params)).decode(),
        orjson.dumps(dict(said.texts)).decode(),
        said.rendered_hash,
    )
    if told is None:
        return False
    for way in () if situation.is_withdrawn else ways.chosen:
        if way.is_instant and way.channel != DIGEST:
            await cast(Instant, CHANNELS[way.channel]).place(message_id, content, way.address)
    ring_for_sending()
    return True


def _message_columns(message_id: UUID, notice: Notice, to: To) -> tuple[Any, ...]:
    return (
        message_id,
        notice.event,
        notice.key,
        str(notice.kind),
        to.account_id,
        to.staff_id,
        notice.patient_id,
        notice.subject_kind,
        notice.subject_id,
        to.language,
        notice.title,
        orjson.dumps(notice.lines).decode(),
        orjson.dumps(notice.fields or {}).decode(),
        notice.link,
        notice.deadline,
        orjson.dumps(notice.actions).decode(),
        notice.visit_at,
        str(load_of(notice).purpose),
        notice.plan_step_id,
    )


def _rows(ways: Ways, notice: Notice, situation: Situation, may: Leaving) -> list[dict[str, Any]]:
    """Give the ways of a message as the statement takes them."""
    rows = ways.rows(situation.person_id, load_of(notice), may)
    if situation.is_withdrawn:
        stopped = {"state": str(DeliveryState.SUPPRESSED), "reason": "consent_withdrawn"}
        return [{**row, **stopped} for row in rows]
    return rows


def ring_for_sending() -> None:
    """Wake every lane of the outbox once the open transaction has committed."""
    for channel in sending():
        ring(f"dispatch_{channel.name}")


# $1 subject, $2 events; none means all, $3 why
CALL_OFF = """
WITH meant AS (
    SELECT id FROM message WHERE subject_id = $1 AND (event = ANY($2::text[]) OR cardinality($2::text[]) = 0)
), chains AS (
    UPDATE message m SET next_step_at = NULL FROM meant WHERE m.id = meant.id AND m.next_step_at IS NOT NULL
)
UPDATE delivery SET state = 'cancelled', reason = $3, owner = NULL, lease_until = NULL, changed_at = app_now()
WHERE state IN ('planned', 'held', 'ready', 'retry_wait', 'leased') AND message_id IN (SELECT id FROM meant)
"""


async def call_off(subject_id: UUID, *, events: tuple[str, ...], reason: str) -> None:
    """Cancel what has not left yet of the messages about a subject, and what would follow; all when none is named."""
    await db.fetch(CALL_OFF, subject_id, list(events), reason)
