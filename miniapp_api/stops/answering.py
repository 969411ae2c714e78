"""How a stopped visit ends: by the patient's tap, by a call, by what they did elsewhere, or by the deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog

from miniapp_api.booking import settings
from miniapp_api.booking.places import Ending, confirm, give_back
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.errors import HoldExpired
from miniapp_api.stops import reading, visits
from miniapp_api.stops.deciding import appointment, refund
from miniapp_api.stops.errors import AlreadySettled
from miniapp_api.stops.news import clinic, note, tell_settled
from miniapp_api.stops.priority import wait
from miniapp_api.stops.rules import VISIT, Answer, Outcome, Silence, VisitState
from miniapp_api.stops.visits import Visit
from server import clock, db
from server.errors import NotFound, wrong_field
from server.history import SYSTEM, By

log = structlog.get_logger("stops")

SETTLE_BATCH = 100
_S = AppointmentStatus
_HAS_IT = frozenset({_S.BOOKED, _S.CHECKED_IN, _S.IN_SERVICE, _S.COMPLETED, _S.NO_SHOW, _S.LEFT})


class Choice(StrEnum):
    """What somebody wants."""

    KEEP = "keep"  # the new place
    CHOOSE = "choose"  # one of the held places
    GIVE_BACK = "give_back"  # no place, the fee back
    CALL_ME = "call_me"  # to speak with somebody
    WAIT = "wait"  # a place on the waitlist, before others


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An answer. alternative_id: the held appointment that is chosen. by: the patient, or staff on the phone."""

    choice: Choice
    by: By
    alternative_id: UUID | None = None


async def answer(visit_id: UUID, wish: Wish) -> None:
    """Do what somebody wants, in the open transaction or one of its own.

    Raises: NotFound, Malformed, AlreadySettled, HoldExpired; to wait also what joining the waitlist raises.
    """
    async with db.transaction():
        one = await locked(visit_id)
        if wish.choice is Choice.CALL_ME:
            await db.fetch(reading.ASK_FOR_CALL, one.id)
            return
        if wish.choice is Choice.WAIT:
            await wait(one, wish.by)
            return
        if one.state != VisitState.ASKED:
            raise AlreadySettled()
        held = await _lock_places(one)
        match wish.choice:
            case Choice.KEEP:
                await _keep(one, wish)
            case Choice.CHOOSE:
                await _choose(one, held, wish)
            case _:
                await _give_back(one, held, wish.by, Answer.GAVE_BACK)


async def locked(visit_id: UUID) -> Visit:
    """Lock a stopped visit that has an outcome, and give it as it stands.

    Raises: NotFound.
    """
    if await db.fetch_one(visits.LOCK_VISIT, visit_id) is None:
        raise NotFound()
    one = await visits.visit(visit_id)
    assert one is not None  # it is locked
    if one.outcome is None:
        raise NotFound()
    return one


async def _lock_places(one: Visit) -> list[UUID]:
    """Lock the person and the slots of everything that may end here; give the held appointments, the best first."""
    held = (await visits.alternatives_of([one.id])).get(one.id, [])
    await db.fetch(visits.LOCK_PERSON, one.person_id)
    theirs = held if one.new_appointment_id is None else [*held, one.new_appointment_id]
    slots = {row["slot_id"] for row in await db.fetch(visits.APPOINTMENT_PLACES, theirs)}
    await db.fetch(visits.LOCK_PLACES, sorted(slots))
    return held


async def _keep(one: Visit, wish: Wish) -> None:
    if one.outcome != Outcome.MOVED or one.new_appointment_id is None:
        raise wrong_field("/alternative_id", "needed", "choose one of the held places")
    seen = await appointment(one.new_appointment_id)
    if seen.status not in _HAS_IT:
        raise AlreadySettled()
    await _settle(one, Answer.KEPT, one.new_appointment_id, wish.by)


async def _choose(one: Visit, held: Sequence[UUID], wish: Wish) -> None:
    if wish.alternative_id not in held:
        raise wrong_field("/alternative_id", "unknown", "not one of the held places")
    assert wish.alternative_id is not None  # it is among them
    await confirm(await appointment(wish.alternative_id), wish.by)
    await _free([other for other in held if other != wish.alternative_id], one, wish.by)
    await _settle(one, Answer.CHOSE, wish.alternative_id, wish.by)


async def _give_back(one: Visit, held: Sequence[UUID], by: By, how: Answer) -> None:
    """End what somebody has or is offered instead; the fee is due."""
    theirs = one.new_appointment_id or one.appointment_id
    await _free([one.new_appointment_id] if one.new_appointment_id else held, one, by)
    await refund(one, theirs)
    await _settle(one, how, None, by)


async def answer_late(one: Visit, how: Answer, by: By) -> None:
    """Write down what somebody says of a place that stayed theirs because nobody answered; give it back if they want.

    one: locked. Raises: AlreadySettled.
    """
    if await db.fetch_one(visits.ANSWER_LATE, one.id, str(how)) is None:
        raise AlreadySettled()
    if how is Answer.GAVE_BACK and one.new_appointment_id is not None:
        await _lock_places(one)
        if (await appointment(one.new_appointment_id)).status != _S.BOOKED:
            raise AlreadySettled()
        await _free([one.new_appointment_id], one, by)
        await refund(one, one.new_appointment_id)
    await note(VISIT, one.id, (VisitState.SETTLED, VisitState.SETTLED), by, f"late: {how}")


async def _free(appointments: Sequence[UUID], one: Visit, by: By) -> None:
    endings = [
        # the clinic began it: nobody's giving back counts against them, and the stop tells
        Ending(appointment_id=each, becomes=_S.CANCELLED, by=clinic(one.by_id), why=one.reason, by_clinic=True)
        for each in appointments
    ]
    await give_back(endings)


async def _settle(one: Visit, how: Answer, new: UUID | None, by: By) -> None:
    if await db.fetch_one(visits.SETTLE, one.id, str(how), new) is None:
        raise AlreadySettled()
    await note(VISIT, one.id, (VisitState.ASKED, VisitState.SETTLED), by, str(how))
    if by.kind != "patient":
        place = (await db.fetch(visits.APPOINTMENT_PLACES, [new]))[0] if new else None
        await tell_settled(one, how, place)


# ---- nobody answered -----------------------------------------------------------------------------------------------


async def settle_over() -> int:
    """End what was not answered in time, and what the person has settled on another page; give how many."""
    count = 0
    while ids := [row["id"] for row in await db.fetch(reading.TO_SETTLE, SETTLE_BATCH)]:
        done = 0
        for visit_id in ids:
            try:
                async with db.transaction():
                    done += await _settle_over(visit_id)
            except Exception:  # one bad visit must not hold up the others
                log.exception("stop_unsettled", visit=str(visit_id))
        count += done
        if not done:
            break
    return count


async def _settle_over(visit_id: UUID) -> bool:
    one = await locked(visit_id)
    if one.state != VisitState.ASKED:
        return False
    held = await _lock_places(one)
    if one.outcome == Outcome.MOVED:
        return await _settle_moved(one)
    return await _settle_offered(one, held)


async def _settle_moved(one: Visit) -> bool:
    assert one.new_appointment_id is not None  # a constraint
    seen = await appointment(one.new_appointment_id)
    if seen.status == _S.RESCHEDULED and seen.rescheduled_to_id is not None:
        await _settle(one, Answer.CHOSE, seen.rescheduled_to_id, _owner(one))
    elif seen.status in (_S.CANCELLED, _S.EXPIRED):
        # a second stop took the place away: its own outcome stands for this one too
        if await db.fetch_one(visits.STOPPED_AGAIN, seen.id):
            await _settle(one, Answer.KEPT, seen.id, _owner(one))
        else:
            await refund(one, seen.id)
            await _settle(one, Answer.GAVE_BACK, None, _owner(one))
    elif seen.status == _S.NO_SHOW:  # they never agreed to it, and nobody holds it against them
        await _settle(one, Answer.SILENT, seen.id, _owner(one))
    elif seen.status != _S.BOOKED:  # came, or the visit is over
        await _settle(one, Answer.KEPT, seen.id, _owner(one))
    elif _is_over(one):
        await _settle(one, Answer.SILENT, seen.id, SYSTEM)
    else:
        return False
    return True


async def _settle_offered(one: Visit, held: Sequence[UUID]) -> bool:
    seen = [await appointment(each) for each in held]
    waiting = [each.id for each in seen if each.status == _S.HELD]
    chosen = next((each.id for each in seen if each.status in _HAS_IT or each.status == _S.RESCHEDULED), None)
    if chosen is not None:
        await _free(waiting, one, _owner(one))
        await _settle(one, Answer.CHOSE, chosen, _owner(one))
        return True
    if waiting and not _is_over(one):
        return False
    if waiting and (await settings.current()).stop_on_silence == Silence.FIRST:
        try:
            async with db.transaction():
                await confirm(await appointment(waiting[0]), clinic(one.by_id))
                await _free(waiting[1:], one, SYSTEM)
                await _settle(one, Answer.SILENT, waiting[0], SYSTEM)
            return True
        except HoldExpired:
            log.warning("stop_hold_expired", visit=str(one.id))  # then it goes back, like the others
    gave_back = not waiting and not _is_over(one)
    await _give_back(one, waiting, SYSTEM, Answer.GAVE_BACK if gave_back else Answer.SILENT)
    return True


def _is_over(one: Visit) -> bool:
    return one.answer_by is not None and one.answer_by <= clock.now()


def _owner(one: Visit) -> By:
    """Give the patient as the author of what was done on another page; nobody needs to tell them."""
    return By(kind="patient", id=one.account_id, channel="miniapp") if one.account_id else SYSTEM
