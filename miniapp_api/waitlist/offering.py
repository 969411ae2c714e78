"""Offering places: one worker at a time in a line, the first whom a place fits gets it, and what fits nobody is let go.

An offer is a held appointment. Places, offer, entry and message are written in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.booking import places, settings
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.rules import BookingSettings
from miniapp_api.errors import AlreadyBooked, SlotFull, SlotOver, TimeConflict
from miniapp_api.waitlist import models
from miniapp_api.waitlist.answering import close
from miniapp_api.waitlist.joining import lock_lines
from miniapp_api.waitlist.rules import ENTRY, EndReason, Pick, Places, WaitlistState, offer_deadline, picks
from server import clock, db, kill_points
from server.errors import AppError, SomeoneWasFaster
from server.events import publish
from server.facts import PlaceOffered
from server.history import By, move
from server.ids import new_id
from server.jobs import each

LOOKED_AT = 200  # people in one line, before places that fit none of them are let go
SKIP_MINUTES = 10  # until a free place is tried again with somebody whom it did not fit
_NOT_NOW = frozenset({"needs_two", "offered_elsewhere", "left_the_line"})  # cheap to find out again
TRIES = 12  # places that are tried with one entry
WAITLIST = By(kind="system", id=None, channel="waitlist")
_OTHER_PLACE = (SlotFull, SlotOver, TimeConflict, SomeoneWasFaster)  # refusals of one place, not of the person


class _Passed(Exception):
    """This entry cannot take any of the places. code: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class _Choice:
    """A place, or two, with the deadline of an offer."""

    picks: tuple[Pick, ...]
    deadline: datetime


async def offer_places() -> int:
    """Offer every place that can be offered; give how many offers were made."""
    return await each("offer_places", await db.fetch(models.LINES), lambda row: _offer_all(row["session_id"]))


async def _offer_all(session_id: UUID) -> int:
    made = 0
    while await _offer_next(session_id):
        made += 1
    return made


async def _offer_next(session_id: UUID) -> bool:
    """Make the next offer of a line; where nobody fits, let the kept places go. Tell whether there may be another."""
    async with db.transaction():
        await lock_lines([session_id])
        holds = await settings.current()
        kept = await db.fetch(models.KEPT, session_id)
        there = await _places(session_id, holds)
        passed: dict[str, str] = {}
        waiting = await db.fetch(models.WAITING, session_id, LOOKED_AT) if there else []
        for one in waiting:
            try:
                choices = _choices(there, one, holds)
                async with db.transaction():  # what a refusal has locked is free again
                    await _offer(session_id, one["entry_id"], choices, passed)
                return True
            except _Passed as reason:
                passed[str(one["entry_id"])] = reason.code
                await _pass_over(session_id, one, reason.code)
        await db.fetch(models.LET_GO, [row["id"] for row in kept], [row["kept"] for row in kept])
        return False


async def _places(session_id: UUID, holds: BookingSettings) -> list[Places]:
    """List the bands that have a place and are far enough away."""
    now = clock.now()
    rows = await db.fetch(models.PLACES, session_id, holds.waitlist_release_minutes)
    found = [Places(**row) for row in rows]
    return [one for one in found if (one.kept or one.free) and offer_deadline(now, one.starts_at, holds) is not None]


def _choices(there: Sequence[Places], one: dict[str, Any], holds: BookingSettings) -> list[_Choice]:
    """List what this entry may be offered, the best first.

    Raises: _Passed.
    """
    now = clock.now()
    if one["is_skipped"]:  # free places did not fit it lately; a kept one is new
        there = [Places(p.slot_id, p.starts_at, p.ends_at, p.kept, 0) for p in there if p.kept]
        if not there:
            raise _Passed(one["skip_reason"])
    found = picks(there, one["seats"])[:TRIES]
    if not found:
        raise _Passed("needs_two")
    deadlines = [offer_deadline(now, min(pick.starts_at for pick in pair), holds) for pair in found]
    return [_Choice(pair, until) for pair, until in zip(found, deadlines, strict=True) if until is not None]


async def _offer(session_id: UUID, entry_id: UUID, choices: Sequence[_Choice], passed: dict[str, str]) -> None:
    """Hold the first choice that the rules allow and offer it.

    Raises: _Passed.
    """
    entry = await models.WaitlistEntry.filter(id=entry_id).select_for_update(no_key=True).first()
    if entry is None or entry.state != WaitlistState.WAITING:
        raise _Passed("offered_elsewhere")  # at this moment, in another line
    people = await db.fetch(models.PEOPLE_OF_ENTRY, entry_id)
    whole = await db.fetch_one(models.STANDS_WHOLE, entry_id, session_id)
    if whole is None or whole["n"] != entry.seats:
        raise _Passed("left_the_line")
    refusal: AppError = SlotFull()
    for choice in choices:
        try:
            async with db.transaction():
                taken = await _hold(entry, people, choice)
            break
        except IntegrityError as error:
            if db.violated(error) not in places.RACES:
                raise
            refusal = SomeoneWasFaster()  # an act that the statement could not see; the next look sees it
        except AppError as error:
            refusal = error
            if not isinstance(error, _OTHER_PLACE):
                raise _Passed(error.code) from error
    else:
        raise _Passed(refusal.code)
    kill_points.reach("offer_held")
    offer_id = new_id()
    await db.fetch(
        models.INSERT_OFFER,
        offer_id,
        session_id,
        entry_id,
        orjson.dumps(passed).decode(),
        choice.deadline,
        [one["seat"] for one in people],
        [one.appointment_id for one in taken],
    )
    await move(ENTRY, entry, WaitlistState.OFFERED, by=WAITLIST)
    await db.fetch(models.MARK_OFFERED, entry_id, session_id)
    await publish(await _told(entry, offer_id))


async def _hold(entry: models.WaitlistEntry, people: Sequence[dict[str, Any]], choice: _Choice) -> list[Taken]:
    """Take all places of a choice, or none.

    Raises: what booking refuses.
    """
    claims = [
        Claim(
            slot_id=pick.slot_id,
            patient_id=person["patient_id"],
            account_id=entry.account_id,
            by=WAITLIST,
            held_until=choice.deadline,
            is_own=False,
            is_bound=entry.channel == "miniapp",
            from_kept=pick.from_kept,
        )
        for pick, person in zip(choice.picks, people, strict=True)
    ]
    found = await places.take_within(claims)
    for one in found:
        if isinstance(one, AppError):
            raise one
    return [one for one in found if isinstance(one, Taken)]


async def _told(entry: models.WaitlistEntry, offer_id: UUID) -> PlaceOffered:
    rows = await db.fetch(models.OFFERS_OF, [entry.id])
    first = min(rows, key=lambda row: row["starts_at"])
    return PlaceOffered(
        offer_id=offer_id,
        entry_id=entry.id,
        account_id=entry.account_id,
        patient_id=first["patient_id"],
        patient_name="、".join(row["patient_name"] for row in rows),
        department_name=first["department_name"],
        practitioner_name=first["practitioner_name"],
        location=first["location"],
        starts_at=first["starts_at"],
        ends_at=first["ends_at"],
        deadline=first["deadline"],
    )


async def _pass_over(session_id: UUID, one: dict[str, Any], code: str) -> None:
    """Remember why a place did not fit; who has a place in this session already does not wait for it any more."""
    if code == AlreadyBooked.code:
        await close(one["entry_id"], EndReason.BOOKED_ELSEWHERE)
    elif code not in _NOT_NOW and not one["is_skipped"]:
        await db.fetch(models.SKIP, session_id, one["entry_id"], SKIP_MINUTES, code)
