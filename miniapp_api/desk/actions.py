"""What the guide desk does that no other feature does by itself: the day's list, walk-ins."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from miniapp_api.desk import models
from miniapp_api.patients.actions import register_walk_in
from miniapp_api.patients.rules import PatientDraft
from miniapp_api.queue import actions as queue
from miniapp_api.queue.steps import check_practitioner, department_of, ticket_row
from miniapp_api.queue.views import waiting_of
from server import auth, clock, db, privacy
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, wrong_field


@dataclass(frozen=True)
class Question:
    """Which rows of the day's list. text: name, pinyin, initials, phone or its last digits, file number."""

    day: date | None = None
    department_id: UUID | None = None
    state: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class WalkIn:
    """Somebody who came without an appointment: a new person, or one with a file."""

    department_id: UUID
    practitioner_id: UUID | None
    triage: str
    flags: tuple[str, ...]
    patient_id: UUID | None = None
    draft: PatientDraft | None = None


async def arrivals(staff: SignedInStaff, question: Question, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the day's appointments and walk-ins of my departments, in the order of time; up to `limit + 1` rows.

    Raises: Forbidden for a department of others.
    """
    asked = question.text.lower() if question.text else None
    return await db.fetch(
        models.ARRIVALS,
        question.day or clock.today(),
        _scope(staff, question.department_id),
        question.state,
        f"%{_literal(asked)}%" if asked else None,
        asked,
        privacy.blind_index(asked, kind="phone") if asked else None,
        after,
        limit + 1,
    )


async def changes(since: UUID) -> object:
    """Give something that differs when the list of today has changed; since: the first id that counts."""
    today = clock.today()
    return today, await db.fetch_one(models.CHANGES, since, today)


async def counts(staff: SignedInStaff, day: date | None, department_id: UUID | None) -> dict[str, int]:
    """Count the day's appointments and walk-ins of my departments by state; a state without anybody is left out.

    Raises: Forbidden for a department of others.
    """
    rows = await db.fetch(models.COUNTS, day or clock.today(), _scope(staff, department_id))
    return {row["state"]: row["count"] for row in rows}


async def patients(text: str, limit: int) -> list[dict[str, Any]]:
    """Find people with a file, the best matches first: by name, pinyin, initials, phone, file or identity number."""
    asked = text.lower()
    return await db.fetch(
        models.PATIENTS,
        f"%{_literal(asked)}%",
        asked,
        privacy.blind_index(asked, kind="phone"),
        privacy.blind_index(asked.upper(), kind="id_number"),
        limit,
    )


async def told(ticket: dict[str, Any]) -> dict[str, Any]:
    """Give what the guide tells somebody with this ticket: {place, ahead, wait}; ahead and wait while it waits.

    ticket: as `ticket_row` gives it.
    """
    session = await db.fetch_one(models.SESSION_OF_TICKET, ticket["id"])
    room = " ".join(part for part in (session["room_location"], session["room_name"]) if part) if session else ""
    waiting = await waiting_of(ticket, session["starts_at"] if session else None)
    return {"place": room or ticket["department_location"] or ticket["department_name"], **waiting}


def _scope(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    own = staff.departments_of(Role.GUIDE)
    if department_id is None:
        return None if own is None else list(own)
    if own is not None and department_id not in own:
        raise Forbidden()
    return [department_id]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def register(staff: SignedInStaff, walk_in: WalkIn) -> dict[str, Any]:
    """Give somebody a ticket who came without an appointment.

    Raises: Forbidden, Malformed, HasPlace.
    """
    async with db.transaction():
        department = await department_of(walk_in.department_id, "/department_id")
        auth.need_department(staff, department.id, Role.GUIDE)
        await check_practitioner(walk_in.practitioner_id, department.id)
        if walk_in.draft is not None:
            patient = await register_walk_in(walk_in.draft)
            patient_id, name, account_id = patient.id, patient.name, patient.account_id
        else:
            row = await db.fetch_one(models.PATIENT, walk_in.patient_id)
            if row is None:
                raise wrong_field("/patient_id", "unknown_patient", "no such patient")
            patient_id, name, account_id = row["id"], row["name"], row["account_id"]
        entry = queue.Entry(patient_id, name, account_id, walk_in.practitioner_id, walk_in.triage, walk_in.flags)
        return await ticket_row(await queue.enter(department, entry, staff.by))
