"""What the ways of messages depend on, read in one statement for as many messages as there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from notifications.channels.content import Recipient
from notifications.notices.notice import Notice
from notifications.routing.limits import Load, Settings
from notifications.routing.models import SITUATION
from notifications.routing.rules import GROUPS, ROUTES, Chain, chain_from, route_of
from notifications.rules import PURPOSE_OF, MessageClass, Purpose
from server import db

_MEMBERS = sorted(member for members in GROUPS.values() for member in members)
_SHIPPED = Settings.of({})


@dataclass(frozen=True)
class To:
    """Whom a message is for: an account, or staff. language: of the texts that were chosen."""

    account_id: UUID | None = None
    openid: str = ""
    official_openid: str = ""
    staff_id: UUID | None = None
    language: str = "zh-CN"


@dataclass(frozen=True)
class Asked:
    """Of which message the situation is asked. route: its name."""

    account_id: UUID | None
    patient_id: UUID | None
    staff_id: UUID | None
    purpose: Purpose
    route: str


@dataclass(frozen=True)
class Situation:
    """What the ways of a message depend on, at the time of the open transaction.

    unwanted: `category:channel` that the person has switched off. unhealthy: members of groups that are not to be
    chosen now. route: name and version; version 0 is what ships.
    """

    at: datetime
    recipient: Recipient
    purpose: Purpose
    route: str
    chain: Chain
    settings: Settings
    unwanted: frozenset[str]
    unhealthy: frozenset[str]
    is_withdrawn: bool

    @property
    def person_id(self) -> UUID | None:
        """Give whose places a message takes."""
        return self.recipient.account_id or self.recipient.staff_id or self.recipient.patient_id

    def with_chain(self, route: str, chain: Chain) -> "Situation":
        """Give the same with other ways: those that a message has of its own, or that were frozen into it."""
        return replace(self, route=route, chain=chain)


def asked_of(notice: Notice, to: To) -> Asked:
    """Give what has to be asked for a notice."""
    purpose = purpose_of(notice)
    route = route_of(
        notice.kind,
        notice.priority,
        purpose=purpose,
        is_planned=notice.plan_step_id is not None,
        named=notice.route,
    )
    return Asked(to.account_id, notice.patient_id, to.staff_id, purpose, route)


def purpose_of(notice: Notice) -> Purpose:
    """Give what a notice is for."""
    return notice.purpose or PURPOSE_OF[notice.kind]


def load_of(notice: Notice) -> Load:
    """Give what the router must know of a notice to say when it may leave."""
    return Load(
        kind=notice.kind,
        priority=notice.priority,
        purpose=purpose_of(notice),
        event=notice.event,
        deadline=notice.deadline,
        visit_at=notice.visit_at,
        not_before=notice.not_before,
    )


def load_from(row: dict[str, Any]) -> Load:
    """Give the same of a message that is written down."""
    return Load(
        kind=MessageClass(row["class"]),
        priority=row["priority"],
        purpose=Purpose(row["purpose"]),
        event=row["event"],
        deadline=row["deadline"],
        visit_at=row["visit_at"],
        not_before=row["not_before"],
    )


async def situations(asked: Sequence[Asked]) -> list[Situation]:
    """Read what the ways of some messages depend on, in their order."""
    rows = await db.fetch(
        SITUATION,
        [one.account_id for one in asked],
        [one.patient_id for one in asked],
        [one.staff_id for one in asked],
        [str(one.purpose) for one in asked],
        [one.route for one in asked],
        _MEMBERS,
    )
    return [_situation(one, row) for one, row in zip(asked, rows, strict=True)]


def _situation(asked: Asked, row: dict[str, Any]) -> Situation:
    names = ("account_id", "openid", "official_openid", "patient_id", "staff_id", "wecom_userid")
    has = {name: row[name] for name in ("has_phone", "has_email")}
    return Situation(
        at=row["at"],
        recipient=Recipient(**{name: row[name] for name in names}, **has),
        purpose=asked.purpose,
        route=f"{asked.route}:{row['version'] or 0}",
        chain=chain_from(orjson.loads(row["chain"])) if row["chain"] else ROUTES.get(asked.route, ()),
        settings=Settings.of_row(row["settings"]) if row["settings"] else _SHIPPED,
        unwanted=frozenset(row["unwanted"]),
        unhealthy=frozenset(row["unhealthy"]),
        is_withdrawn=bool(row["is_withdrawn"]),
    )
