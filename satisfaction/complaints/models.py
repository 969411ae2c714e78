"""What is kept of complaints: the complaint, its time line, its breaches; and the reads that show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from satisfaction.complaints.rules import Clock, ComplaintState, Hand
from server import db, privacy
from server.db import Row
from server.errors import SomeoneWasFaster
from server.ids import new_id


class Complaint(Row):
    """A complaint (投诉). level: how far up the ladder it is. cycle: the round; a reopening begins another."""

    number = fields.TextField()
    source = fields.TextField()
    state = fields.CharEnumField(ComplaintState, description="")
    severity = fields.TextField(default="B")
    level = fields.IntField(default=0)
    cycle = fields.IntField(default=1)
    account_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField(null=True)
    patient_name = fields.TextField(default="")
    encounter_id = fields.UUIDField(null=True)
    department_id = fields.UUIDField(null=True)
    practitioner_id = fields.UUIDField(null=True)
    response_id = fields.UUIDField(null=True)
    topic = fields.TextField()
    wants_contact = fields.BooleanField(default=False)
    is_sealed = fields.BooleanField(default=False)
    handler_id = fields.UUIDField(null=True)
    merged_into_id = fields.UUIDField(null=True)
    received_at = fields.DatetimeField()
    acknowledged_at = fields.DatetimeField(null=True)
    acknowledge_due_at = fields.DatetimeField()
    responded_at = fields.DatetimeField(null=True)
    response_due_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    answer_due_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "complaint"

    @property
    def hands(self) -> tuple[Hand, ...]:
        """Give the clocks of the present round."""
        return hands_of(vars(self))


class ComplaintEntry(Row):
    """One line of the time line. The table refuses to change or delete it; a note is never visible to the patient."""

    complaint_id = fields.UUIDField()
    kind = fields.TextField()
    author_kind = fields.TextField()
    author_id = fields.UUIDField(null=True)
    author_name = fields.TextField(default="")
    visible_to_patient = fields.BooleanField()
    seq = fields.IntField(default=0)  # given by the table: 1, 2, 3 … in each complaint
    text_cipher = fields.BinaryField()
    at = fields.DatetimeField()

    class Meta:
        table = "complaint_entry"

    @property
    def text(self) -> str:
        """Open the text."""
        return privacy.unseal(self.text_cipher, place="complaint_entry.text_cipher", row_id=self.id)


def hands_of(row: Any) -> tuple[Hand, ...]:
    """Give the clocks of a row of `complaint`, in the order in which they are due.

    row: a mapping with its columns.
    """
    return (
        Hand(Clock.ACKNOWLEDGEMENT, row["acknowledge_due_at"], row["acknowledged_at"]),
        Hand(Clock.FIRST_RESPONSE, row["response_due_at"], row["responded_at"]),
        Hand(Clock.ANSWER, row["answer_due_at"], row["answered_at"]),
    )


async def change(row: Complaint, **values: Any) -> None:
    """Set columns that are no state, and raise the version. The row must have been read in this transaction.

    Raises: SomeoneWasFaster.
    """
    values["version"] = row.version + 1
    if await Complaint.filter(id=row.id, version=row.version).update(**values) == 0:
        raise SomeoneWasFaster()
    for name, value in values.items():
        setattr(row, name, value)


async def copy(row: Complaint, **values: Any) -> None:
    """Set columns that are copies of what happened elsewhere; the version stays. The row must be locked."""
    await Complaint.filter(id=row.id).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


async def next_number() -> int:
    """Take the next number of the hospital's book of complaints."""
    row = await db.fetch_one("SELECT nextval('complaint_number') AS n")
    assert row is not None  # a sequence always answers
    return row["n"]


async def write_breach(complaint_id: UUID, *, clock: Clock, cycle: int, due_at: datetime) -> bool:
    """Write down that a clock was missed, dated by the clock; tell whether this was news."""
    row = await db.fetch_one(
        "INSERT INTO breach (complaint_id, clock, cycle, breached_at, noticed_at) VALUES ($1, $2, $3, $4, app_now())"
        " ON CONFLICT DO NOTHING RETURNING cycle",
        complaint_id,
        str(clock),
        cycle,
        due_at,
    )
    return row is not None


# ---- who handles ---------------------------------------------------------------------------------------------------

ASSIGNING = 7_402_123  # two complaints that come together must not both go to whoever looks free


async def one_at_a_time() -> None:
    """Wait until no other transaction is choosing a handler."""
    await db.fetch("SELECT pg_advisory_xact_lock($1)", ASSIGNING)


async def loads() -> dict[UUID, int]:
    """Weigh the open complaints of each handler: severe ones count more."""
    rows = await db.fetch(
        "SELECT handler_id, sum(CASE severity WHEN 'A' THEN 3 WHEN 'B' THEN 2 ELSE 1 END)::integer AS n FROM complaint"
        " WHERE closed_at IS NULL AND handler_id IS NOT NULL GROUP BY 1"
    )
    return {row["handler_id"]: row["n"] for row in rows}


async def barred_from(complaint_id: UUID) -> set[UUID]:
    """List the staff who have a conflict of interest: they neither handle a complaint nor hear of it."""
    rows = await db.fetch("SELECT DISTINCT staff_id FROM complaint_conflict WHERE complaint_id = $1", complaint_id)
    return {row["staff_id"] for row in rows}


async def barred_ids(complaint_id: UUID) -> tuple[UUID, ...]:
    """Give the same in one order, as facts carry it."""
    return tuple(sorted(await barred_from(complaint_id)))


async def freeze_people(complaint_id: UUID, encounter_id: UUID | None) -> None:
    """Keep whom the visit was with, as it is now: later changes of rooms and rotas do not change a complaint."""
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, practitioner_id, staff_id, name, at)"
        " SELECT $1, role, practitioner_id, staff_id, name, app_now() FROM people_of_encounter($2)"
        " ON CONFLICT DO NOTHING",
        complaint_id,
        encounter_id,
    )


async def bar(complaint_id: UUID, staff_id: UUID, *, role: str) -> None:
    """Keep somebody away from a complaint for ever. role: `named`, or `former_handler` of a round found unfair."""
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, staff_id, name, at)"
        " SELECT $1::uuid, $3::text, id, name, app_now() FROM staff WHERE id = $2 ON CONFLICT DO NOTHING",
        complaint_id,
        staff_id,
        role,
    )


async def inherit_people(from_id: UUID, into_id: UUID) -> None:
    """Let those whom one complaint is about be those of another one, in which it goes on."""
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, practitioner_id, staff_id, name, at)"
        " SELECT $2::uuid, role, practitioner_id, staff_id, name, app_now() FROM complaint_person"
        " WHERE complaint_id = $1"
        " UNION ALL SELECT $2::uuid, 'named', p.id, NULL, p.name, app_now() FROM complaint c"
        " JOIN practitioner p ON p.id = c.practitioner_id WHERE c.id = $1 ON CONFLICT DO NOTHING",
        from_id,
        into_id,
    )


async def staff_name(staff_id: UUID | None) -> str:
    """Give the name of a member of staff; empty when there is none."""
    row = await db.fetch_one("SELECT name FROM staff WHERE id = $1", staff_id) if staff_id else None
    return row["name"] if row else ""


async def roles_of(staff_id: UUID) -> set[str] | None:
    """Give the roles of an active member of staff, or None for somebody unknown."""
    row = await db.fetch_one(
        "SELECT array(SELECT role FROM staff_role WHERE staff_id = s.id) AS roles FROM staff s"
        " WHERE s.id = $1 AND s.active",
        staff_id,
    )
    return set(row["roles"]) if row else None


async def fit_handlers(roles: Sequence[str]) -> list[dict[str, Any]]:
    """List the active members of staff who hold one of the roles, with their open complaints; the fewest first."""
    return await db.fetch(
        "SELECT * FROM (SELECT s.id, s.name,"
        " array(SELECT DISTINCT role FROM staff_role WHERE staff_id = s.id AND role = ANY($1) ORDER BY 1) AS roles,"
        " (SELECT count(*) FROM complaint c WHERE c.handler_id = s.id AND c.closed_at IS NULL) AS open_complaints"
        " FROM staff s WHERE s.active) p WHERE p.roles <> '{}' ORDER BY open_complaints, name, id",
        list(roles),
    )


async def department_name(department_id: UUID | None) -> str:
    """Give the name of a department; empty when there is none."""
    row = await db.fetch_one("SELECT name FROM department WHERE id = $1", department_id) if department_id else None
    return row["name"] if row else ""


# ---- what a complaint is about -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    """Whom and what a complaint is about, as far as it is known; frozen in the complaint when it is filed."""

    account_id: UUID | None = None
    patient_id: UUID | None = None
    patient_name: str = ""
    encounter_id: UUID | None = None
    department_id: UUID | None = None
    practitioner_id: UUID | None = None


OF_ENCOUNTER = """
SELECT coalesce(e.account_id, p.account_id) AS account_id, p.id AS patient_id, p.name AS patient_name,
    e.id AS encounter_id, e.department_id, e.practitioner_id
FROM encounter e JOIN patient p ON p.id = e.patient_id
WHERE e.id = $1 AND ($2::uuid IS NULL OR e.account_id = $2 OR p.account_id = $2)
"""
OF_APPOINTMENT = """
SELECT coalesce(a.account_id, p.account_id) AS account_id, p.id AS patient_id, p.name AS patient_name,
    (SELECT e.id FROM encounter e WHERE e.appointment_id = a.id ORDER BY e.id DESC LIMIT 1) AS encounter_id,
    a.department_id, a.practitioner_id
FROM appointment a JOIN patient p ON p.id = a.patient_id
WHERE a.id = $1 AND ($2::uuid IS NULL OR a.account_id = $2 OR p.account_id = $2)
"""
OF_PATIENT = """
SELECT p.account_id, p.id AS patient_id, p.name AS patient_name FROM patient p
WHERE p.id = $1 AND p.deleted_at IS NULL AND ($2::uuid IS NULL OR p.account_id = $2)
"""
OF_ONESELF = """
SELECT p.account_id, p.id AS patient_id, p.name AS patient_name FROM patient p
WHERE p.account_id = $1 AND p.relation = 'self' AND p.deleted_at IS NULL
"""


async def visit_of(sql: str, subject_id: UUID, account_id: UUID | None) -> Visit | None:
    """Read what a complaint is about.

    sql: OF_ENCOUNTER, OF_APPOINTMENT or OF_PATIENT. account_id: whose it must be; None for staff, who see all.
    """
    row = await db.fetch_one(sql, subject_id, account_id)
    return Visit(**row) if row else None


async def oneself(account_id: UUID) -> Visit:
    """Give the patient that an account is itself; only the account when it has not said."""
    row = await db.fetch_one(OF_ONESELF, account_id)
    return Visit(**row) if row else Visit(account_id=account_id)


async def open_phone(patient_id: UUID) -> str | None:
    """Give the whole phone number of a patient, or None when none is on file."""
    row = await db.fetch_one("SELECT phone_cipher FROM patient WHERE id = $1 AND deleted_at IS NULL", patient_id)
    if row is None or row["phone_cipher"] is None:
        return None
    return privacy.unseal(row["phone_cipher"], place="patient.phone_cipher", row_id=patient_id)


# The names and file numbers of all people of the account that a complaint is from. $1 account, $2 patient, $3 name
IDENTIFYING = """
SELECT name, file_number FROM patient WHERE account_id = $1 OR id = $2 UNION SELECT $3, NULL
"""


async def identifying(account_id: UUID | None, patient_id: UUID | None, name: str) -> list[str]:
    """Give the words that say whom a complaint is from, however its text writes them."""
    rows = await db.fetch(IDENTIFYING, account_id, patient_id, name)
    return [word for row in rows for word in (row["name"], row["file_number"]) if word]


async def write_access(staff_id: UUID, patient_id: UUID, *, what: str, why: str) -> None:
    """Write down that a member of staff saw a patient's full data."""
    await db.fetch(
        "INSERT INTO access_record (id, staff_id, patient_id, what, why, at) VALUES ($1, $2, $3, $4, $5, app_now())",
        new_id(),
        staff_id,
        patient_id,
        what,
        why,
    )
