"""Joining the waitlist: checks, an entry, its places in the lines; sessions that fit and appear later are added."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking import settings
from miniapp_api.booking.rules import BookingSettings
from miniapp_api.errors import AlreadyBooked, NotYetOpen, SessionStopped, Suspended
from miniapp_api.waitlist import models
from miniapp_api.waitlist.errors import AlreadyWaiting, LineClosed, PlacesLeft, TooManyWaiting
from miniapp_api.waitlist.rules import ENTRY, LEADS, Criteria, WaitlistState, check_criteria, criteria_close_at
from server import clock, db
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import WaitlistJoined
from server.history import By, born
from server.hospital import Department, Practitioner
from server.ids import new_id
from server.jobs import ring


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants to wait for: named sessions, or any that fit.

    account_id: whose people they are; None where the desk asks: then it is the first patient's own. patient_ids: one,
    or two of one account who come together. priority and why: for patients who come first, with the reason.
    """

    account_id: UUID | None
    patient_ids: tuple[UUID, ...]
    by: By
    session_ids: tuple[UUID, ...] = ()
    criteria: Criteria | None = None
    priority: int = 0
    why: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether the patient asks, and not staff."""
        return self.by.kind == "patient"


async def join(asked: Asked) -> UUID:
    """Put somebody on the waitlist; give the entry's id. In the caller's transaction when there is one.

    Raises: NotFound, Malformed, SessionStopped, NotYetOpen, LineClosed, PlacesLeft, Suspended, AlreadyBooked,
        AlreadyWaiting, TooManyWaiting.
    """
    try:
        async with db.transaction():
            return await _join(asked)
    except IntegrityError as error:
        if db.violated(error) == "waitlist_target_once":
            raise AlreadyWaiting() from error
        raise


async def _join(asked: Asked) -> UUID:
    holds = await settings.current()
    session_ids = sorted(set(asked.session_ids))
    closes_at = await _closing(asked, session_ids, holds)
    people = await _people(asked)
    entry_id = await _insert(asked, people[0]["account_id"], closes_at)
    if asked.criteria:
        session_ids = sorted(row["session_id"] for row in await _fits(entry_id, holds))
    await lock_lines(session_ids)
    person_ids = [one["person_id"] for one in people]
    await _check_people(asked, person_ids, holds)
    await _check_places(session_ids, person_ids, is_named=not asked.criteria)
    await _stand(entry_id, session_ids, holds)
    await publish(await _joined(entry_id, people[0]))
    ring("offer_places")
    return entry_id


async def _insert(asked: Asked, account_id: UUID | None, closes_at: datetime) -> UUID:
    entry_id = new_id()
    criteria = asked.criteria
    await db.fetch(
        models.INSERT_ENTRY,
        entry_id,
        account_id,
        len(asked.patient_ids),
        asked.priority,
        asked.why[:200],
        asked.by.channel,
        criteria.department_id if criteria else None,
        list(criteria.practitioner_ids) if criteria else [],
        criteria.first_day if criteria else None,
        criteria.last_day if criteria else None,
        [str(half) for half in criteria.halves] if criteria else [],
        list(criteria.visit_types) if criteria else [],
        closes_at,
    )
    await db.fetch(models.INSERT_PEOPLE, entry_id, list(asked.patient_ids))
    await born(ENTRY, await models.WaitlistEntry.get(id=entry_id), WaitlistState.WAITING, by=asked.by, why=asked.why)
    return entry_id


async def _closing(asked: Asked, session_ids: list[UUID], holds: BookingSettings) -> datetime:
    """Give when the entry closes at the latest; refuse what nobody can wait for."""
    if asked.criteria is not None:
        check_criteria(asked.criteria, clock.today())
        await _check_department(asked.criteria)
        closes_at = criteria_close_at(asked.criteria)
        if closes_at <= clock.now():
            raise LineClosed()
        return closes_at
    rows = await db.fetch(models.NAMED_SESSIONS, session_ids, holds.waitlist_closes_minutes)
    if len(rows) < len(session_ids):
        raise wrong_field("/session_ids", "unknown", "no such session")
    for row in rows:
        if row["status"] == "stopped":
            raise SessionStopped()
        if row["opens_at"] > clock.now() or row["is_drawing"]:
            raise NotYetOpen(opens_at=clock.local(row["opens_at"]))
        if row["status"] != "open" or row["closes_at"] is None or row["closes_at"] <= clock.now():
            raise LineClosed()
    return max(row["closes_at"] for row in rows)


async def _check_department(criteria: Criteria) -> None:
    if not await Department.exists(id=criteria.department_id, active=True):
        raise wrong_field("/criteria/department_id", "unknown_department", "no such department")
    wanted = set(criteria.practitioner_ids)
    if await Practitioner.filter(id__in=wanted, department_id=criteria.department_id, active=True).count() < len(
        wanted
    ):
        raise wrong_field("/criteria/practitioner_ids", "unknown_practitioner", "not of this department")


async def _people(asked: Asked) -> list[dict]:
    """Give the patients in the order in which they were named.

    Raises: NotFound for one of somebody else, Malformed.
    """
    found = {row["id"]: row for row in await db.fetch(models.PEOPLE, list(asked.patient_ids))}
    if len(found) < len(set(asked.patient_ids)):
        raise NotFound()
    people = [found[patient_id] for patient_id in asked.patient_ids]
    if asked.is_own and any(one["account_id"] != asked.account_id for one in people):
        raise NotFound()
    if len({one["account_id"] for one in people}) > 1 or len({one["person_id"] for one in people}) < len(people):
        raise wrong_field("/with_patient_id", "other_patient", "two different people of one account")
    return people


async def _check_people(asked: Asked, person_ids: list[UUID], holds: BookingSettings) -> None:
    """Refuse who may not wait now; two acts about one person are done one after the other."""
    now = clock.now()
    for row in await db.fetch(models.LOCK_PEOPLE, list(asked.patient_ids)):
        if asked.is_own and row["suspended_until"] is not None and row["suspended_until"] > now:
            raise Suspended(until=clock.local(row["suspended_until"]))
    for person_id in person_ids:
        open_entries = await db.fetch_one(models.OPEN_ENTRIES, person_id)
        if open_entries is not None and open_entries["n"] > holds.waitlist_max_open:  # with the new one
            raise TooManyWaiting(limit=holds.waitlist_max_open)


async def _check_places(session_ids: Collection[UUID], person_ids: list[UUID], *, is_named: bool) -> None:
    """Refuse who has a place there, or who need not wait because there are places for everybody who asks."""
    ids = list(session_ids)
    if is_named and await db.fetch_one(models.IN_SESSION, person_ids, ids):
        raise AlreadyBooked()
    left = await db.fetch_one(models.LEFT, ids, len(person_ids), person_ids)
    if left is not None:
        raise PlacesLeft(slot_id=left["slot_id"], session_id=str(left["session_id"]))


async def lock_lines(session_ids: Collection[UUID]) -> None:
    """Lock the lines of some sessions, until the end of the transaction, and make those that are not there yet."""
    await db.fetch(models.MAKE_LINES, list(session_ids))
    await db.fetch(models.LOCK_LINES, list(session_ids))


async def _fits(entry_id: UUID | None, holds: BookingSettings) -> list[dict]:
    return await db.fetch(models.FITTING, entry_id, clock.zone().key, holds.waitlist_closes_minutes)


async def _stand(entry_id: UUID, session_ids: Collection[UUID], holds: BookingSettings) -> None:
    await db.fetch(models.INSERT_TARGETS, entry_id, list(session_ids), holds.waitlist_closes_minutes, list(LEADS))


async def _joined(entry_id: UUID, first: dict) -> WaitlistJoined:
    row = await db.fetch_one(models.DEPARTMENT_OF_ENTRY, entry_id)
    return WaitlistJoined(
        entry_id=entry_id,
        account_id=first["account_id"],
        patient_id=first["id"],
        patient_name=first["name"],
        department_name=row["name"] if row else "",
        at=clock.now(),
    )


async def follow_schedules() -> int:
    """Give entries that wait for anything that fits their places in sessions that have appeared; give how many."""
    holds = await settings.current()
    wanted: dict[UUID, list[UUID]] = {}
    for row in await _fits(None, holds):
        wanted.setdefault(row["entry_id"], []).append(row["session_id"])
    for entry_id, session_ids in wanted.items():
        try:
            async with db.transaction():
                await lock_lines(sorted(session_ids))
                entry = await db.lock(models.WaitlistEntry, entry_id)
                if entry.state == WaitlistState.WAITING:
                    still = {row["session_id"] for row in await _fits(entry_id, holds)} & set(session_ids)
                    await _stand(entry_id, still, holds)
        except IntegrityError as error:
            if db.violated(error) not in ("waitlist_target_once", "waitlist_target_pkey"):
                raise  # the person has come to stand there by another entry: the next look leaves it out
    if wanted:
        ring("offer_places")
    return len(wanted)
