"""What people do about strikes: patients appeal, staff decide and forgive, staff record outages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking import settings
from miniapp_api.strikes import models
from miniapp_api.strikes.actions import forgive, lock_person, rules_now, seen_of, standing
from miniapp_api.strikes.errors import AlreadyAppealed, AppealDecided, NothingToForgive, OutageOver, StrikeNotOpen
from miniapp_api.strikes.models import WORDS, Appeal, Outage, Strike
from miniapp_api.strikes.rules import APPEAL, STRIKE, AppealState, Excuse, StrikeState
from server import clock, db, privacy
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster, wrong_field
from server.events import publish
from server.facts import AppealRefused
from server.history import born, move
from server.hospital import Department
from server.ids import new_id
from server.jobs import ring

DECIDERS = (Role.CUSTOMER_SERVICE, Role.SUPERVISOR)
REPORTERS = (Role.GUIDE, Role.CUSTOMER_SERVICE, Role.SUPERVISOR)
OLDEST_OUTAGE = timedelta(days=30)  # strikes of older days are looked at one by one


def sight_of(staff: SignedInStaff, *roles: Role) -> list[UUID] | None:
    """Give the departments whose strikes somebody sees; None is all of them."""
    scopes = staff.departments_of(*roles)
    return None if scopes is None else sorted(scopes)


# ---- the patient ---------------------------------------------------------------------------------------------------


async def strike_of(account: SignedInPatient, strike_id: UUID) -> dict[str, Any]:
    """Give a strike of this account, or of one of its people.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.STRIKE_OF, account.id, strike_id)
    if row is None:
        raise NotFound()
    return row


async def appeal(account: SignedInPatient, strike_id: UUID, words: str) -> dict[str, Any]:
    """Say that a strike is wrong or had a reason; somebody looks at it in time. It counts until then.

    Raises: NotFound, AlreadyAppealed, StrikeNotOpen.
    """
    seen = await strike_of(account, strike_id)
    appeal_id = new_id()
    hours = (await settings.current()).appeal_hours
    try:
        async with db.transaction():
            await lock_person(seen["person_id"])
            strike = await db.lock(Strike, strike_id)
            if seen["appeal_id"] or strike.state == StrikeState.APPEALED:
                raise AlreadyAppealed()
            if strike.state != StrikeState.COUNTED or strike.at <= clock.now() - (await rules_now()).window:
                raise StrikeNotOpen()
            row = await Appeal.create(
                id=appeal_id,
                strike_id=strike_id,
                account_id=account.id,
                words_cipher=privacy.seal(words, place=WORDS, row_id=appeal_id) if words else None,
                due_at=clock.now() + timedelta(hours=hours),
                created_at=clock.now(),
            )
            await born(APPEAL, row, AppealState.OPEN, by=account.by)
            await move(STRIKE, strike, StrikeState.APPEALED, by=account.by)
    except IntegrityError as error:
        if db.violated(error) != "appeal_strike_id_key":
            raise
        raise AlreadyAppealed() from error
    return await strike_of(account, strike_id)


# ---- staff ---------------------------------------------------------------------------------------------------------


async def appeal_of(staff: SignedInStaff, appeal_id: UUID) -> dict[str, Any]:
    """Give an appeal with its strike.

    Raises: NotFound, also for one of another department.
    """
    row = await db.fetch_one(models.APPEAL_SEEN, appeal_id, sight_of(staff, *DECIDERS))
    if row is None:
        raise NotFound()
    return row


async def decide(
    staff: SignedInStaff, appeal_id: UUID, *, is_granted: bool, reason: str, version: int
) -> dict[str, Any]:
    """Decide about an appeal; the patient is told, with the reason.

    version: of the appeal as it was seen. Raises: NotFound, AppealDecided, SomeoneWasFaster.
    """
    seen = await appeal_of(staff, appeal_id)
    async with db.transaction():
        await lock_person(seen["person_id"])
        row = await db.lock(Appeal, appeal_id)
        if row.state != AppealState.OPEN:
            raise AppealDecided()
        if row.version != version:
            raise SomeoneWasFaster()
        if is_granted:
            await forgive(row.strike_id, Excuse.APPEAL, by=staff.by, reason=reason)
        else:
            await _refuse(staff, row, reason)
    return await appeal_of(staff, appeal_id)


async def _refuse(staff: SignedInStaff, row: Appeal, reason: str) -> None:
    said = {"reason": reason, "decided_at": clock.now(), "decided_by": staff.id}
    await move(APPEAL, row, AppealState.REFUSED, by=staff.by, why=reason, **said)
    strike = await db.lock(Strike, row.strike_id)
    await move(STRIKE, strike, StrikeState.COUNTED, by=staff.by, why=reason)
    suspension = (await standing(strike.person_id)).suspension
    seen = await seen_of(strike.id)
    await publish(
        AppealRefused(
            appeal_id=row.id,
            strike_id=strike.id,
            account_id=row.account_id,
            patient_id=strike.patient_id,
            patient_name=seen["patient_name"],
            department_name=seen["department_name"],
            starts_at=seen["starts_at"],
            reason=reason,
            suspended_until=suspension.until if suspension else None,
            at=clock.now(),
        )
    )


async def forgive_one(staff: SignedInStaff, strike_id: UUID, reason: str) -> dict[str, Any]:
    """Let one strike count no more.

    Raises: NotFound, StrikeNotOpen.
    """
    sight = sight_of(staff, *DECIDERS)
    if await db.fetch_one(models.STRIKE_SEEN, strike_id, sight) is None:
        raise NotFound()
    async with db.transaction():
        if not await forgive(strike_id, Excuse.STAFF, by=staff.by, reason=reason):
            raise StrikeNotOpen()
    return await seen_of(strike_id)


async def person_of(staff: SignedInStaff, person_id: UUID) -> dict[str, Any]:
    """Give a person against whom something counted, as staff see them.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.PERSON, person_id, sight_of(staff, *DECIDERS))
    if row is None:
        raise NotFound()
    return row


async def forgive_all(staff: SignedInStaff, person_id: UUID, reason: str) -> None:
    """Let nothing count against a person any more, so that a suspension ends.

    Raises: NotFound, Forbidden for whom only some departments are open, NothingToForgive.
    """
    await person_of(staff, person_id)
    if sight_of(staff, *DECIDERS) is not None:
        raise Forbidden()  # what other departments hold against the person is not theirs to forgive
    async with db.transaction():
        await lock_person(person_id)
        rows = await db.fetch(models.MARKS, person_id)
        if not rows:
            raise NothingToForgive()
        for row in rows:
            await forgive(row["id"], Excuse.STAFF, by=staff.by, reason=reason)


# ---- outages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OutageDraft:
    """A time in which nobody could check in. department_id None: the whole hospital. ends_at None: it goes on."""

    department_id: UUID | None
    what: str
    starts_at: datetime
    ends_at: datetime | None
    reason: str


async def record_outage(staff: SignedInStaff, draft: OutageDraft) -> UUID:
    """Record an outage; strikes that it excuses are forgiven at once by the job that this rings.

    Raises: Malformed, Forbidden for a department that is not theirs.
    """
    now = clock.now()
    if draft.starts_at > now:
        raise wrong_field("/starts_at", "in_the_future", "has not come yet")
    if draft.starts_at < now - OLDEST_OUTAGE:
        raise wrong_field("/starts_at", "too_long_ago", "at most 30 days ago")
    if draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        raise wrong_field("/ends_at", "wrong_range", "must be after starts_at")
    sight = sight_of(staff, *REPORTERS)
    if sight is not None and draft.department_id not in sight:
        raise Forbidden()
    if draft.department_id is not None and not await Department.exists(id=draft.department_id):
        raise wrong_field("/department_id", "unknown", "no such department")
    async with db.transaction():
        outage = await Outage.create(id=new_id(), made_by=staff.id, created_at=now, **vars(draft))
        ring("excuse_strikes")
    return outage.id


async def end_outage(staff: SignedInStaff, outage_id: UUID, ends_at: datetime | None) -> None:
    """Say when an outage ended; now when no moment is named.

    Raises: NotFound, Forbidden, Malformed, OutageOver.
    """
    async with db.transaction():
        outage = await db.lock(Outage, outage_id)
        sight = sight_of(staff, *REPORTERS)
        if sight is not None and outage.department_id not in sight:
            raise Forbidden() if outage.department_id is None else NotFound()
        if outage.ends_at is not None:
            raise OutageOver()
        ended = ends_at or clock.now()
        if not outage.starts_at < ended <= clock.now() + timedelta(minutes=1):
            raise wrong_field("/ends_at", "wrong_range", "must be after starts_at and not in the future")
        await Outage.filter(id=outage_id).update(ends_at=ended, version=outage.version + 1)
        ring("excuse_strikes")
