"""Notices and broadcasts: put on the boards, taken off again, each in the log of every queue that shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.boards import models
from miniapp_api.boards.errors import BroadcastRuns, MessageOver
from miniapp_api.queue.models import RECORD
from miniapp_api.queue.steps import department_of_path
from server import auth, clock, db, live
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, wrong_field
from server.history import By
from server.ids import new_id
from server.web import moment

NOTICE, BROADCAST = "notice", "broadcast"
ANNOUNCERS = (Role.GUIDE, Role.SUPERVISOR)


async def post_notice(
    staff: SignedInStaff, department_id: UUID, texts: dict[str, str], until: datetime
) -> dict[str, Any]:
    """Put a line on the boards of a department.

    Raises: NotFound, Forbidden, Malformed for an end in the past.
    """
    auth.need_department(staff, department_id, *ANNOUNCERS)
    await department_of_path(department_id)
    if until <= clock.now():
        raise wrong_field("/until", "in_the_past", "later than now")
    async with db.transaction():
        row = await _posted(NOTICE, department_id, texts, until, staff)
        await _tell(row, [department_id], "posted", staff.by)
    return row


async def broadcast(staff: SignedInStaff, department_id: UUID | None, texts: dict[str, str]) -> dict[str, Any]:
    """Fill the boards of a department, or of the whole hospital, until somebody ends it.

    Raises: NotFound, Forbidden, BroadcastRuns.
    """
    _need_reach(staff, department_id)
    if department_id is not None:
        await department_of_path(department_id)
    try:
        async with db.transaction():
            row = await _posted(BROADCAST, department_id, texts, None, staff)
            await _tell(row, await _reached(row), "broadcast", staff.by)
    except IntegrityError as error:
        if db.violated(error) == "board_message_one_broadcast":
            raise BroadcastRuns() from error
        raise
    return row


async def end(staff: SignedInStaff, message_id: UUID) -> dict[str, Any]:
    """Take a notice or a broadcast off the boards.

    Raises: NotFound, Forbidden, MessageOver.
    """
    async with db.transaction():
        row = await db.fetch_one(models.LOCK, message_id)
        if row is None:
            raise NotFound()
        _need_reach(staff, row["department_id"])
        if row["ended_at"] is not None or (row["until"] is not None and row["until"] <= clock.now()):
            raise MessageOver()
        ended = await db.fetch_one(models.END, message_id, staff.id)
        assert ended is not None  # locked above
        await _tell(ended, await _reached(ended), "ended", staff.by)
    return ended


async def listed(department_ids: list[UUID]) -> list[dict[str, Any]]:
    """List what stands on the boards of departments now, the newest first."""
    return await db.fetch(models.STANDING, department_ids)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Show a notice or a broadcast to staff."""
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "department_id": str(row["department_id"]) if row["department_id"] else None,
        "text": orjson.loads(row["texts"]),
        "at": moment(row["at"]),
        "until": moment(row["until"]),
        "ended_at": moment(row["ended_at"]),
        "by_name": row.get("by_name"),
    }


def _need_reach(staff: SignedInStaff, department_id: UUID | None) -> None:
    """Refuse who does not announce for a department; the whole hospital is for who works for all of it."""
    if department_id is not None:
        auth.need_department(staff, department_id, *ANNOUNCERS)
    elif staff.departments_of(*ANNOUNCERS) is not None:
        raise Forbidden()


async def _posted(
    kind: str, department_id: UUID | None, texts: dict[str, str], until: datetime | None, staff: SignedInStaff
) -> dict[str, Any]:
    row = await db.fetch_one(models.POST, new_id(), kind, department_id, orjson.dumps(texts).decode(), until, staff.id)
    assert row is not None  # the statement always inserts
    return row


async def _reached(row: dict[str, Any]) -> list[UUID]:
    if row["department_id"] is not None:
        return [row["department_id"]]
    return [found["id"] for found in await db.fetch(models.ACTIVE_DEPARTMENTS)]


async def _tell(row: dict[str, Any], department_ids: list[UUID], act: str, by: By) -> None:
    """Write it into the log of each queue and ring its boards; in the order of the ids, so that two never cross."""
    seen = shown(row)
    for department_id in department_ids:
        topic = live.queue_topic(department_id)
        told = orjson.dumps({"id": seen["id"], "kind": seen["kind"], "act": act}).decode()
        who = (by.kind, by.id, by.channel, "")
        place = (None, None, "", 0)
        about = (department_id, clock.today(), row["id"], act, None, None)
        await db.fetch(RECORD, topic, "notice", told, *about, *who, *place, orjson.dumps(seen).decode())
        live.nudge(topic)
