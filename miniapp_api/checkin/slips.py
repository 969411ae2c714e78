"""The slip of paper for people without a phone: the same visit, a code that is good for its day, and what to know."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from miniapp_api.checkin import answers, codes, models
from server import auth, clock, db
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import IllegalMove, NotFound
from server.privacy import mask_name
from server.web import moment

PRINTERS = (Role.GUIDE, Role.CUSTOMER_SERVICE, Role.SUPERVISOR)
PRINTED_FOR = frozenset({"booked"})

# $1 appointment
VISIT = """
SELECT a.id, a.account_id, a.status, a.day, a.starts_at, a.ends_at, a.number, a.department_id, pt.name AS patient_name,
    d.name AS department_name, d.location AS department_location, p.name AS practitioner_name,
    r.name AS room_name, r.location AS room_location, c.name AS campus_name, c.address AS campus_address,
    d.check_in_opens_minutes, (SELECT name FROM hospital LIMIT 1) AS hospital_name,
    (SELECT count(*) FROM campus) AS campuses
FROM appointment a JOIN patient pt ON pt.id = a.patient_id JOIN department d ON d.id = a.department_id
JOIN campus c ON c.id = d.campus_id LEFT JOIN practitioner p ON p.id = a.practitioner_id AND NOT a.is_any
LEFT JOIN session s ON s.id = a.session_id LEFT JOIN room r ON r.id = s.room_id
WHERE a.id = $1
"""


async def slip_of(account: SignedInPatient, appointment_id: UUID, seed: bytes) -> dict[str, Any]:
    """Give the slip of an appointment of this account.

    Raises: NotFound, IllegalMove when there is nothing to check in for.
    """
    row = await db.fetch_one(VISIT, appointment_id)
    if row is None or row["account_id"] != account.id:
        raise NotFound()
    return await _slip(row, seed)


async def slip_at_desk(staff: SignedInStaff, appointment_id: UUID, seed: bytes) -> dict[str, Any]:
    """Give the slip of an appointment of one of my departments.

    Raises: NotFound, Forbidden, IllegalMove when there is nothing to check in for.
    """
    row = await db.fetch_one(VISIT, appointment_id)
    if row is None:
        raise NotFound()
    auth.need_department(staff, row["department_id"], *PRINTERS)
    return await _slip(row, seed)


async def _slip(row: dict[str, Any], seed: bytes) -> dict[str, Any]:
    if row["status"] not in PRINTED_FOR or row["day"] < clock.today():
        raise IllegalMove(machine="appointment", old=row["status"], new="checked_in")
    desk = await db.fetch_one(models.RIGHT_DESK, row["department_id"])
    return {
        "code": codes.slip_code(seed, row["id"], row["day"]),
        "appointment_id": str(row["id"]),
        "hospital": row["hospital_name"] or "",
        "campus": f"{row['campus_name']} {row['campus_address']}".strip() if row["campuses"] > 1 else None,
        "day": row["day"].isoformat(),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "opens_at": moment(row["starts_at"] - timedelta(minutes=row["check_in_opens_minutes"])),
        "number": row["number"],
        "patient_name": mask_name(row["patient_name"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "place": answers.waiting_place(row),
        "desk": {"name": desk["name"], "location": desk["location"]} if desk else None,
    }
