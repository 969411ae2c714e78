"""How somebody arrives: by a scan, by the desk's code, or by name. One read, one rule, one guarded effect."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.checkin import answers, arrivals, codes, models, rules, showing
from miniapp_api.checkin.answers import Answer
from miniapp_api.checkin.errors import CheckInRefused
from miniapp_api.queue.stations import way as stations
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.errors import LANGUAGES, NotFound, SomeoneWasFaster, wrong_field
from server.history import By
from server.ids import new_id

_NO_SCAN = (None, None)  # no scan, no desk
# of a code that cannot be trusted nothing is told about the appointment that it names
UNTRUSTED = frozenset({codes.UNKNOWN_CODE, codes.FORGED, codes.CODE_EXPIRED})


@dataclass(frozen=True)
class Scan:
    """A scan as it came in. staff: None when the patient scans the desk. desk_id: None when the code names none."""

    id: UUID
    desk_id: UUID | None
    by: By
    staff: SignedInStaff | None
    language: str
    scanned_at: datetime | None = None


# ---- scans ---------------------------------------------------------------------------------------------------------


async def scan(scan: Scan, code: str, seed: bytes) -> str:
    """Check in whom a code names; give the answer as JSON. The same scan always gets its first answer.

    Raises: Malformed for an unknown desk, Forbidden, SomeoneWasFaster.
    """
    opened = codes.open_patient_code(seed, code, clock.now())
    if opened.kind == codes.SLIP:
        scan = replace(scan, by=replace(scan.by, channel="slip"))
    return await _judge(scan, opened.subject_id, opened.refusal)


async def arrive(scan: Scan, code: codes.Opened, appointment_id: UUID | None) -> str:
    """Check in a patient who scanned the desk; give the answer as JSON. What is refused is kept too.

    Raises: NotFound for an appointment of somebody else.
    """
    desk = await models.Desk.get_or_none(id=code.subject_id) if code.subject_id else None
    scan = replace(scan, desk_id=desk.id if desk else None)
    if desk is None or code.refusal:
        reason = code.refusal or codes.UNKNOWN_CODE
        key = "desk_code_expired" if reason == codes.CODE_EXPIRED else "desk_code_unknown"
        return await _keep_nobody(scan, reason, answers.answer(key, scan.language))
    if code.kind == codes.SCENE:
        scan = replace(scan, by=replace(scan.by, channel="poster"))
        if code.edition != desk.poster_edition:
            return await _keep_nobody(scan, codes.CODE_EXPIRED, answers.answer("old_poster", scan.language))
        if not desk.poster_checks_in:
            place = desk.location or desk.name
            way = answers.answer("ask_at_desk", scan.language, desk=desk.name, desk_place=place)
            return await _keep_nobody(scan, rules.ASK_AT_DESK, way)
    if appointment_id is None:
        row = await db.fetch_one(models.EXPECTED_TODAY, scan.by.id, clock.today(), desk.department_id)
        if row is None:
            return await _keep_nobody(scan, rules.WRONG_DAY, answers.answer("none_today", scan.language))
        appointment_id = row["id"]
    elif await db.fetch_one(models.OWN_STATUS, appointment_id, scan.by.id) is None:
        raise NotFound()
    return await _judge(scan, appointment_id, None)


async def _judge(scan: Scan, appointment_id: UUID | None, refusal: str | None) -> str:
    for _ in range(arrivals.ROUNDS):
        row = await arrivals.look(scan.id, appointment_id, scan.desk_id)
        if row["earlier"] is not None:
            return row["earlier"]
        if row["desk_id"] is None:
            raise wrong_field("/desk_id", "unknown_desk", "no such desk")
        serves = arrivals.served(row["desk_department_id"], scan.staff)
        try:
            body = await _answer(scan, row, refusal, serves)
        except IntegrityError as error:
            if db.violated(error) not in arrivals.RACES:
                raise
            continue
        if body is not None:
            return body
    raise SomeoneWasFaster()


async def _answer(scan: Scan, row: dict[str, Any], refusal: str | None, serves: frozenset[UUID] | None) -> str | None:
    """Give the answer and keep it; None when the appointment is no longer as it was read."""
    if refusal in UNTRUSTED or row["id"] is None:
        reason = refusal if refusal in UNTRUSTED else codes.UNKNOWN_CODE
        return await _keep(scan, row, rules.Judgement(rules.REFUSED, reason))
    judgement = rules.judge_arrival(arrivals.arrival_of(row, serves), clock.now(), clock.today())
    if refusal is not None and judgement.outcome == rules.ACCEPTED:
        judgement = rules.Judgement(rules.REFUSED, refusal)  # a slip of another day
    if judgement.outcome == rules.ALREADY and row["ticket_state"] == "away":
        # who comes back from a station shows the code again
        is_back = await stations.back_by_scan(row["ticket_id"], scan.by)
        row = row | {"is_back": is_back, "ticket_state": "waiting" if is_back else row["ticket_state"]}
    if judgement.outcome != rules.ACCEPTED:
        return await _keep(scan, row, judgement)
    return await admit(scan, row, clock.now())


async def admit(scan: Scan, row: dict[str, Any], now: datetime) -> str | None:
    """Let somebody in whose arrival was judged, as of a moment of today; give the answer as JSON and keep it.

    row: as `arrivals.look` gives it. None when the appointment is no longer as it was read.
    """
    waits = await arrivals.waits_of(row)
    ticket_id = new_id()
    answer = showing.accepted(row, ticket_id, scan.language, is_paused=waits.is_paused)
    kept = await arrivals.arrive(
        (
            *arrivals.effect_of(row, ticket_id, now, by=scan.by),
            *(scan.id, scan.desk_id, answer, *arrivals.promised(waits, scan.scanned_at)),
        )
    )
    if kept is None:
        return None
    arrivals.ring_for(row)
    return kept["body"]


async def _keep(scan: Scan, row: dict[str, Any], judgement: rules.Judgement) -> str:
    is_trusted = judgement.reason not in UNTRUSTED
    if judgement.reason == rules.WRONG_DEPARTMENT:
        right = await db.fetch_one(models.RIGHT_DESK, row["department_id"]) or {"name": None, "location": None}
        row = row | {"right_desk_name": right["name"], "right_desk_location": right["location"]}
    ticket = showing.ticket_there(row) if is_trusted and judgement.outcome == rules.ALREADY else None
    said = said_of(judgement, row, scan.language, is_patient=scan.staff is None)
    more = {
        "appointment": showing.show_appointment(row) if is_trusted else None,
        "ticket": ticket,
        "first": showing.first(row) if ticket else None,
        "right": showing.right(row) if judgement.reason == rules.WRONG_DEPARTMENT else None,
        "acts": rules.acts(judgement) if scan.staff else [],
    }
    body = showing.body_of(judgement.outcome, judgement.reason, said, **more)
    await _write(scan, judgement, body, appointment_id=row["id"], ticket_id=row["ticket_id"] if ticket else None)
    return body


async def _keep_nobody(scan: Scan, reason: str, said: Answer) -> str:
    """Refuse what a patient read, and keep it."""
    judgement = rules.Judgement(rules.REFUSED, reason)
    body = showing.body_of(judgement.outcome, reason, said)
    await _write(scan, judgement, body)
    return body


async def _write(
    scan: Scan,
    judgement: rules.Judgement,
    body: str,
    *,
    appointment_id: UUID | None = None,
    ticket_id: UUID | None = None,
) -> None:
    about = (appointment_id, ticket_id, judgement.outcome, judgement.reason, body, scan.scanned_at, clock.now())
    await _do(models.KEEP_SCAN, scan.id, scan.desk_id, scan.by.id, *about, scan.by.channel)


def said_of(judgement: rules.Judgement, row: dict[str, Any], language: str, *, is_patient: bool = False) -> Answer:
    """Say what a judgement means for the row that `arrivals.look` gave. is_patient: it is read by the patient alone."""
    key = "back_in_line" if row.get("is_back") else judgement.reason or judgement.outcome
    if row["id"] is None or key in UNTRUSTED:
        return answers.answer(key, language)
    if is_patient and key == rules.WRONG_DEPARTMENT:
        key = "wrong_department_alone"
    window = arrivals.arrival_of(row, None)
    opens_at, closes_at = (f"{clock.local(at):%H:%M}" for at in (window.opens_at, window.closes_at))
    return answers.answer(key, language, row, opens_at=opens_at, closes_at=closes_at)


# ---- by name -------------------------------------------------------------------------------------------------------


async def check_in(appointment_id: UUID, staff: SignedInStaff, override: str | None) -> UUID:
    """Check somebody in whom the desk found by name; give the ticket.

    override: the reason for letting somebody in at another time or day than the rules say.
    Raises: NotFound, Forbidden, CheckInRefused, SomeoneWasFaster.
    """
    for _ in range(arrivals.ROUNDS):
        try:
            arrived = await let_in(appointment_id, staff, override)
        except IntegrityError as error:
            if db.violated(error) not in arrivals.RACES:
                raise
            continue
        if arrived is not None:
            return arrived.ticket_id
    raise SomeoneWasFaster()


@dataclass(frozen=True)
class LetIn:
    """Somebody who was checked in without a scan. why: the rule that was overridden and the reason; answer: as JSON."""

    ticket_id: UUID
    why: str
    answer: str


async def let_in(
    appointment_id: UUID,
    staff: SignedInStaff,
    override: str | None,
    *,
    language: str = LANGUAGES[0],
    scope: bool = True,
) -> LetIn | None:
    """Check somebody in if the rules say so, or for a reason; None when the appointment is no longer as it was read.

    scope: whether the department must be one of the guide's.
    Raises: NotFound, Forbidden, CheckInRefused, IntegrityError (one of arrivals.RACES).
    """
    row = await arrivals.look(None, appointment_id, None)
    if row["id"] is None:
        raise NotFound()
    if scope:
        auth.need_department(staff, row["department_id"], Role.GUIDE)
    judgement = rules.judge_arrival(arrivals.arrival_of(row, None), clock.now(), clock.today())
    why = ""
    if judgement.outcome != rules.ACCEPTED:
        if not override or judgement.reason not in rules.EXCUSABLE or row["has_place"]:
            raise _refused(judgement, row)
        why = f"{judgement.reason}: {override}"
    ticket_id, waits = new_id(), await arrivals.waits_of(row)
    effect = arrivals.effect_of(row, ticket_id, clock.now(), by=staff.by, why=why)
    answer = showing.accepted(row, ticket_id, language, is_paused=waits.is_paused)
    done = await arrivals.arrive((*effect, *_NO_SCAN, answer, *arrivals.promised(waits)))
    if done is None:
        return None
    arrivals.ring_for(row)
    return LetIn(ticket_id, why, done["body"])


def _refused(judgement: rules.Judgement, row: dict[str, Any]) -> CheckInRefused:
    reason = judgement.reason or judgement.outcome
    said = {language: said_of(judgement, row, language) for language in LANGUAGES}
    return CheckInRefused(said, reason=reason, ticket_id=str(row["ticket_id"]) if row["ticket_id"] else None)


async def _do(statement: str, *args: Any) -> dict[str, Any] | None:
    """Run a whole effect. It needs no transaction of its own; inside one it is a savepoint, so that a twin's
    violation leaves the rest standing.
    """
    if not db.in_a_transaction():
        return await db.fetch_one(statement, *args)
    async with db.transaction():
        return await db.fetch_one(statement, *args)
