"""The patients' own streams: where each stands, told when it changes.

A queue is looked at once for all its phones: the places of everybody who waits are counted in one pass, and only those
whose own view has changed get a frame. Every frame is the whole place, so that no gap is possible.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sanic import HTTPResponse, Request

from miniapp_api.queue import models, views
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.errors import PlacesFull
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.stations import models as step_models
from miniapp_api.queue.waiting import waits
from miniapp_api.queue.watches import BEAT_SECONDS, Watch
from server import db, live, sse
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.fanout import Seat, frame, give_all
from server.live import RETRY

READERS_AT_MOST = 5000
IN_THE_LINE = (TicketState.WAITING, TicketState.READY)

# Who waits, in the order of calling. $1 department, $2 day
LINE = f"""
SELECT t.id, t.practitioner_id FROM ticket t
WHERE t.department_id = $1 AND t.day = $2 AND t.state IN ('waiting', 'ready') ORDER BY {models.SORT_KEY}
"""
TICKETS = models.TICKET + "WHERE t.id = ANY($1::uuid[])"

Line = tuple[UUID, date, UUID | None]  # department, day, practitioner


def ahead_in(line: list[dict[str, Any]]) -> dict[UUID, int]:
    """Count for each ticket who is called before it: those before it for the same practitioner, or for any. Pure.

    line: who waits, in the order of calling.
    """
    for_any, own, found = 0, dict[UUID, int](), dict[UUID, int]()
    for place, row in enumerate(line):
        practitioner = row["practitioner_id"]
        found[row["id"]] = place if practitioner is None else for_any + own.get(practitioner, 0)
        if practitioner is None:
            for_any += 1
        else:
            own[practitioner] = own.get(practitioner, 0) + 1
    return found


def happened(before: dict[str, Any] | None, now: dict[str, Any], calls: tuple[int, int]) -> str:
    """Name what a change means to the patient: called, recalled, paused, or that the place is another one. Pure.

    calls: how often the ticket was called before and now.
    """
    if before is None:
        return "place"
    if now["state"] == TicketState.CALLED:
        if before["state"] != TicketState.CALLED:
            return "called"
        return "recalled" if calls[1] > calls[0] else "place"
    return "paused" if now["pause"] and not before["pause"] else "place"


async def places_of(appointment_ids: list[UUID]) -> dict[UUID, tuple[dict[str, Any], dict[str, Any] | None]]:
    """Give where each of many patients stands, as `views.place_of` does for one, and the ticket behind it."""
    rows = await db.fetch(models.PLACES_OF_APPOINTMENTS, appointment_ids)
    ids = [row["ticket_id"] for row in rows if row["ticket_id"]]
    tickets = {row["id"]: row for row in await db.fetch(TICKETS, ids)} if ids else {}
    begins = {row["ticket_id"]: row["session_starts_at"] for row in rows}
    waiting = [(ticket, begins[ticket["id"]]) for ticket in tickets.values() if ticket["state"] in IN_THE_LINE]
    ahead: dict[UUID, int] = {}
    for department_id, day in {(ticket["department_id"], ticket["day"]) for ticket, _ in waiting}:
        ahead |= ahead_in(await db.fetch(LINE, department_id, day))
    told = await waits.told_to_many([(ticket, starts_at, ahead.get(ticket["id"], 0)) for ticket, starts_at in waiting])
    pauses = await _pauses(list(tickets.values()))
    steps: dict[UUID, list[dict[str, Any]]] = {}
    for step in await db.fetch(step_models.STEPS, ids) if ids else []:
        steps.setdefault(step["ticket_id"], []).append(step)
    found = {}
    for row in rows:
        ticket = tickets.get(row["ticket_id"])
        about = (told.get(row["ticket_id"]), pauses.get(_line_of(ticket)) if ticket else None)
        way = await views.way_of(ticket, row, steps.get(row["ticket_id"], []))
        found[row["id"]] = (views.place_from(row, ticket, *about, way=way), ticket)
    return found


async def _pauses(tickets: list[dict[str, Any]]) -> dict[Line, dict[str, Any] | None]:
    lines = {_line_of(ticket) for ticket in tickets if views.stands_in_line(ticket)}
    return {line: views.pause_shown(await db.fetch_one(call_statements.PAUSE_FOR, *line)) for line in lines}


def _line_of(ticket: dict[str, Any]) -> Line:
    return ticket["department_id"], ticket["day"], ticket["practitioner_id"]


class PlaceWatch(Watch):
    """One department, looked at for all phones of patients who stand in its queue, or will."""

    def __init__(self, department_id: UUID) -> None:
        super().__init__([department_id])
        self._seats: dict[UUID, set[Seat]] = {}
        self._new: dict[UUID, set[Seat]] = {}  # those that have nothing yet
        self._shown: dict[UUID, tuple[dict[str, Any], int]] = {}  # the place, and how often the ticket was called
        self._looked = time.monotonic()

    @property
    def is_fresh(self) -> bool:
        """Tell whether the database was looked at just now."""
        return time.monotonic() - self._looked < 2 * BEAT_SECONDS

    def seats(self) -> list[Seat]:
        """Give where it writes."""
        return [seat for some in (self._seats, self._new) for seats in some.values() for seat in seats]

    def add(self, appointment_id: UUID, seat: Seat) -> None:
        """Write to a seat from now on, the present place first."""
        self._new.setdefault(appointment_id, set()).add(seat)
        if self.is_over:
            seat.over.set()
        self.ring()

    def remove(self, appointment_id: UUID, seat: Seat) -> None:
        """Write to it no more."""
        for seats in (self._seats, self._new):
            if appointment_id in seats:
                seats[appointment_id].discard(seat)
                if not seats[appointment_id]:
                    del seats[appointment_id]
        if appointment_id not in self._seats:
            self._shown.pop(appointment_id, None)

    async def look(self) -> None:
        """Write to each phone whose view has changed."""
        version = await live.seq_of(live.queue_topic(self.department_ids[0]))
        new, self._new = self._new, {}
        for appointment_id, seats in new.items():
            self._seats.setdefault(appointment_id, set()).update(seats)
        try:
            places = await places_of(list(self._seats)) if self._seats else {}
        except BaseException:
            self._new = new | self._new  # they have nothing yet: the next look must not pass over them
            raise
        for appointment_id, (place, ticket) in places.items():
            self._tell(appointment_id, (place, ticket), version, new.get(appointment_id, set()))
        self._looked = time.monotonic()

    def _tell(
        self, appointment_id: UUID, found: tuple[dict[str, Any], dict[str, Any] | None], version: int, new: set[Seat]
    ) -> None:
        place, ticket = found
        before, calls_before = self._shown.get(appointment_id, (None, 0))
        calls = ticket["call_count"] if ticket else 0
        seats = self._seats.get(appointment_id, set())
        data = orjson.dumps(place).decode()
        give_all(seats & new, frame(version, "place", data))
        if place != before:
            self._shown[appointment_id] = (place, calls)
            give_all(seats - new, frame(version, happened(before, place, (calls_before, calls)), data))
        if ticket and ticket["department_id"] not in self.department_ids:
            for seat in seats:  # handed on: the phone comes back and is told by the other queue
                seat.over.set()


class Places:
    """All patients' streams of this process."""

    def __init__(self, *, at_most: int = READERS_AT_MOST) -> None:
        self._at_most = at_most
        self._watches: dict[UUID, PlaceWatch] = {}
        self.readers = 0

    async def show(self, request: Request, account: SignedInPatient, appointment_id: UUID) -> HTTPResponse:
        """Answer with the place of somebody's own appointment for as long as it is read.

        Raises: NotFound, also for somebody else's appointment; PlacesFull, TooManyStreams.
        """
        row = await db.fetch_one(models.PLACE_OF_APPOINTMENT, appointment_id, account.id)
        if row is None:
            raise NotFound()
        ticket = await db.fetch_one(models.ONE_TICKET, row["ticket_id"]) if row["ticket_id"] else None
        department_id = ticket["department_id"] if ticket else row["department_id"]
        seat = sse.seat_of(request)
        with sse.place_of(account.id):
            async with (
                self.reading(department_id) as watch,
                aclosing(_first(watch, appointment_id, seat)) as first,
            ):
                return await sse.seated(request, seat, first, lambda: watch.is_fresh)

    @asynccontextmanager
    async def reading(self, department_id: UUID) -> AsyncIterator[PlaceWatch]:
        """Count a reader of a queue, and look at it.

        Raises: PlacesFull.
        """
        if self.readers >= self._at_most:
            raise PlacesFull()
        watch = self._watches.get(department_id)
        if watch is None or watch.is_over:
            watch = self._watches[department_id] = PlaceWatch(department_id)
        self.readers += 1
        watch.readers += 1
        try:
            await watch.begin()
            yield watch
        finally:
            self.readers -= 1
            watch.readers -= 1
            if watch.readers == 0:
                if self._watches.get(department_id) is watch:
                    del self._watches[department_id]
                await watch.end()


async def _first(watch: PlaceWatch, appointment_id: UUID, seat: Seat) -> AsyncGenerator[bytes, None]:
    yield RETRY
    watch.add(appointment_id, seat)
    try:
        yield b""
    finally:
        watch.remove(appointment_id, seat)


places = Places()
