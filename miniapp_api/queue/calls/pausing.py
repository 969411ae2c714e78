"""Rooms and whole queues that do not call for a while, with the reason and when it most likely goes on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue import models
from miniapp_api.queue.calls import forward
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.errors import NotSoPaused
from miniapp_api.queue.rules import ROOM, RoomState
from miniapp_api.queue.showing import show_pause
from miniapp_api.queue.steps import department_of_path, lock_lines, tell_room
from miniapp_api.queue.views import pause_now, room_row
from server import auth, clock, db, history, live
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field
from server.history import By
from server.hospital import Room

WHO_PAUSES_QUEUES = (Role.GUIDE, Role.SUPERVISOR, Role.DEPARTMENT_HEAD)


@dataclass(frozen=True)
class Pause:
    """Why nobody is called, as a code, and when it most likely goes on."""

    reason: str = ""
    until: datetime | None = None

    def check(self) -> None:
        """Refuse an end that has passed.

        Raises: Malformed.
        """
        if self.until is not None and self.until <= clock.now():
            raise wrong_field("/until", "in_the_past", "later than now")


async def pause_room(room_id: UUID, pause: Pause, staff: SignedInStaff) -> dict[str, Any]:
    """Stop calling into a room; who stands at its door goes back into the line. Gives the room.

    Raises: NotFound, Forbidden, IllegalMove, Malformed.
    """
    pause.check()
    async with db.transaction():
        room = await _locked_room(room_id, staff)
        changes = {"pause_reason": pause.reason, "paused_until": pause.until}
        await history.move(ROOM, room, RoomState.PAUSED, by=staff.by, why=pause.reason, **changes)
        await forward.send_back(room.id, staff.by, why="room_paused")
        row = await room_row(room)
        await tell_room(row, staff.by, "paused", pause.reason)
    return row


async def resume_room(room_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Call into a room again. Gives the room.

    Raises: NotFound, Forbidden, IllegalMove.
    """
    async with db.transaction():
        room = await _locked_room(room_id, staff)
        await history.move(ROOM, room, RoomState.OPEN, by=staff.by, pause_reason="", paused_until=None)
        row = await room_row(room)
        await tell_room(row, staff.by, "opened")
    return row


async def _locked_room(room_id: UUID, staff: SignedInStaff) -> Room:
    """Give a room, locked behind its queue's line, so that no call comes between."""
    seen = await Room.get_or_none(id=room_id)
    if seen is None:
        raise NotFound()
    auth.need_department(staff, seen.department_id, Role.ROOM, Role.GUIDE)
    await lock_lines(clock.today(), seen.department_id)
    room = await db.lock(Room, room_id)
    if not room.active:
        raise NotFound()
    return room


async def pause_queue(department_id: UUID, pause: Pause, staff: SignedInStaff) -> dict[str, Any]:
    """Stop calling from a whole queue for today: a break of the department, an emergency. Gives the pause.

    Who stands at a door stays there. Raises: NotFound, Forbidden, NotSoPaused, Malformed.
    """
    pause.check()
    return await _set_queue(department_id, pause, staff)


async def resume_queue(department_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Call from a queue again.

    Raises: NotFound, Forbidden, NotSoPaused.
    """
    return await _set_queue(department_id, None, staff)


async def _set_queue(department_id: UUID, pause: Pause | None, staff: SignedInStaff) -> dict[str, Any]:
    auth.need_department(staff, department_id, *WHO_PAUSES_QUEUES)
    await department_of_path(department_id)
    day = clock.today()
    async with db.transaction():
        await lock_lines(day, department_id)
        held = await pause_now(department_id)
        if (held is None) == (pause is None):
            raise NotSoPaused()
        values = (pause.reason, pause.until) if pause else (None, None)
        await db.fetch(call_statements.PAUSE_LINE, department_id, day, *values)
        shown = {"id": str(department_id), "pause": show_pause(*values)}
        await _tell_queue(department_id, day, shown, staff.by)
    return shown


async def _tell_queue(department_id: UUID, day: date, shown: dict[str, Any], by: By) -> None:
    topic, state = live.queue_topic(department_id), orjson.dumps(shown).decode()
    act, why = ("paused", shown["pause"]["reason"]) if shown["pause"] else ("resumed", "")
    who = (by.kind, by.id, by.channel, why)
    await db.fetch(
        models.RECORD, topic, "queue", state, department_id, day, department_id, act, None, None, *who,
        None, None, "", 0, state,
    )  # fmt: skip
    live.nudge(topic)
