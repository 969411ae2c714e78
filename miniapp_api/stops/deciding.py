"""What becomes of each booking of a stopped session: exactly one outcome each, in a transaction of its own.

The stop itself only writes down who waits. Whatever dies on the way, the next look finds who is left.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from miniapp_api.booking import settings
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.models import APPOINTMENTS_BY_ID, AppointmentSeen
from miniapp_api.booking.places import Ending, give_back, move_within, moved_intake, take_within
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.catalogue.actions import prices
from miniapp_api.catalogue.rules import VisitType, prices_for
from miniapp_api.stops import models, visits
from miniapp_api.stops.news import CHANNEL, clinic, note, tell_stopped
from miniapp_api.stops.rules import (
    BATCH,
    HOLD_LONGER,
    STOP,
    VISIT,
    Kind,
    Outcome,
    Place,
    Policy,
    StopState,
    VisitState,
    answer_by,
    propose,
)
from miniapp_api.stops.visits import Visit
from server import clock, db, kill_points
from server.errors import AppError
from server.history import SYSTEM, By
from server.ids import new_id
from server.jobs import ring

log = structlog.get_logger("stops")

ROUNDS = 8  # of somebody taking a place between the look and the lock; then the look comes back later
ADOPT_BATCH = 200


class _Gone(Exception):
    """A place that was proposed is no longer there, or the booking changed: look again."""


async def decide_waiting() -> int:
    """Decide about everybody who waits; give how many got their outcome."""
    await _adopt()
    count = 0
    while ids := [row["id"] for row in await db.fetch(visits.UNDECIDED, BATCH)]:
        done = await decide(ids)
        count += done
        if not done:
            break  # somebody else is at them, or they are postponed
    await _finish()
    return count


async def decide(ids: Sequence[UUID]) -> int:
    """Decide about some bookings, each on its own; give how many are no longer undecided."""
    seen = await visits.visits(list(ids))
    days = timedelta(days=(await settings.current()).stop_search_days)
    twins = {one.to_slot_id for one in seen if one.to_slot_id is not None}
    found = await visits.places(seen, clock.today() + days, twins)
    count = 0
    for one in seen:
        try:
            count += await _decide(one.id, found)
            kill_points.reach("stop_between")
        except Exception:  # one bad booking must not hold up the others
            log.exception("stop_undecided", visit=str(one.id))
            await db.fetch(visits.POSTPONE, one.id)
    return count


async def _adopt() -> None:
    """Take up whoever is booked in a stopped band and has no row: an annulled check-in, a late undo."""
    while rows := await db.fetch(visits.ADOPTABLE, ADOPT_BATCH):
        for stop_id in {row["stop_id"] for row in rows}:
            async with db.transaction():
                await add_visits(stop_id, [row["id"] for row in rows if row["stop_id"] == stop_id], {}, SYSTEM)
        if len(rows) < ADOPT_BATCH:
            return


async def add_visits(stop_id: UUID, appointments: list[UUID], to_slots: dict[UUID, UUID], by: By) -> list[UUID]:
    """Write down, in the open transaction, whose outcome is to be decided. to_slots: the place kept for each."""
    made = await db.fetch(
        models.INSERT_VISITS,
        [new_id() for _ in appointments],
        appointments,
        [to_slots.get(one) for one in appointments],
        stop_id,
    )
    for row in made:
        await note(VISIT, row["id"], (None, VisitState.UNDECIDED), by)
    return [row["id"] for row in made]


async def _finish() -> None:
    async with db.transaction():
        done = [row["id"] for row in await db.fetch(visits.FINISHED_STOPS)]
        if done:
            await db.fetch(visits.OPEN_NEW_SESSIONS, done)
            for stop_id in done:
                await note(STOP, stop_id, (StopState.DECIDING, StopState.DONE), SYSTEM)


async def _decide(visit_id: UUID, places: list[Place]) -> bool:
    """Give one booking its outcome; False when somebody else is at it."""
    avoid: set[UUID] = set()
    for _ in range(ROUNDS):
        try:
            async with db.transaction():
                if await db.fetch_one(visits.LOCK_UNDECIDED, visit_id) is None:
                    return False
                await _decide_locked(visit_id, places, avoid)
                kill_points.reach("stop_inside")
                return True
        except _Gone:
            continue
    raise _Gone


async def _decide_locked(visit_id: UUID, places: list[Place], avoid: set[UUID]) -> None:
    one = await visits.visit(visit_id)
    assert one is not None  # its row is locked
    seen = await appointment(one.appointment_id)
    if seen.status not in (AppointmentStatus.HELD, AppointmentStatus.BOOKED):
        await db.fetch(visits.VOID, [one.id])
        await note(VISIT, one.id, (VisitState.UNDECIDED, VisitState.VOID), SYSTEM, f"it was {seen.status}")
    elif seen.status == AppointmentStatus.HELD:
        await _release(one, seen, is_hold=True)
    elif one.kind == Kind.ROOM:
        await db.fetch(visits.RAISE_APPOINTMENT, one.appointment_id)
        await _moved(one, one.appointment_id)
    elif one.policy == Policy.RELEASE and one.to_slot_id is None:
        await _release(one, seen)
    else:
        await _place(one, seen, [place for place in places if place.slot_id not in avoid], avoid)


async def _place(one: Visit, seen: AppointmentSeen, places: list[Place], avoid: set[UUID]) -> None:
    """Find another place for somebody, or several to choose from. What of the person counts is read under its lock."""
    await db.fetch(visits.LOCK_PERSON, one.person_id)
    proposal = propose(await visits.booking_of(one), places, Policy(one.policy), clock.now())
    if proposal.outcome is Outcome.RELEASED:
        await _release(one, seen)
        return
    await lock_places([one.slot_id], proposal.places)
    claims = [_claim(one, seen, place) for place in proposal.places]
    if proposal.outcome is Outcome.MOVED:
        # one place only, so a return to a visit stays one; of several that are held none can be
        new = await move_within(seen, replace(claims[0], revisit_of_id=seen.revisit_of_id), one.reason)
        if isinstance(new, AppError):
            avoid.add(claims[0].slot_id)
            raise _Gone from new
        await _moved(one, new.appointment_id)
        proposal.places[0].free -= 1
    else:
        await _offer(one, seen, proposal.places, avoid)


async def lock_places(slot_ids: list[UUID], places: Sequence[Place] = ()) -> None:
    """Lock slots by their ids, and see that the places are still there; else look again, with what was seen."""
    rows = await db.fetch(visits.LOCK_PLACES, sorted({*slot_ids, *(place.slot_id for place in places)}))
    free = {row["id"]: 0 if row["shut"] else row["free"] for row in rows}
    for place in places:
        place.free = free.get(place.slot_id, 0)
    if any(place.free <= 0 for place in places):
        raise _Gone


def _claim(one: Visit, seen: AppointmentSeen, place: Place) -> Claim:
    """Give the claim of somebody whom the clinic moves: no limit of the person holds, and none of the release."""
    return Claim(
        slot_id=place.slot_id,
        patient_id=seen.patient_id,
        account_id=seen.account_id,
        by=clinic(one.by_id),
        pools=frozenset({place.pool}),
        intake=moved_intake(seen),
        is_own=False,
        is_bound=False,
        passes_release=True,
    )


async def _moved(one: Visit, appointment_id: UUID) -> None:
    (place,) = await db.fetch(visits.APPOINTMENT_PLACES, [appointment_id])
    until = answer_by(clock.now(), (await settings.current()).stop_answer_minutes, [place["starts_at"]])
    await _decided(one, VisitState.ASKED, Outcome.MOVED, new=appointment_id, until=until)
    await tell_stopped(one, Outcome.MOVED, place, answer_by=until)


async def _offer(one: Visit, seen: AppointmentSeen, places: Sequence[Place], avoid: set[UUID]) -> None:
    """Hold some places for somebody. The old one ends first: at its hour another may be held."""
    until = answer_by(clock.now(), (await settings.current()).stop_answer_minutes, [p.starts_at for p in places])
    await _end(one, seen)
    claims = [_claim(one, seen, place) for place in places]
    found = await take_within([replace(claim, held_until=until + HOLD_LONGER) for claim in claims])
    held = [new.appointment_id for new in found if isinstance(new, Taken)]
    if not held:
        avoid.update(place.slot_id for place in places)
        raise _Gone
    await _decided(one, VisitState.ASKED, Outcome.OFFERED, until=until)
    positions = list(range(1, len(held) + 1))
    await db.fetch(visits.INSERT_ALTERNATIVES, one.id, [new_id() for _ in held], held, positions)
    for place in places:
        place.free -= 1
    await tell_stopped(one, Outcome.OFFERED, places=len(held), answer_by=until)


async def _release(one: Visit, seen: AppointmentSeen, *, is_hold: bool = False) -> None:
    await _end(one, seen)
    await _decided(one, VisitState.SETTLED, Outcome.RELEASED)
    price = None if is_hold else await refund(one, one.appointment_id)
    if not is_hold or seen.channel not in (CHANNEL, "waitlist"):  # those tell of their held places themselves
        await tell_stopped(one, Outcome.RELEASED, price_fen=price)


async def _end(one: Visit, seen: AppointmentSeen) -> None:
    ending = Ending(
        appointment_id=seen.id,
        becomes=AppointmentStatus.CANCELLED,
        by=clinic(one.by_id),
        why=one.reason,
        by_clinic=True,
    )
    if not await give_back([ending]):
        raise _Gone  # the patient was faster


async def _decided(
    one: Visit, state: VisitState, outcome: Outcome, *, new: UUID | None = None, until: datetime | None = None
) -> None:
    await db.fetch(visits.DECIDE, one.id, str(state), str(outcome), new, until)
    await note(VISIT, one.id, (VisitState.UNDECIDED, state), SYSTEM, str(outcome))
    ring("watch_stops")


async def refund(one: Visit, appointment_id: UUID) -> int | None:
    """Write down that a fee has to go back; give how much it is in fen, None when the price list does not say."""
    costs = prices_for(await prices(), one.department_id, one.title)
    price = costs.get(VisitType(one.visit_type))
    await db.fetch(visits.INSERT_REFUND, new_id(), one.id, appointment_id, one.patient_id, one.department_id, price)
    return price


async def appointment(appointment_id: UUID) -> AppointmentSeen:
    """Give an appointment as it stands, whosever it is."""
    (row,) = await db.fetch(APPOINTMENTS_BY_ID, [appointment_id])
    return AppointmentSeen(**row)
