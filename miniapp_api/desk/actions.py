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
    scope = staff.departments_of(Role.GUIDE)
    if question.department_id is not None:
        if scope is not None and question.department_id not in scope:
            raise Forbidden()
        scope = {question.department_id}
    asked = question.text.lower() if question.text else None
    return await db.fetch(
        models.ARRIVALS,
        question.day or clock.today(),
        None if scope is None else list(scope),
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
