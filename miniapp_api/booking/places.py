"""The one way in for taking a place, and the one way back for giving it.

Nobody else writes how many places of a slot are taken or kept, nor makes or ends an appointment that holds one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking import effects, models, settings
from miniapp_api.booking.claims import (
    SLOT_SECONDS,
    Claim,
    Taken,
    arguments,
    claim_row,
    earlier_answer,
    opened_intake,
    request_of,
    sealed_intake,
)
from miniapp_api.booking.models import AppointmentSeen, SlotSeen
from miniapp_api.booking.news import booked, cancelled
from miniapp_api.booking.rules import HOLD_BATCH, AppointmentStatus, check_booking
from miniapp_api.errors import AlreadyBooked, HoldExpired, RevisitBooked, SlotFull
from server import db, kill_points
from server.errors import AppError, IllegalMove, NotFound, SomeoneWasFaster
from server.events import fact_row
from server.grouping import Group
from server.history import SYSTEM, By
from server.idempotency import Once
from server.ids import new_id
from server.jobs import ring
from server.remembered import Remembered

ROUNDS = 6  # of trying and asking the rules: more means that somebody books against themselves
# what a twin of the request, or an act that the statement could not see, makes it run into
RACES = {
    "appointment_once_per_session",
    "appointment_open_place_once",
    "appointment_no_time_conflict",
    "idempotency_record_pkey",
}

_slots: Remembered[UUID, SlotSeen] = Remembered(seconds=SLOT_SECONDS, at_most=5_000)


@dataclass(frozen=True)
class Answer:
    """What a booking is answered with; is_replay: it was answered before."""

    status: int
    body: bytes
    is_replay: bool


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an appointment that holds a place ends.

    becomes: cancelled, or expired for a hold whose time is over. why: kept in the history; the clinic's is told to the
    patient. tell: a booked one's end is a fact. version: only this one, None for any.
    """

    appointment_id: UUID
    becomes: AppointmentStatus
    by: By
    why: str = ""
    by_clinic: bool = False
    tell: bool = True
    version: int | None = None


# ---- taking --------------------------------------------------------------------------------------------------------


async def take(claim: Claim, once: Once | None = None) -> Answer:
    """Take a place in a transaction of its own, together with whoever else asks at this moment.

    The answer is the new appointment, kept under `once`. What it says of the slot is of the session's present version.

    Raises: NotFound, SessionStopped, SlotOver, NotYetOpen, DrawOpen, Suspended, AlreadyBooked, TimeConflict,
        TooManyBookings, TooManyThisMonth, SamePractitioner, SlotFull, SomeoneWasFaster, IdempotencyKeyReused.
    """
    for _ in range(ROUNDS):
        slot = await _slot(claim.slot_id)
        row = await _group.ask((claim, slot, new_id(), once))
        if row is None:  # ran into a constraint: the next look sees why
            continue
        if once is not None and (earlier := earlier_answer(once, row)):
            return Answer(*earlier, is_replay=True)
        if row["body"] is not None:
            ring("relay")
            return Answer(201, row["body"].encode(), is_replay=False)
        if row["found_version"] != slot.session_version:
            _slots.forget(claim.slot_id)
        try:
            check_booking(request_of(claim, row), await settings.current(), row["now"])
        except SlotFull:
            if not await expire_holds_of(claim.slot_id):
                raise
    raise SomeoneWasFaster()


async def take_within(claims: Sequence[Claim]) -> list[Taken | AppError]:
    """Take places inside the caller's transaction; a refusal is given, not raised, and stops nobody else.

    Claims of one person are taken one after another. Gives what came of each, in the order of the claims.
    """
    holds = await settings.current()
    found: dict[int, Taken | AppError] = {}
    slots = {slot.slot_id: slot for slot in await look_at({claim.slot_id for claim in claims})}
    open_claims = {}
    for n, claim in enumerate(claims):
        if claim.slot_id in slots:
            open_claims[n] = claim
        else:
            found[n] = NotFound()
    rounds = ROUNDS + len(claims)
    while open_claims and rounds:
        rounds -= 1
        numbers, ids = list(open_claims), [new_id() for _ in open_claims]
        rows = [
            claim_row(claim, slots[claim.slot_id], appointment_id, None, wants_body=False)
            for claim, appointment_id in zip(open_claims.values(), ids, strict=True)
        ]
        for row in await db.fetch(effects.TAKE, *arguments(rows, holds)):
            n = numbers[row["ord"]]
            claim = open_claims[n]
            if row["number"] is not None:
                found[n] = Taken(ids[row["ord"]], claim.slot_id, claim.patient_id, row["number"])
                del open_claims[n]
                continue
            try:
                check_booking(request_of(claim, row), holds, row["now"])
            except AppError as refusal:
                found[n] = refusal
                del open_claims[n]
        if open_claims:
            slots |= {slot.slot_id: slot for slot in await look_at({c.slot_id for c in open_claims.values()})}
    for n in open_claims:
        found[n] = SomeoneWasFaster()
    ring("relay")
    return [found[n] for n in range(len(claims))]


Asked = tuple[Claim, SlotSeen, UUID, Once | None]


async def _take_group(group: Sequence[Asked]) -> list[dict[str, Any] | None]:
    """Run the statement for claims that wait at one moment; None for one that ran into a constraint alone."""
    holds = await settings.current()
    rows = [claim_row(claim, slot, given, once, wants_body=True) for claim, slot, given, once in group]
    kill_points.reach("group_asked")
    try:
        found: list[dict[str, Any]] = await db.fetch(effects.TAKE, *arguments(rows, holds))
    except IntegrityError as error:
        if db.violated(error) == "appointment_revisit_once" and len(group) == 1:
            raise RevisitBooked() from error
        if len(group) > 1 or db.violated(error) not in RACES:
            raise
        return [None]
    kill_points.reach("group_done")
    return [*sorted(found, key=lambda row: row["ord"])]


_group: Group[Asked, dict[str, Any] | None] = Group(_take_group)


async def _slot(slot_id: UUID) -> SlotSeen:
    slot = _slots.get(slot_id)
    if slot is None:
        seen = await look_at({slot_id})
        if not seen:
            raise NotFound()
        slot = seen[0]
        _slots.put(slot_id, slot)
    return slot


async def look_at(slot_ids: set[UUID]) -> list[SlotSeen]:
    """Read slots as they are, in the order of their ids; one that is not there is left out."""
    return [SlotSeen(**row) for row in await db.fetch(models.SLOTS, sorted(slot_ids))]


# ---- deciding ------------------------------------------------------------------------------------------------------


async def confirm(seen: AppointmentSeen, by: By, intake: dict[str, str] | None = None) -> None:
    """Turn a hold into a booking. seen: as it was read.

    Raises: HoldExpired when its time is over, IllegalMove when it is no hold, SomeoneWasFaster.
    """
    told = booked(seen.id, seen.account_id, seen, (seen.patient_id, seen.patient_name), seen.number)
    fact_id, _, payload = fact_row(replace(told, channel=by.channel))
    done = await db.fetch_one(
        effects.CONFIRM,
        seen.id,
        seen.version,
        sealed_intake(intake, seen.id),
        new_id(),
        by.kind,
        by.id,
        by.channel,
        fact_id,
        payload,
    )
    if done is None:
        row = await db.fetch_one(models.STATUS_OF, seen.id)
        status = row["status"] if row else AppointmentStatus.EXPIRED
        if status == AppointmentStatus.EXPIRED or (status == AppointmentStatus.HELD and row and row["is_over"]):
            raise HoldExpired()
        if status != AppointmentStatus.HELD:
            raise IllegalMove(machine="appointment", old=status, new=AppointmentStatus.BOOKED.value)
        raise SomeoneWasFaster()
    ring("relay")


async def give_back(endings: Sequence[Ending]) -> dict[UUID, AppointmentStatus]:
    """End appointments that hold a place, and free the places or keep them for the waitlist.

    In the caller's transaction, or as one of its own. All are of one author: the first's. Gives what each was that
    ended; one that no longer holds a place, or has another version, is left out.
    """
    if not endings:
        return {}
    ids = [ending.appointment_id for ending in endings]
    seen = {row["id"]: AppointmentSeen(**row) for row in await db.fetch(models.APPOINTMENTS_BY_ID, ids)}
    return await end_seen(
        [(ending, seen[ending.appointment_id]) for ending in endings if ending.appointment_id in seen]
    )


async def end_seen(endings: Sequence[tuple[Ending, AppointmentSeen]]) -> dict[UUID, AppointmentStatus]:
    """Do what `give_back` does for appointments that were read already."""
    if not endings:
        return {}
    by = endings[0][0].by
    columns: list[tuple] = []
    for ending, seen in endings:
        fact_id = payload = None
        if ending.tell:
            reason = ending.why if ending.by_clinic else ""  # a patient's own may be medical and stays in the history
            fact_id, _, payload = fact_row(
                cancelled(seen, by_clinic=ending.by_clinic, reason=reason, channel=ending.by.channel)
            )
        columns.append((seen.id, ending.version, ending.becomes.value, new_id(), fact_id, payload, ending.why[:500]))
    rows = await db.fetch(
        effects.GIVE_BACK, *(list(column) for column in zip(*columns, strict=True)), by.kind, by.id, by.channel
    )
    if rows:
        ring("relay")
        ring("offer_places")
    return {row["id"]: AppointmentStatus(row["was"]) for row in rows}


async def move_within(seen: AppointmentSeen, claim: Claim, why: str = "") -> Taken | AppError:
    """Move a booking to another slot inside the caller's transaction: the new place is taken before the old is freed.

    seen: as it was read. Nothing has happened when a refusal is given.
    """
    if claim.slot_id == seen.slot_id:
        return AlreadyBooked(appointment_id=str(seen.id))
    if not await look_at({claim.slot_id}):
        return NotFound()
    try:
        async with db.transaction():
            if await db.fetch_one(effects.LEAVE, seen.id, seen.version, seen.slot_id, claim.slot_id) is None:
                raise SomeoneWasFaster()
            (new,) = await take_within([claim])
            if isinstance(new, AppError):
                raise new
            fact = cancelled(seen, by_clinic=False, is_rescheduled=True, channel=claim.by.channel)
            fact_id, _, payload = fact_row(fact)
            by = claim.by
            await db.fetch(
                effects.LEFT_FOR,
                seen.id,
                new.appointment_id,
                seen.slot_id,
                new_id(),
                by.kind,
                by.id,
                by.channel,
                why[:500],
                fact_id,
                payload,
            )
    except AppError as refusal:
        return refusal
    ring("offer_places")
    return new


def moved_intake(seen: AppointmentSeen) -> dict[str, str] | None:
    """Read what the patient told for the old booking: sealed for its row, it is sealed anew for the new one."""
    return opened_intake(seen.intake_cipher, seen.id)


# ---- time ----------------------------------------------------------------------------------------------------------


async def expire_holds() -> int:
    """End the holds whose time is over; give how many."""
    count = 0
    while rows := await db.fetch(effects.ENDED_HOLDS, HOLD_BATCH):
        ended = await _expire(rows)
        count += ended
        if ended < HOLD_BATCH:
            break
    return count


async def expire_holds_of(slot_id: UUID) -> int:
    """End the holds of one slot whose time is over, for somebody who finds it full; give how many."""
    return await _expire(await db.fetch(effects.STALE_HOLDS, slot_id, HOLD_BATCH))


async def _expire(rows: Sequence[dict[str, Any]]) -> int:
    endings = [Ending(appointment_id=row["id"], becomes=AppointmentStatus.EXPIRED, by=SYSTEM) for row in rows]
    return len(await give_back(endings))
