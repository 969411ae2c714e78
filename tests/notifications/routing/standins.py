"""Channels of which a test knows everything, chains and settings by row, and a look at the ways of a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from notifications.channels import CHANNELS
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.notices.notice import NEAR, Notice
from notifications.routing.advancing import follow_ways
from notifications.rules import MessageClass, Outcome
from server import clock, db
from server.ids import new_id
from tests import props


@dataclass
class StandIn:
    """A channel that takes everything, or answers what it is told to."""

    name: str
    capabilities: Capabilities = field(default_factory=Capabilities)
    reaches: bool = True
    is_there: bool = True
    answer: Outcome = Outcome.ACCEPTED
    sent: list[str] = field(default_factory=list)
    placed: list[UUID] = field(default_factory=list)

    def is_set_up(self) -> bool:
        """As it was told."""
        return self.is_there

    def carries(self, content: Content) -> bool:
        """Everything."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Somebody of their own for each channel."""
        person = recipient.account_id or recipient.staff_id or recipient.patient_id
        return f"{self.name}-{person}" if self.reaches else None

    async def place(self, message_id: UUID, content: Content, address: str) -> None:
        """Note it."""
        self.placed.append(message_id)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Note it and answer."""
        self.sent.append(content.title)
        return Receipt(self.answer, "test")


def stand_in(monkeypatch: Any, name: str, **values: Any) -> StandIn:
    """Put a stand-in into the registry, over the real one if there is one."""
    channel = StandIn(name, **values)
    monkeypatch.setitem(CHANNELS, name, channel)
    return channel


async def a_route(name: str, *steps: Mapping[str, Any], version: int = 1) -> None:
    """Set a chain: steps with what differs from «first, always, at once»."""
    plain = {"takes": "first", "when": "always", "wait_seconds": 0}
    chain = orjson.dumps([{**plain, **step} for step in steps]).decode()
    await db.fetch(
        "INSERT INTO route (id, name, version, chain) VALUES ($1, $2, $3, $4)", new_id(), name, version, chain
    )


async def a_setting(name: str, value: Mapping[str, Any]) -> None:
    """Set quiet hours, caps or times, over what was set."""
    await db.fetch(
        "INSERT INTO routing_setting (id, name, version, value) SELECT $1, $2, coalesce(max(version), 0) + 1, $3"
        " FROM routing_setting WHERE name = $2",
        new_id(),
        name,
        orjson.dumps(value).decode(),
    )


def a_notice(**values: Any) -> Notice:
    """Something to tell: other words and another subject each time."""
    subject_id = new_id()
    plain = {
        "event": "test_event",
        "key": f"test:{subject_id}",
        "kind": MessageClass.VISIT,
        "subject_kind": "test",
        "subject_id": subject_id,
        "title": f"测试 {subject_id}",
        "lines": (("内容", "测试"),),
        "deadline": clock.now() + timedelta(days=3),
        "priority": NEAR,
    }
    return Notice(**{**plain, **values})


async def ways(channel: str | None = None) -> list[tuple[str, int, str, str]]:
    """List the ways of all messages, in the order of their steps: channel, step, state, reason."""
    rows = await db.fetch(
        "SELECT channel, step, state, reason FROM delivery WHERE ($1::text IS NULL OR channel = $1)"
        " ORDER BY step, created_at, id",
        channel,
    )
    return [(row["channel"], row["step"], row["state"], row["reason"]) for row in rows]


async def of_channel(channel: str) -> list[tuple[str, str]]:
    """List state and reason of the ways over one channel, oldest first."""
    return [(state, reason) for _, _, state, reason in await ways(channel)]


async def ended(channel: str, state: str, reason: str = "") -> None:
    """Let the ways of a channel have come to something."""
    await db.fetch(
        "UPDATE delivery SET state = $2, reason = $3, due_at = app_now(), changed_at = app_now() WHERE channel = $1",
        channel,
        state,
        reason,
    )


async def look() -> None:
    """Look at what follows, as a worker does."""
    await follow_ways()


async def the_message() -> dict[str, Any]:
    """Give the one message that there is."""
    assert await props.count("message") == 1
    row = await db.fetch_one("SELECT * FROM message")
    assert row is not None
    return {**row, "chain": orjson.loads(row["chain"]), "skipped": orjson.loads(row["skipped"])}
