"""What the guide desk does that no other feature does by itself: the day's list, walk-ins."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.desk import models
from miniapp_api.patients.actions import AtDesk, register_walk_in
from miniapp_api.patients.rules import PatientDraft
from miniapp_api.queue import arriving
from miniapp_api.queue.steps import check_practitioner, department_of, ticket_row
from miniapp_api.queue.views import waiting_of
from miniapp_api.triage import actions as triage
from miniapp_api.triage import settings as triage_settings
from miniapp_api.triage.rules import Need, need_of, suggested
from server import auth, clock, db, privacy
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, wrong_field


@dataclass(frozen=True)
class Question:
    """Which rows of the day's list.

    text: name, pinyin, initials, phone or its last digits, file number, identity number.
    """

    day: date | None = None
    department_id: UUID | None = None
    state: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class WalkIn:
    """Somebody who came without an appointment: a new person, or one with a file.

    another_than: files that look the same, of which the guide says that they are about other people. reason: what is
    the matter, in short.
    """

    department_id: UUID
    practitioner_id: UUID | None
    triage: str
    flags: tuple[str, ...]
    patient_id: UUID | None = None
    draft: PatientDraft | None = None
    another_than: tuple[UUID, ...] = ()
    reason: str = ""


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
        privacy.blind_index(asked.upper(), kind="id_number") if asked else None,
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
    held, today = await triage_settings.current(), clock.today()
    found = await db.fetch(
        models.PATIENTS,
        f"%{_literal(asked)}%",
        asked,
        privacy.blind_index(asked, kind="phone"),
        privacy.blind_index(asked.upper(), kind="id_number"),
        limit,
    )
    return [row | {"suggested_flags": suggested(row["birth_date"], today, held)} for row in found]


async def told(ticket: dict[str, Any]) -> dict[str, Any]:
    """Give what the guide tells somebody with this ticket: {place, ahead, wait, suggested_flags, fever_way}.

    ahead and wait: while it waits. fever_way: how to come to the fever clinic, of who is feverish.

    ticket: as `ticket_row` gives it.
    """
    session = await db.fetch_one(models.SESSION_OF_TICKET, ticket["id"])
    room = " ".join(part for part in (session["room_location"], session["room_name"]) if part) if session else ""
    waiting = await waiting_of(ticket, session["starts_at"] if session else None)
    place = room or ticket["department_location"] or ticket["department_name"]
    return {"place": place, **waiting, **await _advised(ticket)}


async def _advised(ticket: dict[str, Any]) -> dict[str, Any]:
    """Give what the guide should think of: flags that the age suggests, and the way of who has a fever."""
    held, flags = await triage_settings.current(), orjson.loads(ticket["flags"])
    person = await db.fetch_one(models.BORN, ticket["patient_id"])
    born = person["birth_date"] if person else None
    return {
        "suggested_flags": [one for one in suggested(born, clock.today(), held) if one not in flags],
        "fever_way": held.fever_way if "feverish" in flags else None,
    }


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

    Raises: Forbidden, Malformed, LooksLike, HasPlace.
    """
    async with db.transaction():
        department = await department_of(walk_in.department_id, "/department_id")
        auth.need_department(staff, department.id, Role.GUIDE)
        await check_practitioner(walk_in.practitioner_id, department.id)
        person = await _person(staff, walk_in)
        need = need_of(walk_in.triage, walk_in.flags)
        entry = arriving.Entry(
            person["id"], person["name"], person["account_id"], walk_in.practitioner_id, need.triage, need.flags
        )
        row = await ticket_row(await arriving.enter(department, entry, staff.by))
        line = triage.Line(need, Need("normal", ()), walk_in.reason, staff.by, staff.may(Role.SUPERVISOR))
        if line.need != line.was or line.reason:
            await triage.write(row, line)
        return row


async def _person(staff: SignedInStaff, walk_in: WalkIn) -> dict[str, Any]:
    if walk_in.draft is not None:
        made = await register_walk_in(walk_in.draft, AtDesk(another_than=walk_in.another_than, by_id=staff.id))
        return {"id": made.id, "name": made.name, "account_id": made.account_id}
    row = await db.fetch_one(models.PATIENT, walk_in.patient_id)
    if row is None:
        raise wrong_field("/patient_id", "unknown_patient", "no such patient")
    return row
