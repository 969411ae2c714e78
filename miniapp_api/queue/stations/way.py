"""The way of a patient through the stations: sent, one after another done, back to the doctor or home."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue import models, views
from miniapp_api.queue.models import Encounter, Ticket
from miniapp_api.queue.order.ordering import back_in_line
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.stations import models as step_models
from miniapp_api.queue.stations.lists import chosen
from miniapp_api.queue.stations.rules import Station
from miniapp_api.queue.steps import Act, Happening, lock_both, locked, move, only_from, tell_ticket
from miniapp_api.queue.waiting.waits import count_visit
from server import clock, db
from server.accounts import SignedInPatient
from server.errors import IllegalMove, NotFound
from server.history import By
from server.ids import new_id


async def send(act: Act, codes: list[str], place: str) -> dict[str, Any]:
    """Send a patient to stations, one after another, from which they come back to the doctor.

    Raises: NotFound, Forbidden, Stale, IllegalMove, Malformed for a station that the department does not have.
    """
    async with db.transaction():
        ticket = await locked(act)
        found = await chosen(ticket.department_id, codes, place)
        if ticket.state == TicketState.IN_SERVICE and (encounter := await Encounter.get_or_none(ticket_id=ticket.id)):
            await count_visit(ticket, encounter.practitioner_id, clock.now())
        first: dict[str, Any] = {**where(found), "room_id": None}
        happening = await move(ticket, TicketState.AWAY, act.staff.by, "staged", why=" ".join(codes), **first)
        await give(ticket.id, found, is_after=False)
        return await tell_ticket(ticket, happening)


def where(stations: Sequence[Station]) -> dict[str, str]:
    """Give what a ticket says of where its patient is sent: the first of some stations, or nothing."""
    if not stations:
        return {"stage": "", "next_place": ""}
    return {"stage": stations[0].kind, "next_place": stations[0].place}


async def give(ticket_id: UUID, stations: Sequence[Station], *, is_after: bool) -> None:
    """Write down to which stations a patient is sent; in the transaction of the move."""
    if not stations:
        return
    kinds = [one.kind for one in stations]
    kept = [orjson.dumps(one.to_json()).decode() for one in stations]
    await db.fetch(step_models.GIVE, [new_id() for _ in stations], ticket_id, kinds, kept, is_after)


async def end_by_staff(act: Act, step_id: UUID) -> dict[str, Any]:
    """Say that a patient is done at a station; the next one follows. Said again, it changes nothing.

    Raises: NotFound, Forbidden, Stale, IllegalMove for one whose turn it is not.
    """
    async with db.transaction():
        return await _end(await locked(act), step_id, act.staff.by)


async def end_by_patient(account: SignedInPatient, ticket_id: UUID, step_id: UUID) -> dict[str, Any]:
    """Say that one is done at a station oneself.

    Raises: NotFound, also for somebody else's ticket; IllegalMove for a station whose turn it is not.
    """
    async with db.transaction():
        return await _end(await _own(account, ticket_id), step_id, account.by)


async def _end(ticket: Ticket, step_id: UUID, by: By) -> dict[str, Any]:
    ended = await db.fetch_one(step_models.END_ONE, step_id, ticket.id, by.kind)
    if ended is None:
        row = await db.fetch_one(step_models.ONE, step_id, ticket.id)
        if row is None:
            raise NotFound()
        if row["state"] != "done":
            raise IllegalMove(machine="station", old=row["state"], new="done")
        return await db.fetch_one(models.ONE_TICKET, ticket.id) or {}
    follows = await db.fetch_one(step_models.NEXT, ticket.id)
    there = [Station.from_json(orjson.loads(follows["station"]))] if follows else []
    await Ticket.filter(id=ticket.id).update(**where(there), version=ticket.version + 1)
    return await tell_ticket(ticket, Happening("station_done", by, str(ticket.state), ticket.sort_at, ended["kind"]))


async def come_back(account: SignedInPatient, ticket_id: UUID) -> dict[str, Any]:
    """Stand in the line again after the stations, by the rule of the order for returns.

    Raises: NotFound, also for somebody else's ticket; IllegalMove for who was sent nowhere.
    """
    async with db.transaction():
        return await _back(await _own(account, ticket_id), account.by)


async def back_by_scan(ticket_id: UUID, by: By) -> bool:
    """Let somebody stand in the line again whose code was scanned; tell whether they were away."""
    async with db.transaction():
        ticket = await lock_both(ticket_id)
        if ticket.state != TicketState.AWAY:
            return False
        await _back(ticket, by)
    return True


async def _back(ticket: Ticket, by: By) -> dict[str, Any]:
    to = only_from(ticket, TicketState.WAITING, TicketState.AWAY)
    place = await back_in_line(ticket, clock.now())
    here: dict[str, Any] = {"stage": "", "next_place": "", "room_id": None}
    return await tell_ticket(ticket, await move(ticket, to, by, "returned", why=place.why, **here, **place.changes))


async def _own(account: SignedInPatient, ticket_id: UUID) -> Ticket:
    ticket = await lock_both(ticket_id)
    if ticket.account_id != account.id:
        raise NotFound()
    return ticket


async def steps_of_ticket(act: Act) -> list[dict[str, Any]]:
    """Give the stations of a ticket, for staff.

    Raises: NotFound, Forbidden.
    """
    async with db.transaction():
        ticket = await locked(act)
        row = await db.fetch_one(models.ONE_TICKET, ticket.id)
        assert row is not None  # it is locked
        return await views.steps_of(row)
