"""What a patient can ask besides one named slot: any practitioner at a time, or to come again after a visit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from miniapp_api.booking import models, places, settings
from miniapp_api.booking.claims import Claim
from miniapp_api.booking.models import SlotSeen
from miniapp_api.booking.places import Answer
from miniapp_api.booking.rules import REVISIT_POOLS, shown_days
from miniapp_api.errors import RevisitOver, SessionStopped, SlotFull
from server import clock, db
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.idempotency import Once


@dataclass(frozen=True, kw_only=True)
class AnyPractitioner:
    """A time in a department; whoever sees the patient is named at check-in."""

    department_id: UUID
    starts_at: datetime
    visit_type: str
    patient_id: UUID
    intake: dict[str, str] | None


@dataclass(frozen=True)
class Visit:
    """A finished visit."""

    id: UUID
    department_id: UUID
    practitioner_id: UUID | None
    finished_at: datetime


async def book_any(account: SignedInPatient, wish: AnyPractitioner, once: Once | None) -> Answer:
    """Book a time with any practitioner: the one with the most room gives the place, and is not promised.

    Raises: NotFound when nobody has this time, and what `places.take` raises.
    """
    if once is not None and (earlier := await once.earlier()):
        return Answer(*earlier, is_replay=True)
    day = clock.local(wish.starts_at).date()
    rows = await db.fetch(models.SLOTS_AT, wish.department_id, day, wish.starts_at, wish.visit_type)
    if not rows:
        raise NotFound()
    refusal: SlotFull | SessionStopped = SlotFull()
    for row in rows:
        claim = Claim(
            slot_id=row["slot_id"],
            patient_id=wish.patient_id,
            account_id=account.id,
            by=account.by,
            intake=wish.intake,
            is_any=True,
        )
        try:
            return await places.take(claim, once)
        except (SlotFull, SessionStopped) as error:  # the next practitioner may have room
            refusal = error
    raise refusal


async def revisit_slots(
    account: SignedInPatient, encounter_id: UUID, patient_id: UUID, days: tuple[date | None, date | None]
) -> list[SlotSeen]:
    """List the slots to come again to the department of a visit, those of the same practitioner first.

    Raises: NotFound, RevisitOver, Malformed.
    """
    visit = await _visit(account, encounter_id, patient_id)
    first, last = shown_days(*days, clock.today())
    rows = await db.fetch(models.SLOTS_FOR_REVISIT, visit.department_id, first, last, visit.practitioner_id)
    return [SlotSeen(**row) for row in rows]


async def book_revisit(
    account: SignedInPatient,
    encounter_id: UUID,
    claim: tuple[UUID, UUID],
    *,
    intake: dict[str, str] | None,
    once: Once | None,
) -> Answer:
    """Book to come again after a finished visit, also a place that is kept for revisits; once at a time.

    claim: slot and patient. Raises: NotFound, RevisitOver, and what `places.take` raises.
    """
    slot_id, patient_id = claim
    visit = await _visit(account, encounter_id, patient_id)
    seen = await places.look_at({slot_id})
    if not seen or seen[0].department_id != visit.department_id:
        raise NotFound()
    return await places.take(
        Claim(
            slot_id=slot_id,
            patient_id=patient_id,
            account_id=account.id,
            by=account.by,
            pools=REVISIT_POOLS,
            intake=intake,
            revisit_of_id=visit.id,
        ),
        once,
    )


async def _visit(account: SignedInPatient, encounter_id: UUID, patient_id: UUID) -> Visit:
    row = await db.fetch_one(models.ENCOUNTER_OF, encounter_id, account.id, patient_id)
    if row is None:
        raise NotFound()
    visit = Visit(**row)
    days = (await settings.current()).revisit_days
    if clock.now() > visit.finished_at + timedelta(days=days):
        raise RevisitOver(days=days)
    return visit
