"""One act on sessions: they are stopped, moved as a whole, or go to another room, as it was seen before.

The act closes the sessions and writes down everybody who is booked there; `deciding` gives each their outcome.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.errors import PlanChanged, SessionExists, SessionStopped
from miniapp_api.schedules.actions import insert_sessions
from miniapp_api.schedules.models import LOCK as PLAN_LOCK
from miniapp_api.schedules.rules import Pool, WantedBand, WantedSession
from miniapp_api.stops import models, visits
from miniapp_api.stops.deciding import add_visits, decide
from miniapp_api.stops.errors import NotReopened, PlaceTaken
from miniapp_api.stops.looking import Asked, Seen, check_target, digest_of, look, planned_by
from miniapp_api.stops.news import note
from miniapp_api.stops.rules import STOP, VISIT, Kind, Policy, StopState, VisitState
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.history import SYSTEM
from server.ids import new_id
from server.jobs import ring

NEW_OPENS_LATER = timedelta(minutes=10)  # a session that moved is for its patients first; sooner when all have moved


async def carry_out(staff: SignedInStaff, asked: Asked, digest: str) -> UUID:
    """Do what was seen; give the id of the act. From its end on nobody can book there any more.

    Raises: PlanChanged when somebody else is affected by now; and what `preview` raises.
    """
    async with db.transaction():
        await db.fetch(PLAN_LOCK)  # a plan that is written now makes no session where one moves to
        # a booking under way holds its slot: wait for it, so that it is among those that are affected
        await db.fetch(models.LOCK_SLOTS, list(asked.parts))
        seen = await look(staff, asked)
        if digest_of(asked, seen, await db.fetch(visits.BOOKINGS, seen.slot_ids)) != digest:
            raise PlanChanged()
        stop_id, _ = await _act(staff, asked, seen)
    ring("decide_stops")
    return stop_id


async def stop_one(staff: SignedInStaff, session_id: UUID, version: int, asked: Asked) -> UUID:
    """Stop one whole session as it was seen, and decide about everybody at once; give the id of the act.

    Raises: NotFound, SessionStopped, SlotOver, SomeoneWasFaster.
    """
    async with db.transaction():
        await db.fetch(models.LOCK_SLOTS, [session_id])
        seen = await look(staff, asked)
        if seen.sessions[0]["version"] != version:
            raise SomeoneWasFaster()
        stop_id, waiting = await _act(staff, asked, seen)
        if asked.policy is Policy.RELEASE:  # needs nobody's other bookings, so it is done here and now
            await decide(waiting)
    ring("decide_stops")
    return stop_id


async def _act(staff: SignedInStaff, asked: Asked, seen: Seen) -> tuple[UUID, list[UUID]]:
    """Close the sessions and write down who waits, in the open transaction whose slots are locked."""
    stop_id = new_id()
    await db.fetch(models.INSERT_STOP, stop_id, asked.kind.value, asked.policy.value, asked.reason, staff.id)
    await note(STOP, stop_id, (None, StopState.DECIDING), staff.by, asked.reason)
    to_session_id: UUID | None = None
    opens_at: datetime | None = None
    twins: dict[UUID, UUID] = {}
    if asked.kind is not Kind.STOP:
        to_session_id, opens_at, twins = await _move(seen.sessions[0], seen.bands, asked)
    if asked.kind is not Kind.ROOM:
        await _close(staff, asked, seen)
    for session_id, chosen in asked.parts.items():
        slots = list(chosen) if chosen is not None else None
        await db.fetch(models.INSERT_SESSION, new_id(), stop_id, session_id, slots, to_session_id, opens_at)
    booked = await db.fetch(models.AFFECTED, seen.slot_ids)
    to_slots = {row["id"]: twins[row["slot_id"]] for row in booked if row["slot_id"] in twins}
    affected = [row["id"] for row in booked if asked.kind is not Kind.ROOM or row["status"] == "booked"]
    waiting = await add_visits(stop_id, affected, to_slots, staff.by)
    ring("offer_places")  # whoever waits there is told that it does not take place
    return stop_id, waiting


async def _close(staff: SignedInStaff, asked: Asked, seen: Seen) -> None:
    whole = [one for one in seen.sessions if asked.parts[one["id"]] is None]
    parts = [one["id"] for one in seen.sessions if asked.parts[one["id"]] is not None]
    stopped = await db.fetch(models.STOP_SESSIONS, [one["id"] for one in whole], [one["version"] for one in whole])
    touched = await db.fetch(models.TOUCH_SESSIONS, parts)
    if len(stopped) != len(whole) or len(touched) != len(parts):
        raise SomeoneWasFaster()
    await db.fetch(models.STOP_SLOTS, seen.slot_ids)
    for one in whole:
        await note("session", one["id"], (one["status"], "stopped"), staff.by, asked.reason)


async def _move(
    session: dict[str, Any], bands: Sequence[dict[str, Any]], asked: Asked
) -> tuple[UUID, datetime | None, dict[UUID, UUID]]:
    """Make the session anew at its new place; give it, when others may book there, and the twin of each band."""
    starts_at, ends_at, practitioner_id, room_id = await check_target(session, asked)
    if asked.kind is Kind.ROOM:
        if await db.fetch_one(models.MOVE_ROOM, session["id"], room_id) is None:
            raise SessionStopped()
        return session["id"], None, {}
    shift = starts_at - session["starts_at"]
    wanted = WantedSession(
        practitioner_id=practitioner_id,
        department_id=session["department_id"],
        room_id=room_id,
        day=clock.local(starts_at).date(),
        starts_at=starts_at,
        ends_at=ends_at,
        visit_type=session["visit_type"],
        opens_at=max(session["opens_at"], clock.now() + NEW_OPENS_LATER),
        rule_id=None,
        exception_id=None,
        version=None,
        is_unconfirmed=False,
        bands=tuple(
            WantedBand(band["starts_at"] + shift, band["ends_at"] + shift, Pool(band["pool"]), band["capacity"])
            for band in bands
            if band["capacity"] > 0
        ),
    )
    made = await insert_sessions([wanted])
    if not made:
        raise SessionExists()
    new = {(row["starts_at"], row["pool"]): row["id"] for row in await db.fetch(models.BANDS_OF, made[0])}
    twins = {band["id"]: new[at] for band in bands if (at := (band["starts_at"] + shift, band["pool"])) in new}
    return made[0], session["opens_at"], twins


async def reopen(staff: SignedInStaff, stop_id: UUID, session_id: UUID, why: str) -> None:
    """Let a stopped session take place after all. Nobody's booking comes back by itself: whoever lost it books anew.

    Raises: NotFound, NotReopened, PlaceTaken.
    """
    mine = planned_by(staff)
    async with db.transaction():
        await db.fetch(PLAN_LOCK)
        row = await db.fetch_one(models.LOCK_STOPPED_SESSION, stop_id, session_id)
        if row is None or (mine is not None and row["department_id"] not in mine):
            raise NotFound()
        if row["reopened_at"] is not None or row["to_session_id"] is not None:
            raise NotReopened()
        waiting = [one["id"] for one in await db.fetch(models.LOCK_WAITING, stop_id, session_id)]
        await db.fetch(models.LOCK_SLOTS, [session_id])
        hours = (row["starts_at"], row["ends_at"])
        if await db.fetch_one(models.IN_THE_WAY, row["practitioner_id"], row["room_id"], *hours, [session_id]):
            raise PlaceTaken(what="practitioner")
        # who has no outcome yet was not told anything and keeps the place
        for one in await db.fetch(visits.VOID, waiting):
            await note(VISIT, one["id"], (VisitState.UNDECIDED, VisitState.VOID), SYSTEM, "reopened")
        await db.fetch(models.REOPEN_SLOTS, stop_id, session_id)
        if row["slot_ids"] is None:
            await db.fetch(models.REOPEN_SESSION, session_id)
            await note("session", session_id, ("stopped", "open"), staff.by, why)
        else:
            await db.fetch(models.TOUCH_SESSIONS, [session_id])
        await db.fetch(models.MARK_REOPENED, stop_id, session_id, staff.id, why)
    ring("decide_stops")
    ring("offer_places")
