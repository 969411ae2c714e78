"""From facts to messages: the text from the catalogue, the ways from the registry, rows in the relay's transaction.

The same fact handled twice makes one message. Nothing is sent here: a delivery is a row, and the outbox looks.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from notifications.channels import CHANNELS, sending
from notifications.channels.content import Content, Recipient
from notifications.notices import notice_of
from notifications.notices.notice import Notice
from notifications.rules import DeliveryState
from server import db
from server.facts import Fact
from server.ids import new_id
from server.jobs import ring

POST = """
WITH told AS (
    INSERT INTO message (id, event, event_key, class, account_id, staff_id, patient_id, subject_kind, subject_id,
                         language, title, lines, fields, link, deadline, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, app_now())
    ON CONFLICT (event_key) DO NOTHING RETURNING id
), ways AS (
    INSERT INTO delivery (id, message_id, channel, address, template_key, state, priority, due_at, deadline,
                          created_at, changed_at)
    SELECT way.id, told.id, way.channel, way.address, way.template_key, way.state, $21, app_now(), $15,
           app_now(), app_now()
    FROM told, unnest($16::uuid[], $17::text[], $18::text[], $19::text[], $20::text[])
         AS way (id, channel, address, template_key, state)
)
SELECT id FROM told
"""


@dataclass(frozen=True)
class To:
    """Whom a message is for: an account, or staff. language: of the texts that were chosen."""

    account_id: UUID | None = None
    openid: str = ""
    staff_id: UUID | None = None
    language: str = "zh-CN"


async def tell(fact: Fact) -> None:
    """Write the message that a fact becomes for its account; nothing when there is no account or nothing to say."""
    if (account_id := getattr(fact, "account_id", None)) and (to := await account(account_id)):
        notice = notice_of(fact, to.language)
        if notice is not None:
            await post(notice, to)


async def account(account_id: UUID) -> To | None:
    """Give an account as the recipient of a message, or None when it is gone."""
    row = await db.fetch_one("SELECT openid, language FROM account WHERE id = $1", account_id)
    return To(account_id=account_id, openid=row["openid"], language=row["language"]) if row else None


async def post(notice: Notice, to: To) -> bool:
    """Write a message with its deliveries, in the open transaction; tell whether it is a new one."""
    content = Content(notice.title, notice.lines, notice.template_key, notice.fields or {}, notice.link)
    recipient = Recipient(account_id=to.account_id, openid=to.openid)
    ways: list[tuple[Any, ...]] = []
    for channel in CHANNELS.values():
        address = channel.address(recipient)
        if address and channel.carries(content):
            state = DeliveryState.DELIVERED if channel.is_instant else DeliveryState.PLANNED
            template_key = notice.template_key if channel.needs_consent else ""
            ways.append((new_id(), channel.name, address, template_key, str(state)))
    told = await db.fetch_one(
        POST,
        new_id(),
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
        *([way[column] for way in ways] for column in range(5)),
        notice.priority,
    )
    ring_for_sending()
    return told is not None


def ring_for_sending() -> None:
    """Wake every lane of the outbox once the open transaction has committed."""
    for channel in sending():
        ring(f"dispatch_{channel.name}")


async def call_off(subject_id: UUID, *, events: tuple[str, ...], reason: str) -> None:
    """Cancel what has not left yet of the messages about a subject; all events when none is named."""
    await db.fetch(
        "UPDATE delivery SET state = 'cancelled', reason = $3, owner = NULL, lease_until = NULL,"
        " changed_at = app_now()"
        " WHERE state IN ('planned', 'held', 'ready', 'retry_wait', 'leased') AND message_id IN ("
        "   SELECT id FROM message WHERE subject_id = $1 AND (event = ANY($2::text[]) OR cardinality($2::text[]) = 0))",
        subject_id,
        list(events),
        reason,
    )
