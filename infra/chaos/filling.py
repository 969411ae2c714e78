"""Messages that are due now: for people over the mini-app, for staff over the robot; each bears its delivery's id."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from infra.bench.delivering import CREDIT_COLUMNS, FIELDS, LINES, TEMPLATE
from server.ids import new_id

PEOPLE = 120
OPENIDS = tuple(f"chaos-{number:03d}" for number in range(PEOPLE))
WECHAT, ROBOT = "wechat_subscribe", "wecom_robot"
HOURS = timedelta(days=2)  # longer than a quota of a day


@dataclass(frozen=True)
class Cast:
    """Who gets messages."""

    accounts: tuple[UUID, ...]
    staff_id: UUID


async def cast(database: asyncpg.Connection) -> Cast:
    """Write down accounts with the platform's openids, and a member of staff."""
    accounts = tuple(new_id() for _ in OPENIDS)
    await database.copy_records_to_table(
        "account", records=list(zip(accounts, OPENIDS, strict=True)), columns=("id", "openid")
    )
    staff_id = new_id()
    await database.execute(
        "INSERT INTO staff (id, username, name, password_hash) VALUES ($1, 'chaos', '陈静', '-')", staff_id
    )
    return Cast(accounts, staff_id)


async def fill(database: asyncpg.Connection, cast: Cast, *, visits: int, alerts: int) -> list[UUID]:
    """Write messages that are due now; give their deliveries."""
    now = await database.fetchval("SELECT app_now()")
    rows = _Rows(now, cast)
    for number in range(visits):
        rows.visit(number)
    for _ in range(alerts):
        rows.alert()
    async with database.transaction():
        for table, (columns, records) in rows.tables().items():
            await database.copy_records_to_table(table, records=records, columns=columns)
    return rows.sent


class _Rows:
    """The rows of one batch, by table."""

    def __init__(self, now: Any, cast: Cast) -> None:
        self._now = now
        self._cast = cast
        self._messages: list[tuple] = []
        self._deliveries: list[tuple] = []
        self._credits: list[tuple] = []
        self._alerts: list[tuple] = []
        self.sent: list[UUID] = []

    def visit(self, number: int) -> None:
        """A call to a room, with the consent that it spends and its place in the inbox."""
        message, delivery = new_id(), new_id()
        account = self._cast.accounts[number % PEOPLE]
        link = f"pages/messages/messages?m={delivery}"
        self._messages.append(self._message(message, "visit", account, "叫号提醒", link))
        self._credits.append((new_id(), account, TEMPLATE, self._now, self._now))
        self._deliver(delivery, message, WECHAT, OPENIDS[number % PEOPLE], TEMPLATE, "planned")
        self._deliver(new_id(), message, "inbox", str(account), "", "delivered")
        self.sent.append(delivery)

    def alert(self) -> None:
        """A complaint for the staff's chat: by its class sent again when nobody knows."""
        message, delivery = new_id(), new_id()
        self._messages.append(self._message(message, "alert", None, f"投诉 {delivery}", ""))
        self._alerts.append(
            (
                new_id(),
                f"chaos:{message}",
                "complaint",
                "complaint",
                message,
                self._cast.staff_id,
                "投诉",
                "raised",
                self._now,
            )
        )
        self._deliver(delivery, message, ROBOT, "robot", "", "planned")
        self.sent.append(delivery)

    def _message(self, message: UUID, kind: str, account: UUID | None, title: str, link: str) -> tuple:
        deadline = self._now + HOURS
        event = "queue_called" if account else "complaint_filed"
        purpose = "service" if account else "staff"
        key = f"chaos:{message}"
        return (
            message,
            event,
            key,
            kind,
            account,
            "chaos",
            message,
            title,
            LINES,
            FIELDS,
            link,
            deadline,
            purpose,
            self._now,
        )

    def _deliver(self, delivery: UUID, message: UUID, channel: str, address: str, template: str, state: str) -> None:
        self._deliveries.append(
            (delivery, message, channel, address, template, state, self._now, self._now + HOURS, self._now, self._now)
        )

    def tables(self) -> dict[str, tuple[tuple[str, ...], list[tuple]]]:
        """Give columns and records of each table."""
        return {
            "message": (MESSAGE_COLUMNS, self._messages),
            "delivery": (DELIVERY_COLUMNS, self._deliveries),
            "consent_credit": (CREDIT_COLUMNS, self._credits),
            "alert": (ALERT_COLUMNS, self._alerts),
        }


MESSAGE_COLUMNS = (
    "id",
    "event",
    "event_key",
    "class",
    "account_id",
    "subject_kind",
    "subject_id",
    "title",
    "lines",
    "fields",
    "link",
    "deadline",
    "purpose",
    "created_at",
)
DELIVERY_COLUMNS = (
    "id",
    "message_id",
    "channel",
    "address",
    "template_key",
    "state",
    "due_at",
    "deadline",
    "created_at",
    "changed_at",
)
ALERT_COLUMNS = ("id", "key", "kind", "subject_kind", "subject_id", "staff_id", "title", "state", "raised_at")
