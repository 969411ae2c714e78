"""How somebody arrives: by a scan, by the desk's code, or by name. One read, one rule, one guarded effect."""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import qrcode
from qrcode.image.pure import PyPNGImage
from qrcode.image.svg import SvgPathImage
from tortoise.exceptions import IntegrityError

from miniapp_api.checkin import answers, codes, models, rules
from miniapp_api.checkin.answers import ABOUT, AHEAD, NUMBER, WITHIN, Answer
from miniapp_api.checkin.errors import CheckInRefused
from miniapp_api.queue.policies import head_start
from miniapp_api.queue.waits import remembered_tables
from server import auth, clock, db, live
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import LANGUAGES, Forbidden, IllegalMove, NotFound, SomeoneWasFaster, wrong_field
from server.events import fact_row
from server.facts import PatientArrived
from server.history import By
from server.ids import new_id
from server.jobs import ring
from server.privacy import mask_name
from server.web import moment

ROUNDS = 3  # of reading and trying again when somebody was faster
SHOWN_FOR = frozenset({"booked", "checked_in"})
# what a twin runs into: the same scan, another scan of the same appointment, another way into the same queue
RACES = frozenset({"scan_pkey", "ticket_one_for_an_appointment", "ticket_one_place_for_a_person"})


@dataclass(frozen=True)
class Scan:
    """A scan as it came in. staff: None when the patient scans the desk."""

    id: UUID
    desk_id: UUID
    by: By
    staff: SignedInStaff | None
    language: str
    scanned_at: datetime | None = None


# ---- codes ---------------------------------------------------------------------------------------------------------


async def code_of(account: SignedInPatient, appointment_id: UUID, seed: bytes) -> tuple[str, datetime]:
    """Give the code for an appointment of this account, and when it ends.

    Raises: NotFound, IllegalMove when there is nothing to check in for.
    """
    row = await db.fetch_one(models.OWN_STATUS, appointment_id, account.id)
    if row is None:
        raise NotFound()
    if row["status"] not in SHOWN_FOR:
        raise IllegalMove(machine="appointment", old=row["status"], new="checked_in")
    return codes.patient_code(seed, appointment_id, clock.now())


async def picture(code: str, content_type: str) -> bytes:
    """Draw a code; in a thread, because it takes some 20 ms of work."""
    return await asyncio.to_thread(_draw, code, SvgPathImage if content_type == "image/svg+xml" else PyPNGImage)


def _draw(code: str, factory: type) -> bytes:
    drawing = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=factory)
    drawing.add_data(code)
    stream = io.BytesIO()
    drawing.make_image().save(stream)
    return stream.getvalue()


async def code_of_desk(desk_id: UUID, staff: SignedInStaff, seed: bytes) -> tuple[str, datetime]:
    """Give the code for a desk's screen, and when the next one replaces it.

    Raises: NotFound, Forbidden.
    """
    desk = await models.Desk.get_or_none(id=desk_id)
    if desk is None:
        raise NotFound()
    _served(desk.department_id, staff)
    return codes.desk_code(seed, desk_id, clock.now())


# ---- scans ---------------------------------------------------------------------------------------------------------


async def scan(scan: Scan, code: str, seed: bytes) -> str:
    """Check in whom a code names; give the answer as JSON. The same scan always gets its first answer.

    Raises: Malformed for an unknown desk, Forbidden, SomeoneWasFaster.
    """
    opened = codes.open_patient_code(seed, code, clock.now())
    return await _judge(scan, opened.subject_id, opened.refusal)


async def arrive(scan: Scan, code: codes.Opened, appointment_id: UUID | None) -> str:
    """Check in a patient who scanned the desk; give the answer as JSON.

    Raises: NotFound for an appointment of somebody else.
    """
    if code.refusal or code.subject_id is None:
        return _body(rules.REFUSED, code.refusal, answers.answer(code.refusal or "", scan.language))
    if appointment_id is None:
        desk = await models.Desk.get_or_none(id=code.subject_id)
        row = await db.fetch_one(models.EXPECTED_TODAY, scan.by.id, clock.today(), desk.department_id if desk else None)
        if row is None:
            return _body(rules.REFUSED, rules.WRONG_DAY, answers.answer("none_today", scan.language))
        appointment_id = row["id"]
    elif await db.fetch_one(models.OWN_STATUS, appointment_id, scan.by.id) is None:
        raise NotFound()
    return await _judge(scan, appointment_id, None)


async def _judge(scan: Scan, appointment_id: UUID | None, refusal: str | None) -> str:
    for _ in range(ROUNDS):
        row = await db.fetch_one(models.LOOK, scan.id, appointment_id, scan.desk_id)
        assert row is not None  # one row, whatever is there
        if row["earlier"] is not None:
            return row["earlier"]
        if row["desk_id"] is None:
            raise wrong_field("/desk_id", "unknown_desk", "no such desk")
        serves = _served(row["desk_department_id"], scan.staff)
        try:
            body = await _answer(scan, row, refusal, serves)
        except IntegrityError as error:
            if db.violated(error) not in RACES:
                raise
            continue
        if body is not None:
            return body
    raise SomeoneWasFaster()


def _served(desk_department_id: UUID | None, staff: SignedInStaff | None) -> frozenset[UUID] | None:
    """Give the departments that a desk and its guide check in for; None is all of them."""
    own = None if staff is None else staff.departments_of(Role.GUIDE)
    if desk_department_id is None:
        return None if own is None else frozenset(own)
    if own is not None and desk_department_id not in own:
        raise Forbidden()
    return frozenset({desk_department_id})


async def _answer(scan: Scan, row: dict[str, Any], refusal: str | None, serves: frozenset[UUID] | None) -> str | None:
    """Give the answer and keep it; None when the appointment is no longer as it was read."""
    if refusal is not None or row["id"] is None:
        return await _keep(scan, row, rules.Judgement(rules.REFUSED, refusal or codes.UNKNOWN_CODE))
    judgement = rules.judge_arrival(_arrival(row, serves), clock.now(), clock.today())
    if judgement.outcome != rules.ACCEPTED:
        return await _keep(scan, row, judgement)
    about, within = await remembered_tables(
        row["department_id"],
        row["day"],
        practitioner_id=row["practitioner_id"],
        session_starts_at=row["session_starts_at"],
    )
    ticket_id = new_id()
    now = clock.now()
    kept = await _do(
        models.ACCEPT_SCAN,
        *_effect(row, ticket_id, now, by=scan.by),
        scan.id,
        scan.desk_id,
        _accepted(row, ticket_id, scan.language),
        about,
        within,
        scan.scanned_at,
    )
    if kept is None:
        return None
    _ring(row)
    return kept["body"]


async def _keep(scan: Scan, row: dict[str, Any], judgement: rules.Judgement) -> str:
    # a code that cannot be trusted tells nothing about the appointment that it names
    is_trusted = judgement.reason not in (codes.UNKNOWN_CODE, codes.FORGED, codes.CODE_EXPIRED)
    appointment = show_appointment(row) if is_trusted else None
    ticket = _ticket_there(row) if is_trusted and judgement.outcome == rules.ALREADY else None
    body = _body(judgement.outcome, judgement.reason, _said(judgement, row, scan.language), appointment, ticket)
    await _do(
        models.KEEP_SCAN,
        scan.id,
        scan.desk_id,
        scan.by.id,
        row["id"],
        row["ticket_id"] if ticket else None,
        judgement.outcome,
        judgement.reason,
        body,
        scan.scanned_at,
        clock.now(),
    )
    return body


def _said(judgement: rules.Judgement, row: dict[str, Any], language: str) -> Answer:
    key = judgement.reason or judgement.outcome
    if row["id"] is None or key in (codes.UNKNOWN_CODE, codes.FORGED, codes.CODE_EXPIRED):
        return answers.answer(key, language)
    window = _arrival(row, None)
    opens_at, closes_at = (f"{clock.local(at):%H:%M}" for at in (window.opens_at, window.closes_at))
    return answers.answer(key, language, row, opens_at=opens_at, closes_at=closes_at)


# ---- by name -------------------------------------------------------------------------------------------------------


async def check_in(appointment_id: UUID, staff: SignedInStaff, override: str | None) -> UUID:
    """Check somebody in whom the desk found by name; give the ticket.

    override: the reason for letting somebody in at another time or day than the rules say.
    Raises: NotFound, Forbidden, CheckInRefused, SomeoneWasFaster.
    """
    for _ in range(ROUNDS):
        row = await db.fetch_one(models.LOOK, None, appointment_id, None)
        if row is None or row["id"] is None:
            raise NotFound()
        auth.need_department(staff, row["department_id"], Role.GUIDE)
        judgement = rules.judge_arrival(_arrival(row, None), clock.now(), clock.today())
        why = ""
        if judgement.outcome != rules.ACCEPTED:
            if override is None or judgement.reason not in rules.EXCUSABLE or row["has_place"]:
                raise _refused(judgement, row)
            why = f"{judgement.reason}: {override}"
        ticket_id = new_id()
        try:
            done = await _do(models.ACCEPT_BY_NAME, *_effect(row, ticket_id, clock.now(), by=staff.by, why=why))
        except IntegrityError as error:
            if db.violated(error) not in RACES:
                raise
            continue
        if done is not None:
            _ring(row)
            return ticket_id
    raise SomeoneWasFaster()


def _refused(judgement: rules.Judgement, row: dict[str, Any]) -> CheckInRefused:
    reason = judgement.reason or judgement.outcome
    said = {language: _said(judgement, row, language) for language in LANGUAGES}
    return CheckInRefused(said, reason=reason, ticket_id=str(row["ticket_id"]) if row["ticket_id"] else None)


async def ticket_of_check_in(check_in_id: UUID) -> UUID:
    """Give the ticket that a check-in is named by: its own id, or that of its appointment."""
    row = await db.fetch_one(models.ACTIVE_TICKET_OF, check_in_id)
    return row["id"] if row else check_in_id


# ---- shared --------------------------------------------------------------------------------------------------------


async def _do(statement: str, *args: Any) -> dict[str, Any] | None:
    """Run a whole effect. It needs no transaction of its own; inside one it is a savepoint, so that a twin's
    violation leaves the rest standing.
    """
    if not db.in_a_transaction():
        return await db.fetch_one(statement, *args)
    async with db.transaction():
        return await db.fetch_one(statement, *args)


def _arrival(row: dict[str, Any], serves: frozenset[UUID] | None) -> rules.Arrival:
    return rules.Arrival(
        status=row["status"],
        session_status=row["session_status"],
        has_place=bool(row["has_place"]),
        department_id=row["department_id"],
        day=row["day"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        opens_minutes=row["check_in_opens_minutes"],
        closes_minutes=row["check_in_closes_minutes"],
        serves=serves,
    )


def _effect(row: dict[str, Any], ticket_id: UUID, now: datetime, *, by: By, why: str = "") -> tuple[Any, ...]:
    """The first 23 arguments of the effect. The ticket belongs to the day on which the person is here."""
    is_today = row["day"] == clock.today()
    # somebody who was let in on another day is due now, and sees whoever of the department is here
    band = (row["starts_at"], row["ends_at"]) if is_today else (now, now)
    practitioner_id = row["practitioner_id"] if is_today else None
    place = head_start.place_of(head_start.Claim(now, band))
    fact_id, _, payload = fact_row(_arrived(row, ticket_id))
    event: dict[str, Any] = {
        "id": str(ticket_id),
        "state": "waiting",
        "name": mask_name(row["patient_name"]),
        "triage": "normal",
        "flags": [],
        "practitioner_id": str(practitioner_id) if practitioner_id else None,
        "room_id": None,
        "room": None,
        "call_count": 0,
        "version": 1,
    }
    return (
        row["id"],
        row["status"],
        row["department_id"],
        clock.today(),
        ticket_id,
        row["ticket_prefix"],
        row["patient_id"],
        row["account_id"],
        practitioner_id,
        place.sort_class,
        place.sort_at,
        place.rule,
        now,
        by.kind,
        by.id,
        by.channel,
        why[:500],
        new_id(),
        new_id(),
        fact_id,
        payload,
        live.queue_topic(row["department_id"]),
        orjson.dumps(event).decode(),
    )


def _ring(row: dict[str, Any]) -> None:
    ring("relay")
    live.nudge(live.queue_topic(row["department_id"]))


def _arrived(row: dict[str, Any], ticket_id: UUID) -> PatientArrived:
    return PatientArrived(
        ticket_id=ticket_id,
        appointment_id=row["id"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_id=row["department_id"],
        department_name=row["department_name"],
        location=answers.waiting_place(row),
        label="",
    )


def _accepted(row: dict[str, Any], ticket_id: UUID, language: str) -> str:
    ticket = {
        "id": str(ticket_id),
        "number": NUMBER,
        "state": "waiting",
        "department": row["department_name"],
        "room": row["room_name"],
        "place": answers.waiting_place(row),
        "ahead": AHEAD,
        "wait": {"about_minutes": ABOUT, "within_minutes": WITHIN},
        "version": 1,
    }
    appointment = show_appointment(row) | {"status": "checked_in"}
    said = answers.answer(rules.ACCEPTED, language, {**row, "ticket_label": None})
    return _body(rules.ACCEPTED, None, said, appointment, ticket)


def _ticket_there(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["ticket_id"] is None:
        return None
    return {
        "id": str(row["ticket_id"]),
        "number": row["ticket_label"],
        "state": row["ticket_state"],
        "department": row["ticket_department_name"],
        "room": row["room_name"],
        "place": answers.waiting_place(row),
        "ahead": None,
        "wait": None,
        "version": row["ticket_version"],
    }


def show_appointment(row: dict[str, Any]) -> dict[str, Any]:
    """Show an appointment at the desk, the name masked."""
    return {
        "id": str(row["id"]),
        "status": row["status"],
        "number": row["appointment_number"],
        "patient_id": str(row["patient_id"]),
        "patient_name": mask_name(row["patient_name"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
    }


def _body(
    outcome: str,
    reason: str | None,
    said: Answer,
    appointment: dict[str, Any] | None = None,
    ticket: dict[str, Any] | None = None,
) -> str:
    return orjson.dumps(
        {
            "outcome": outcome,
            "reason": reason,
            "appointment": appointment,
            "ticket": ticket,
            "message": said.message,
            "next_step": said.next_step,
        }
    ).decode()
