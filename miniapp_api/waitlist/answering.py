"""What ends an offer or an entry: the answer, time, the clinic, another booking."""

from typing import Any
from uuid import UUID

from miniapp_api.booking import models as booking_models
from miniapp_api.booking import places, settings
from miniapp_api.booking.models import AppointmentSeen
from miniapp_api.booking.places import Ending
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.errors import HoldExpired
from miniapp_api.waitlist import models
from miniapp_api.waitlist.errors import OfferOver
from miniapp_api.waitlist.models import WaitlistEntry
from miniapp_api.waitlist.rules import ENTRY, EndReason, OfferEnd, WaitlistState, state_after
from server import clock, db
from server.errors import IllegalMove
from server.events import publish
from server.facts import AppointmentBooked, OfferEnded, WaitlistClosed
from server.history import SYSTEM, By, move
from server.jobs import each, ring

_S = AppointmentStatus
_TAKEN = frozenset({_S.BOOKED, _S.CHECKED_IN, _S.IN_SERVICE, _S.COMPLETED})


async def accept(entry_id: UUID, by: By) -> None:
    """Turn the offer of an entry into bookings, for everybody it is for or for nobody.

    Raises: NotFound, OfferOver, SomeoneWasFaster.
    """
    async with db.transaction():
        entry, offer = await _offered(entry_id)
        if offer[0]["is_over"]:
            raise OfferOver()
        rows = await db.fetch(booking_models.APPOINTMENTS_BY_ID, [row["appointment_id"] for row in offer])
        for row in rows:
            try:
                await places.confirm(AppointmentSeen(**row), by)
            except (HoldExpired, IllegalMove) as error:
                raise OfferOver() from error
        await _end(entry, offer, OfferEnd.ACCEPTED, by=by)


async def decline(entry_id: UUID, by: By) -> None:
    """Give an offer back; it passes on to the next, and this entry waits for what else it may get.

    Raises: NotFound, OfferOver.
    """
    async with db.transaction():
        entry, offer = await _offered(entry_id)
        if offer[0]["is_over"]:
            raise OfferOver()
        await _give_back(offer, _S.CANCELLED, by)
        await _end(entry, offer, OfferEnd.DECLINED, by=by)


async def withdraw(entry_id: UUID, by: By, why: str = "") -> None:
    """Leave the waitlist, with an offer that may stand.

    Raises: NotFound, IllegalMove.
    """
    async with db.transaction():
        entry = await db.lock(WaitlistEntry, entry_id)
        offer = await db.fetch(models.LIVE_OFFER, entry_id)
        if offer:
            await _give_back(offer, _S.CANCELLED, by)
            await _end(entry, offer, OfferEnd.WITHDRAWN, by=by, why=why)
            return
        await move(ENTRY, entry, WaitlistState.WITHDRAWN, by=by, why=why, ended_at=clock.now())
        await db.fetch(models.END_TARGETS, entry_id, None, None)
        ring("offer_places")  # a place that was kept for this entry


async def settle() -> int:
    """Follow what became of offers by time or by booking's own ways; give how many have ended."""
    return await each("offer_places", await db.fetch(models.UNSETTLED), lambda row: _settle(row["entry_id"]))


async def _settle(entry_id: UUID) -> bool:
    async with db.transaction():
        return await _settle_within(entry_id)


async def _settle_within(entry_id: UUID) -> bool:
    entry = await db.lock(WaitlistEntry, entry_id)
    offer = await db.fetch(models.LIVE_OFFER, entry_id)
    if not offer:
        return False  # somebody else has followed it
    end = _how_ended(offer)
    if end is None:
        return False
    becomes = _S.EXPIRED if end in (OfferEnd.EXPIRED, OfferEnd.ACCEPTED) else _S.CANCELLED
    await _give_back([row for row in offer if row["status"] == _S.HELD], becomes, SYSTEM)
    await _end(entry, offer, end, by=SYSTEM)
    return True


def _how_ended(offer: list[dict[str, Any]]) -> OfferEnd | None:
    """Tell how an offer has ended by what became of its appointments; None while it stands."""
    statuses = {row["status"] for row in offer}
    if statuses <= {str(status) for status in _TAKEN}:
        return OfferEnd.ACCEPTED
    if offer[0]["is_over"]:  # one of two may have been confirmed by itself
        return OfferEnd.ACCEPTED if statuses & {str(status) for status in _TAKEN} else OfferEnd.EXPIRED
    if _S.CANCELLED in statuses:
        return OfferEnd.VOID if offer[0]["is_stopped"] else OfferEnd.DECLINED
    return OfferEnd.EXPIRED if _S.EXPIRED in statuses else None


async def close(entry_id: UUID, reason: EndReason) -> None:
    """End an entry to which nothing can come any more; an offer that stands goes back. In the caller's transaction."""
    entry = await db.lock(WaitlistEntry, entry_id)
    if entry.state not in (WaitlistState.WAITING, WaitlistState.OFFERED):
        return
    offer = await db.fetch(models.LIVE_OFFER, entry_id)
    if offer:
        await _give_back(offer, _S.CANCELLED, SYSTEM)
        await db.fetch(models.END_OFFER, offer[0]["id"], str(OfferEnd.VOID))
        await publish(_ended(entry, offer, OfferEnd.VOID, still_waits=False))
    await _close(entry, reason)


async def _close(entry: WaitlistEntry, reason: EndReason) -> None:
    outcome = "closed" if reason is EndReason.CUT_OFF else None
    await move(ENTRY, entry, WaitlistState.CLOSED, by=SYSTEM, why=reason, ended_at=clock.now(), end_reason=str(reason))
    await db.fetch(models.END_TARGETS, entry.id, None, outcome)
    person = (await db.fetch(models.PEOPLE_OF_ENTRY, entry.id))[0]
    department = await db.fetch_one(models.DEPARTMENT_OF_ENTRY, entry.id)
    await publish(
        WaitlistClosed(
            entry_id=entry.id,
            account_id=entry.account_id,
            patient_id=person["patient_id"],
            patient_name=person["name"],
            department_name=department["name"] if department else "",
            reason=str(reason),
            at=clock.now(),
        )
    )
    ring("offer_places")


async def close_lines() -> int:
    """End what has closed: places in lines near the visit or of stopped clinics, then entries that stand nowhere."""
    over: dict[UUID, list[dict[str, Any]]] = {}
    for row in await db.fetch(models.OVER_TARGETS):
        over.setdefault(row["entry_id"], []).append(row)
    await each("keep_lines", over.values(), _leave_lines)
    await each("keep_lines", await db.fetch(models.OVER_ENTRIES), _cut_off)
    return len(over)


async def _leave_lines(rows: list[dict[str, Any]]) -> None:
    """End the places of one entry in some lines."""
    entry_id = rows[0]["entry_id"]
    async with db.transaction():
        entry = await db.lock(WaitlistEntry, entry_id)
        for row in rows:
            outcome = None if row["is_stopped"] else "closed"
            await db.fetch(models.END_TARGETS, entry_id, row["session_id"], outcome)
        is_stopped = any(row["is_stopped"] for row in rows)
        if is_stopped and entry.state == WaitlistState.WAITING and not await _can_wait(entry, None):
            await _close(entry, EndReason.STOPPED)


async def _cut_off(row: dict[str, Any]) -> None:
    async with db.transaction():
        await close(row["id"], EndReason.CUT_OFF)


async def has_booked(fact: AppointmentBooked) -> None:
    """End what a person waited for who has booked it."""
    for row in await db.fetch(models.BOOKED_ELSEWHERE, fact.appointment_id):
        await close(row["entry_id"], EndReason.BOOKED_ELSEWHERE)


async def _offered(entry_id: UUID) -> tuple[WaitlistEntry, list[dict[str, Any]]]:
    """Lock an entry and give its live offer.

    Raises: NotFound, OfferOver.
    """
    entry = await db.lock(WaitlistEntry, entry_id)
    offer = await db.fetch(models.LIVE_OFFER, entry_id)
    if not offer:
        raise OfferOver()
    return entry, offer


async def _give_back(offer: list[dict[str, Any]], becomes: AppointmentStatus, by: By) -> None:
    await places.give_back(
        [Ending(appointment_id=row["appointment_id"], becomes=becomes, by=by, tell=False) for row in offer]
    )


async def _can_wait(entry: WaitlistEntry, but: UUID | None) -> bool:
    """Tell whether there are other sessions than one, now or to come."""
    row = await db.fetch_one(models.HAS_TARGETS, entry.id, but)
    is_open = entry.first_day is not None and entry.closes_at > clock.now()
    return is_open or bool(row and row["yes"])


async def _end(entry: WaitlistEntry, offer: list[dict[str, Any]], end: OfferEnd, *, by: By, why: str = "") -> None:
    """End an offer and take its entry where it goes from there."""
    session_id = offer[0]["session_id"]
    missed = entry.missed + (end is OfferEnd.EXPIRED)
    can_wait = await _can_wait(entry, session_id)
    to = state_after(end, can_wait=can_wait, missed=missed, settings=await settings.current())
    await db.fetch(models.END_OFFER, offer[0]["id"], str(end))
    if to is WaitlistState.WAITING:
        await move(ENTRY, entry, to, by=by, why=end, missed=missed)
        await db.fetch(models.END_TARGETS, entry.id, session_id, None)
        await db.fetch(models.RESUME_TARGETS, entry.id)
    else:
        changes = {"end_reason": str(EndReason.STOPPED)} if to is WaitlistState.CLOSED else {}
        await move(ENTRY, entry, to, by=by, why=why or end, missed=missed, ended_at=clock.now(), **changes)
        await db.fetch(models.END_TARGETS, entry.id, None, None)
    await publish(_ended(entry, offer, end, still_waits=to is WaitlistState.WAITING))
    ring("offer_places")


def _ended(entry: WaitlistEntry, offer: list[dict[str, Any]], end: OfferEnd, *, still_waits: bool) -> OfferEnded:
    first = offer[0]
    return OfferEnded(
        offer_id=first["id"],
        entry_id=entry.id,
        account_id=entry.account_id,
        patient_id=first["patient_id"],
        patient_name="、".join(row["patient_name"] for row in offer),
        department_name=first["department_name"],
        starts_at=min(row["starts_at"] for row in offer),
        how=str(end),
        still_waits=still_waits,
        at=clock.now(),
    )
