"""What a guide does about a scan that was refused, and how a check-in is taken back. Each is one transaction.

Locks: the appointment first (the arrival locks it), its line and ticket, then the scan, whose row is moved only from
where it was seen: what one guide has settled no other settles again, also not after the check-in was taken back.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.checkin import actions, arrivals, rules
from miniapp_api.checkin.errors import OtherDesk, ScanNotSettled, ScanSettled
from miniapp_api.queue import arriving
from miniapp_api.queue.showing import told
from miniapp_api.queue.steps import lock_both, ticket_row
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster, Stale

OVERRIDDEN, MOVED, SHOWN_THE_WAY = "override", "moved", "shown_the_way"

# $1 scan
REFUSED_SCAN = """
SELECT s.id, s.appointment_id, s.outcome, s.reason, s.settled, s.settled_at, s.desk_id,
    k.department_id AS desk_department_id, st.name AS settled_by_name
FROM scan s LEFT JOIN desk k ON k.id = s.desk_id LEFT JOIN staff st ON st.id = s.settled_by
WHERE s.id = $1
"""

# What keeps two guides from settling one scan.
# $1 scan    $2 how    $3 the moment    $4 who    $5 why    $6 the ticket that came of it or null
SETTLE = """
UPDATE scan SET settled = $2, settled_at = $3, settled_by = $4, settled_why = $5, ticket_id = $6
WHERE id = $1 AND outcome = 'refused' AND settled IS NULL RETURNING id
"""

# A check-in, named by its scan, its ticket or its appointment, and the desk at which it was made. $1 that name
CHECK_IN = """
SELECT t.id AS ticket_id, s.desk_id, s.settled, k.name AS desk_name, k.department_id AS desk_department_id
FROM ticket t
LEFT JOIN LATERAL (
    SELECT desk_id, settled FROM scan
    WHERE ticket_id = t.id AND (outcome = 'accepted' OR settled IN ('override', 'moved')) LIMIT 1
) s ON true
LEFT JOIN desk k ON k.id = s.desk_id
WHERE t.id = (
    SELECT id FROM ticket WHERE id = $1
    UNION ALL SELECT ticket_id FROM scan WHERE id = $1
    UNION ALL (SELECT id FROM ticket
               WHERE appointment_id = $1 AND state NOT IN ('transferred', 'voided', 'done', 'left') LIMIT 1)
    LIMIT 1
)
"""

# $1 ticket    $2 the moment    $3 who    $4 why
ANNUL_SCAN = """
UPDATE scan SET annulled_at = $2, annulled_by = $3, annulled_why = $4
WHERE ticket_id = $1 AND (outcome = 'accepted' OR settled IN ('override', 'moved')) AND annulled_at IS NULL
"""


@dataclass(frozen=True)
class Deed:
    """What a guide wants to do about a refused scan: who, which scan, why, and in which language the answer speaks."""

    staff: SignedInStaff
    scan_id: UUID
    reason: str
    language: str


async def override(deed: Deed) -> str:
    """Let in whom a scan refused for its time, for a reason; give the answer as a scan gives it, as JSON.

    Raises: NotFound, Forbidden, ScanSettled, ScanNotSettled, CheckInRefused, SomeoneWasFaster.
    """
    scan = await _open(deed.scan_id)
    if scan["reason"] not in rules.EXCUSABLE:
        raise ScanNotSettled(reason=scan["reason"])
    return await _let_in(deed, scan, OVERRIDDEN)


async def move(deed: Deed) -> str:
    """Check somebody in where they belong who came to the wrong department; give the answer as JSON.

    The right comes with the scan: whoever works at its desk has the patient before them. Somebody who came at the
    wrong time too needs a reason.
    Raises: NotFound, Forbidden, ScanSettled, ScanNotSettled, CheckInRefused, SomeoneWasFaster.
    """
    scan = await _open(deed.scan_id)
    if scan["reason"] != rules.WRONG_DEPARTMENT:
        raise ScanNotSettled(reason=scan["reason"])
    _at_its_desk(deed.staff, scan)
    return await _let_in(deed, scan, MOVED)


async def show_the_way(deed: Deed) -> str:
    """Keep that somebody who came to the wrong department was told the way; give the scan's own answer.

    Raises: NotFound, Forbidden, ScanSettled, ScanNotSettled.
    """
    scan = await _open(deed.scan_id)
    if scan["reason"] != rules.WRONG_DEPARTMENT:
        raise ScanNotSettled(reason=scan["reason"])
    _at_its_desk(deed.staff, scan)
    await _settle(deed, SHOWN_THE_WAY, deed.reason, None)
    row = await db.fetch_one("SELECT body FROM scan WHERE id = $1", deed.scan_id)
    assert row is not None  # it was settled
    return row["body"]


async def _open(scan_id: UUID) -> dict[str, Any]:
    scan = await db.fetch_one(REFUSED_SCAN, scan_id)
    if scan is None:
        raise NotFound()
    if scan["outcome"] != rules.REFUSED or scan["appointment_id"] is None:
        raise ScanNotSettled(reason=scan["reason"] or scan["outcome"])
    if scan["settled"] is not None:
        raise _settled(scan)
    return scan


def _settled(scan: dict[str, Any]) -> ScanSettled:
    return ScanSettled(settled=scan["settled"], at=scan["settled_at"], by=scan["settled_by_name"])


def _at_its_desk(staff: SignedInStaff, scan: dict[str, Any]) -> None:
    own = staff.departments_of(Role.GUIDE)
    if own is not None and scan["desk_department_id"] is not None and scan["desk_department_id"] not in own:
        raise Forbidden()


async def _let_in(deed: Deed, scan: dict[str, Any], how: str) -> str:
    for _ in range(arrivals.ROUNDS):
        try:
            async with db.transaction():
                arrived = await actions.let_in(
                    scan["appointment_id"], deed.staff, deed.reason, language=deed.language, scope=how != MOVED
                )
                if arrived is not None:
                    await _settle(deed, how, arrived.why or deed.reason, arrived.ticket_id)
                    return arrived.answer
        except IntegrityError as error:
            if db.violated(error) not in arrivals.RACES:
                raise
    raise SomeoneWasFaster()


async def _settle(deed: Deed, how: str, why: str, ticket_id: UUID | None) -> None:
    done = await db.fetch_one(SETTLE, deed.scan_id, how, clock.now(), deed.staff.id, why[:500], ticket_id)
    if done is None:
        scan = await db.fetch_one(REFUSED_SCAN, deed.scan_id)
        assert scan is not None  # read before
        raise _settled(scan)


@dataclass(frozen=True)
class Annulment:
    """A check-in that is to be taken back.

    check_in_id: its scan, its ticket or its appointment. desk_id: where the guide works, when that is said.
    version: of the ticket as it was seen, of `If-Match`.
    """

    check_in_id: UUID
    staff: SignedInStaff
    desk_id: UUID | None
    why: str
    version: str | None = None


async def annul(annulment: Annulment) -> dict[str, Any]:
    """Take a check-in back while its ticket waits; give the ticket. The scan that brought it is marked.

    Whoever works at the desk of its scan may, or a guide of its department when no desk made it, or a supervisor.
    Raises: NotFound, Forbidden, OtherDesk, Stale, IllegalMove.
    """
    made = await db.fetch_one(CHECK_IN, annulment.check_in_id)
    if made is None:
        raise NotFound()
    staff = annulment.staff
    async with db.transaction():
        ticket = await lock_both(made["ticket_id"])
        if not staff.may(Role.SUPERVISOR, department_id=ticket.department_id):
            if made["settled"] == MOVED:
                _at_its_desk(staff, made)
            else:
                auth.need_department(staff, ticket.department_id, Role.GUIDE)
            if None not in (annulment.desk_id, made["desk_id"]) and annulment.desk_id != made["desk_id"]:
                raise OtherDesk(desk=made["desk_name"])
        if annulment.version is not None and annulment.version != str(ticket.version):
            raise Stale(resource={"ticket": told(await ticket_row(ticket.id))})
        row = await arriving.take_back(ticket, staff.by, annulment.why)
        await db.fetch(ANNUL_SCAN, ticket.id, clock.now(), staff.id, annulment.why)
        return row
