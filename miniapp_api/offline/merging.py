"""Batches of scans that desks made without the network: each is merged once, whatever the order of uploads.

A scan is one transaction: what was done before a cut stays, and the same batch sent again gets the same answers.
Locks: appointment, ticket, stream last, as a scan at the desk.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.checkin import actions as checkin
from miniapp_api.checkin import arrivals, codes, showing
from miniapp_api.checkin.answers import Answer
from miniapp_api.checkin.rules import ACCEPTED, ALREADY, REFUSED, Judgement
from miniapp_api.offline import answers, conflicts, models, placing, rules
from miniapp_api.offline.rules import Claim, Contact, Standing, When
from server import clock, db, kill_points
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.web import moment

ANSWER = ("outcome", "reason", "appointment", "ticket", "message", "next_step")
# what names nobody, or nobody for sure
UNTRUSTED = frozenset({codes.UNKNOWN_CODE, codes.FORGED, codes.CODE_EXPIRED})


@dataclass(frozen=True)
class OfflineScan:
    """One scan as the device kept it: a code, or somebody found by name. order: its number on the device."""

    id: UUID
    order: int
    scanned_at: datetime
    outcome: str
    code: str | None = None
    appointment_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Batch:
    """What a device sends at once. sent_at: its own time at the sending."""

    desk_id: UUID
    device_id: UUID
    contact: Contact
    sent_at: datetime
    scans: tuple[OfflineScan, ...]


@dataclass(frozen=True)
class Sender:
    """Who sends a batch, and how it is answered. seed: the root of the codes."""

    staff: SignedInStaff
    language: str
    seed: bytes


@dataclass(frozen=True)
class _One:
    """One scan on its way: what it says, and when it was."""

    scan: OfflineScan
    batch: Batch
    sender: Sender
    serves: frozenset[UUID] | None
    when: When
    opened: codes.Opened | None

    @property
    def appointment_id(self) -> UUID | None:
        """Give whom it is about, as far as that can be trusted."""
        return self.scan.appointment_id if self.opened is None else self.opened.subject_id


async def take(batch: Batch, sender: Sender) -> list[str]:
    """Merge a batch; give the answer to each scan as JSON, in the order of the device.

    Raises: NotFound, Forbidden for a desk of another department, SomeoneWasFaster.
    """
    desk = await db.fetch_one(models.DESK, batch.desk_id)
    if desk is None:
        raise NotFound()
    serves = arrivals.served(desk["department_id"], sender.staff)
    now = clock.now()
    bodies = []
    for scan in sorted(batch.scans, key=lambda scan: (scan.order, scan.id.int)):
        bodies.append(await _take(_read(scan, batch, sender, serves, now)))
        kill_points.reach("offline_scan_merged")  # it is committed, and the rest is not yet
    kill_points.reach("offline_batch_merged")  # all is committed, and nobody has heard
    return bodies


def _read(scan: OfflineScan, batch: Batch, sender: Sender, serves: frozenset[UUID] | None, now: datetime) -> _One:
    when = rules.corrected(scan.scanned_at, batch.contact, sent_at=batch.sent_at, now=now)
    opened = None if scan.code is None else codes.open_patient_code(sender.seed, scan.code, when.at)
    return _One(scan, batch, sender, serves, when, opened)


async def _take(one: _One) -> str:
    for _ in range(arrivals.ROUNDS):
        try:
            async with db.transaction():
                if one.appointment_id is not None:
                    await db.fetch(models.LOCK, one.appointment_id)
                row = await arrivals.look(one.scan.id, one.appointment_id, one.batch.desk_id)
                if row["earlier"] is not None:
                    return row["earlier"]
                if (body := await _merge(one, row)) is not None:
                    return body
        except IntegrityError as error:
            if db.violated(error) not in arrivals.RACES:
                raise
    raise SomeoneWasFaster()


async def _merge(one: _One, row: dict[str, Any]) -> str | None:
    """Write what becomes of a scan, and give the answer; None when the appointment is no longer as it was read."""
    if one.scan.outcome not in rules.CLAIMS:  # the device let nobody in by it: it is kept as it was
        outcome = ALREADY if one.scan.outcome == ALREADY else REFUSED
        said = answers.answer("known" if outcome == ALREADY else "refused", one.sender.language)
        reason = one.scan.reason if outcome == REFUSED else None
        return await _keep(one, row, Judgement(outcome, reason), said)
    judgement = _judge(one, row)
    standing = await db.fetch_one(models.STANDING, row["id"])
    assert standing is not None  # one row, whatever is there
    if judgement.outcome == ACCEPTED:
        judgement = _with_what_stands(one, row, standing)
    if judgement.outcome == REFUSED:
        return await _refuse(one, row, judgement, standing)
    claim = Claim(one.when.at, one.scan.id)
    match rules.settle(claim, _standing(standing)):
        case "enter":
            return await _enter(one, row)
        case "first":
            return await _put_first(one, row, standing)
        case _:
            return await _keep(one, row, Judgement(ALREADY), _said_later(one, row, standing), row["ticket_id"])


def _judge(one: _One, row: dict[str, Any]) -> Judgement:
    """Judge a scan by its own time, whoever came meanwhile."""
    if one.opened is not None and one.opened.refusal is not None:
        is_timed = one.opened.refusal == codes.CODE_EXPIRED and one.opened.subject_id is not None
        if is_timed and one.when.source == rules.UPLOAD:
            return Judgement(REFUSED, rules.CLOCK_UNKNOWN)
        return Judgement(REFUSED, one.opened.refusal)
    if row["id"] is None:
        return Judgement(REFUSED, codes.UNKNOWN_CODE)
    return rules.judge_alone(arrivals.arrival_of(row, one.serves), one.when, clock.now())


def _with_what_stands(one: _One, row: dict[str, Any], standing: dict[str, Any]) -> Judgement:
    if standing["id"] is None and standing["annulled_at"] is not None and standing["annulled_at"] > one.when.at:
        return Judgement(REFUSED, rules.ANNULLED)
    if standing["id"] is None and row["has_place"]:
        return Judgement(REFUSED, rules.HAS_PLACE)
    return Judgement(ACCEPTED)


def _standing(row: dict[str, Any]) -> Standing | None:
    if row["id"] is None:
        return None
    # who came by name or by the desk's own code stands before a scan of the same instant
    first = Claim(row["checked_in_at"], row["scan_id"] or UUID(int=0))
    return Standing(first, can_change=placing.can_change(row))


async def _enter(one: _One, row: dict[str, Any]) -> str | None:
    staff = one.sender.staff
    scan = checkin.Scan(
        one.scan.id, one.batch.desk_id, staff.by, staff, one.sender.language, scanned_at=one.scan.scanned_at
    )
    body = await checkin.admit(scan, row, one.when.at)
    if body is None:
        return None
    told = _whole(one, orjson.loads(body))
    await db.fetch(
        models.MARK,
        one.scan.id,
        told,
        one.batch.device_id,
        one.scan.order,
        one.scan.outcome,
        one.scan.reason,
        one.when.at,
        one.when.source,
    )
    await conflicts.settle_of(row["id"], UUID(orjson.loads(body)["ticket"]["id"]))
    return told


async def _put_first(one: _One, row: dict[str, Any], standing: dict[str, Any]) -> str:
    """Let the ticket count from this scan, which was before the one that made it."""
    said = answers.answer(
        "first",
        one.sender.language,
        row,
        at=one.when.at,
        first_at=standing["checked_in_at"],
        first_desk=standing["desk_name"],
    )
    await placing.count_from(standing["id"], one.when.at, row, by=one.sender.staff.by, why=said.message)
    await db.fetch(models.LATER, standing["id"], one.scan.id)
    return await _keep(one, row, Judgement(ACCEPTED), said, standing["id"])


def _said_later(one: _One, row: dict[str, Any], standing: dict[str, Any]) -> Answer:
    return answers.answer(
        "later",
        one.sender.language,
        row,
        at=one.when.at,
        first_at=standing["checked_in_at"],
        first_desk=standing["desk_name"],
        is_offline=standing["is_offline"],
    )


async def _refuse(one: _One, row: dict[str, Any], judgement: Judgement, standing: dict[str, Any]) -> str:
    """Keep a scan that the device let in and the server cannot, and ask a person."""
    reason = judgement.reason or ""
    if reason in (rules.DAY_OVER, rules.ANNULLED, rules.HAS_PLACE, rules.CLOCK_UNKNOWN):
        said = answers.answer(reason, one.sender.language, row, at=one.when.at)
    else:
        said = checkin.said_of(judgement, row, one.sender.language)
    body = await _keep(one, row, judgement, said)
    found = conflicts.Found(
        scan_id=one.scan.id,
        desk_id=one.batch.desk_id,
        department_id=row["department_id"] if row["id"] else None,
        appointment_id=row["id"],
        reason=reason,
    )
    await conflicts.open_for(found, one.sender.staff.by, ticket_id=standing["id"])
    return body


async def _keep(
    one: _One, row: dict[str, Any], judgement: Judgement, said: Answer, ticket_id: UUID | None = None
) -> str:
    is_trusted = row["id"] is not None and judgement.reason not in UNTRUSTED
    answer = {
        "outcome": judgement.outcome,
        "reason": judgement.reason,
        "appointment": showing.show_appointment(row) if is_trusted else None,
        "ticket": showing.ticket_there(row) if ticket_id else None,
        "message": said.message,
        "next_step": said.next_step,
    }
    body = _whole(one, answer)
    await db.fetch(
        models.KEEP,
        one.scan.id,
        one.batch.desk_id,
        one.sender.staff.id,
        row["id"],
        ticket_id,
        judgement.outcome,
        judgement.reason,
        body,
        one.scan.scanned_at,
        one.batch.device_id,
        one.scan.order,
        one.scan.outcome,
        one.scan.reason,
        one.when.at,
        one.when.source,
    )
    return body


def _whole(one: _One, answer: dict[str, Any]) -> str:
    """Add to the answer of a scan what only an offline one has."""
    is_asked = answer["outcome"] == REFUSED and one.scan.outcome in rules.CLAIMS
    return orjson.dumps(
        {
            "scan_id": str(one.scan.id),
            **{name: answer[name] for name in ANSWER},
            "offline_outcome": one.scan.outcome,
            "counted_at": moment(one.when.at),
            "time_source": one.when.source,
            "is_conflict": is_asked,
        }
    ).decode()
