"""The second waiting area (二次候诊): the next few are asked to a room's door, and go back when it does not call."""

from typing import Any
from uuid import UUID

from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.errors import NobodyToAsk, NoReadyPlaces, RoomPaused
from miniapp_api.queue.order.ordering import rule_of
from miniapp_api.queue.rooms import open_room
from miniapp_api.queue.rules import RoomState, TicketState
from miniapp_api.queue.steps import Happening, line_of, lock_lines
from server import auth, clock, db, live
from server.accounts import Role, SignedInStaff
from server.events import fact_row
from server.facts import Fact, TicketBackInLine, TicketReady
from server.history import By
from server.ids import new_id
from server.jobs import ring

ALL = 1000


async def ask_by_hand(room_id: UUID, staff: SignedInStaff) -> list[dict[str, Any]]:
    """Ask the next ones to a room's door; give their tickets.

    Raises: NotFound, Forbidden, NoReadyPlaces, RoomPaused, NobodyToAsk.
    """
    day = clock.today()
    async with db.transaction():
        room = await open_room(room_id, day)
        department_id = room["department_id"]
        auth.need_department(staff, department_id, Role.ROOM, Role.GUIDE)
        if (await call_settings.rules_of(department_id)).ready_places == 0:
            raise NoReadyPlaces()
        await lock_lines(day, department_id)
        pause = await db.fetch_one(call_statements.LINE_PAUSE, department_id, day)
        if pause is not None and pause["pause_reason"]:
            raise RoomPaused("queue", pause["paused_until"])
        if room["state"] != RoomState.OPEN:
            raise RoomPaused()
        asked = await ask(room_id, department_id, staff.by)
        if not asked:
            raise NobodyToAsk()
    return asked


async def ask(room_id: UUID, department_id: UUID, by: By) -> list[dict[str, Any]]:
    """Ask the next ones to the free places at a room's door; in a transaction that holds the line."""
    places = (await call_settings.rules_of(department_id)).ready_places
    if places == 0:
        return []
    day = clock.today()
    room = await open_room(room_id, day)
    turn = rule_of(room).turn
    rows = await db.fetch(
        call_statements.ASK_FORWARD,
        department_id,
        day,
        room_id,
        room["practitioner_ids"],
        places,
        [new_id() for _ in range(places)],
        by.kind,
        by.id,
        by.channel,
        turn.others,
        turn.window,
    )
    for row in rows:
        asked = Happening("asked_forward", by, TicketState.WAITING, row["sort_before"], room["name"])
        await tell_with(row, asked, _ready(row))
    return rows


async def send_back(room_id: UUID, by: By, *, why: str, at_most: int = ALL) -> None:
    """Give those at a room's door back to the line, each to their own place, the last ones first.

    In a transaction that holds the line.
    """
    rows = await db.fetch(
        call_statements.SEND_BACK,
        room_id,
        clock.today(),
        [new_id() for _ in range(10)],
        by.kind,
        by.id,
        by.channel,
        why,
        at_most,
    )
    for row in rows:
        back = Happening("sent_back", by, TicketState.READY, row["sort_before"], why)
        await tell_with(row, back, _back(row))


async def tell_with(row: dict[str, Any], happening: Happening, fact: Fact) -> None:
    """Write the line of the log, tell the screens and publish the fact, in one statement; late in the transaction."""
    await db.fetch(call_statements.TELL, *line_of(row, happening), *fact_row(fact))
    live.nudge(live.queue_topic(row["department_id"]))
    ring("relay")


def _ready(row: dict[str, Any]) -> TicketReady:
    return TicketReady(
        ticket_id=row["id"],
        version=row["version"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_name=row["department_name"],
        label=row["label"],
        room_name=row["room_name"],
        room_location=row["room_location"],
        at=clock.now(),
        appointment_id=row["appointment_id"],
    )


def _back(row: dict[str, Any]) -> TicketBackInLine:
    return TicketBackInLine(
        ticket_id=row["id"],
        version=row["version"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_name=row["department_name"],
        department_location=row["department_location"],
        label=row["label"],
        room_name=row["was_room_name"],
        at=clock.now(),
        appointment_id=row["appointment_id"],
    )
