"""What happens by itself: visits are marked as missed, cancellations judged, strikes excused, suspensions follow."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from miniapp_api.booking import places, settings
from miniapp_api.booking.places import Ending
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.strikes import models
from miniapp_api.strikes.models import Appeal, Strike
from miniapp_api.strikes.rules import (
    APPEAL,
    MARK_BATCH,
    STRIKE,
    AppealState,
    Conduct,
    Excuse,
    Mark,
    Standing,
    StrikeKind,
    StrikeRules,
    StrikeState,
    judge_cancellation,
    standing_of,
)
from server import clock, db, kill_points
from server.events import publish
from server.facts import AppointmentCancelled, PatientArrived, StrikeForgiven, StrikeGiven
from server.history import SYSTEM, By, born, move
from server.ids import new_id
from server.jobs import each

EXCUSED_WHY = "未计爽约"  # in the history of a visit that nobody came to, and nobody is to blame
EXCUSE_DAYS = 30  # how long something that was learned later still excuses by itself
IN_TIME = "医院未在承诺时间内答复，按有利于患者处理。"  # read by the patient


async def rules_now() -> StrikeRules:
    """Give what the hospital decided."""
    held = await settings.current()
    return StrikeRules(**{field.name: getattr(held, field.name) for field in fields(StrikeRules)})


# ---- suspensions ---------------------------------------------------------------------------------------------------


async def standing(person_id: UUID) -> Standing:
    """Say where a person stands now, and why."""
    rows, early = await models.marks_of(person_id)
    marks = [Mark(row["id"], StrikeKind(row["kind"]), row["at"]) for row in rows]
    return standing_of(marks, early, await rules_now(), clock.now())


async def lock_person(person_id: UUID) -> None:
    """Let nobody else change what counts about a person, nor book for them, until the transaction ends."""
    await db.fetch(models.LOCK_PERSON, person_id)


async def settle(person_id: UUID) -> Standing:
    """Bring a person's suspension into line with what counts; the person is locked by the caller."""
    found = await standing(person_id)
    await db.fetch(models.SUSPEND, person_id, found.suspension.until if found.suspension else None)
    return found


async def settle_suspensions() -> None:
    """End suspensions that nothing supports any more: a setting was relaxed, or a person was found to be two."""
    after: UUID | None = None
    while rows := await db.fetch(models.SUSPENDED, after, MARK_BATCH):
        await each("settle_appeals", rows, _relax)
        after = rows[-1]["id"]


async def _relax(row: dict[str, Any]) -> None:
    """Shorten or end the suspension of a person where less supports it; never make it longer."""
    async with db.transaction():
        held = await db.fetch_one(models.LOCK_PERSON, row["id"])
        suspension = (await standing(row["id"])).suspension
        until = suspension.until if suspension else None
        # a setting that became stricter holds from the next strike on
        if held and held["suspended_until"] and (until is None or until < held["suspended_until"]):
            await db.fetch(models.SUSPEND, row["id"], until)


# ---- strikes -------------------------------------------------------------------------------------------------------


async def mark_no_shows() -> int:
    """Mark who did not come, each in a transaction of its own; give how many.

    Who is excused has not missed anything: the booking ends as the clinic's, and nobody is told off.
    """
    count = 0

    async def end(row: dict[str, Any]) -> int:
        nonlocal count
        async with db.transaction():
            await lock_person(row["person_id"])
            if await db.fetch_one(models.MARK, row["id"], new_id(), SYSTEM.channel) is None:
                return await _end_excused(row["id"])
            await _strike(row["id"], StrikeKind.NO_SHOW)
        count += 1
        return 1

    while rows := await db.fetch(models.EXPECTED_IN_VAIN, MARK_BATCH):
        if not await each("mark_no_shows", rows, end):
            break  # somebody else is at it
    return count


async def _end_excused(appointment_id: UUID) -> int:
    row = await db.fetch_one(models.EXCUSE, appointment_id)
    if row is None or row["excuse"] is None:
        return 0
    ending = Ending(
        appointment_id=appointment_id,
        becomes=AppointmentStatus.CANCELLED,
        by=SYSTEM,
        why=f"{EXCUSED_WHY}：{row['excuse']}",
        by_clinic=True,
        tell=False,
    )
    return len(await places.give_back([ending]))


async def judge_given_back(fact: AppointmentCancelled) -> None:
    """Judge a visit that a patient gave back: late, early or neither."""
    row = await db.fetch_one(models.GIVEN_BACK, fact.appointment_id)
    if row is None or row["by_kind"] != "patient" or row["from_state"] != AppointmentStatus.BOOKED:
        return
    if row["is_stopped"] or row["stays"]:
        return
    times = {name: row[name] for name in ("starts_at", "booked_at", "given_back_at")}
    conduct = judge_cancellation(**times, rules=await rules_now())
    if conduct is Conduct.NEITHER:
        return
    await lock_person(row["person_id"])
    if conduct is Conduct.LATE:
        await _strike(fact.appointment_id, StrikeKind.LATE_CANCEL, at=row["given_back_at"])
    elif not fact.is_rescheduled:  # who moves a visit has not given one back
        await db.fetch(models.EARLY, fact.appointment_id, row["given_back_at"])
        await settle(row["person_id"])


async def _strike(appointment_id: UUID, kind: StrikeKind, at: datetime | None = None) -> None:
    """Write a strike, with what follows from it; the person is locked."""
    row = await db.fetch_one("SELECT starts_at FROM appointment WHERE id = $1", appointment_id)
    assert row is not None  # it was moved a moment ago
    strike_id = new_id()
    if await db.fetch_one(models.STRIKE, strike_id, appointment_id, kind.value, at or row["starts_at"]) is None:
        return
    strike = await Strike.get(id=strike_id)
    await born(STRIKE, strike, StrikeState.COUNTED, by=SYSTEM)
    found = await settle(strike.person_id)
    seen = await seen_of(strike_id)
    rules = await rules_now()
    await publish(
        StrikeGiven(
            strike_id=strike_id,
            account_id=strike.account_id,
            patient_id=strike.patient_id,
            patient_name=seen["patient_name"],
            department_name=seen["department_name"],
            starts_at=seen["starts_at"],
            kind=kind.value,
            count=found.tally.count,
            limit=rules.strike_limit,
            window_days=rules.strike_window_days,
            suspended_until=found.suspension.until if found.suspension else None,
            at=clock.now(),
        )
    )
    kill_points.reach("strike_given")


async def seen_of(strike_id: UUID) -> dict[str, Any]:
    """Give a strike with its visit; it is there."""
    row = await db.fetch_one(models.STRIKE_SEEN, strike_id, None)
    assert row is not None  # strikes are never deleted
    return row


# ---- forgiving -----------------------------------------------------------------------------------------------------


async def forgive(strike_id: UUID, excuse: Excuse, *, by: By, reason: str = "") -> bool:
    """Let a strike count no more, in the caller's transaction; tell whether it counted until now.

    An appeal that waits is granted with it. The person is told, once.
    """
    row = await db.fetch_one("SELECT person_id FROM strike WHERE id = $1", strike_id)
    assert row is not None  # the caller has seen it
    await lock_person(row["person_id"])
    strike = await db.lock(Strike, strike_id)
    if strike.state == StrikeState.FORGIVEN:
        return False
    await move(STRIKE, strike, StrikeState.FORGIVEN, by=by, why=reason, excuse=excuse.value, reason=reason)
    appeal = await Appeal.filter(strike_id=strike_id, state=AppealState.OPEN).first()
    if appeal is not None:
        said = {"reason": reason or excuse.value, "decided_at": clock.now(), "decided_by": by.id}
        await move(APPEAL, appeal, AppealState.GRANTED, by=by, why=reason, **said)
    found = await settle(strike.person_id)
    seen = await seen_of(strike_id)
    await publish(
        StrikeForgiven(
            strike_id=strike_id,
            account_id=strike.account_id,
            patient_id=strike.patient_id,
            patient_name=seen["patient_name"],
            department_name=seen["department_name"],
            starts_at=seen["starts_at"],
            excuse=excuse.value,
            reason=reason,
            was_appealed=appeal is not None,
            suspended_until=found.suspension.until if found.suspension else None,
            at=clock.now(),
        )
    )
    kill_points.reach("strike_forgiven")
    return True


async def excuse_strikes() -> int:
    """Forgive what something speaks against that came to be known later; give how many."""
    count = 0
    while rows := await db.fetch(models.EXCUSABLE, EXCUSE_DAYS, None, MARK_BATCH):
        done = await each("excuse_strikes", rows, _excuse)
        count += done
        if not done:
            break  # somebody else is at it
    return count


async def _excuse(row: dict[str, Any]) -> int:
    async with db.transaction():
        return await forgive(row["id"], Excuse(row["excuse"]), by=SYSTEM)


async def excuse_who_arrived(fact: PatientArrived) -> None:
    """Forgive the strike of somebody who came late and was let in."""
    if fact.appointment_id is not None:
        for row in await db.fetch(models.EXCUSABLE, EXCUSE_DAYS, fact.appointment_id, MARK_BATCH):
            await _excuse(row)


async def grant_late_appeals() -> int:
    """Grant the appeals about which nobody decided in time: the hospital's silence is not the patient's fault."""
    return await each("settle_appeals", await db.fetch(models.LATE_APPEALS, MARK_BATCH), _grant)


async def _grant(row: dict[str, Any]) -> int:
    async with db.transaction():
        await lock_person(row["person_id"])
        appeal = await db.lock(Appeal, row["id"])
        if appeal.state != AppealState.OPEN:
            return 0  # somebody decided at the last moment
        return await forgive(appeal.strike_id, Excuse.OVERDUE, by=SYSTEM, reason=IN_TIME)
