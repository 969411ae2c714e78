"""The things: rows with good defaults, written by SQL. A test names only what it is about."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from server import clock, db, privacy
from server.auth import hash_password, token_hash
from server.ids import new_id

_numbers = itertools.count(1)
PASSWORD = "right-horse-1"
_PASSWORD_HASH = hash_password(PASSWORD)


async def insert(table: str, **values: Any) -> UUID:
    """Insert a row; give its id, which is made when it is not given."""
    values.setdefault("id", new_id())
    columns = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await db.fetch(f"INSERT INTO {table} ({columns}) VALUES ({places})", *values.values())
    return values["id"]


async def a_campus(**values: Any) -> UUID:
    n = next(_numbers)
    return await insert("campus", **{"code": f"C{n}", "name": f"第{n}院区", **values})


async def a_department(**values: Any) -> UUID:
    """A department; its campus is made when none is named."""
    n = next(_numbers)
    if "campus_id" not in values:
        values["campus_id"] = await a_campus()
    values = {"code": f"D{n}", "name": "心血管内科", "location": "门诊楼2层A区", "survey_delay_minutes": 0, **values}
    return await insert("department", **values)


async def a_practitioner(department_id: UUID, **values: Any) -> UUID:
    n = next(_numbers)
    values = {"code": f"P{n}", "name": "王敏", "title": "主任医师", "department_id": department_id, **values}
    return await insert("practitioner", **values)


async def a_room(department_id: UUID, **values: Any) -> UUID:
    n = next(_numbers)
    values = {"code": f"R{n}", "name": "2诊室", "location": "门诊楼2层", "department_id": department_id, **values}
    return await insert("room", **values)


async def a_desk(**values: Any) -> UUID:
    n = next(_numbers)
    if "campus_id" not in values:
        values["campus_id"] = await a_campus()
    return await insert("desk", **{"code": f"K{n}", "name": "门诊导诊台", **values})


@dataclass(frozen=True)
class Slot:
    """A slot with the ids around it."""

    id: UUID
    session_id: UUID
    department_id: UUID
    practitioner_id: UUID
    room_id: UUID
    starts_at: datetime
    ends_at: datetime
    day: date


async def a_slot(
    *, starts_at: datetime | None = None, capacity: int = 10, department_id: UUID | None = None, **session: Any
) -> Slot:
    """A slot of 30 minutes in a session of its own, by default about to begin; with department, doctor and room."""
    starts_at = starts_at or clock.now() + timedelta(minutes=10)
    department_id = department_id or await a_department()
    practitioner_id = session.pop("practitioner_id", None) or await a_practitioner(department_id)
    room_id = session.pop("room_id", None) or await a_room(department_id)
    ends_at = starts_at + timedelta(minutes=30)
    day = clock.local(starts_at).date()
    session_id = await insert(
        "session",
        **{
            "practitioner_id": practitioner_id,
            "department_id": department_id,
            "room_id": room_id,
            "day": day,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "opens_at": clock.now() - timedelta(days=1),
            **session,
        },
    )
    slot_id = await insert("slot", session_id=session_id, starts_at=starts_at, ends_at=ends_at, capacity=capacity)
    return Slot(slot_id, session_id, department_id, practitioner_id, room_id, starts_at, ends_at, day)


async def slots_apart(count: int, **slot: Any) -> list[Slot]:
    """Slots that one person can have together: an hour apart, the first in an hour."""
    return [await a_slot(starts_at=clock.now() + timedelta(hours=n + 1), **slot) for n in range(count)]


async def an_account(**values: Any) -> UUID:
    n = next(_numbers)
    return await insert("account", **{"openid": f"openid-{n}-{new_id()}", **values})


async def a_patient(account_id: UUID | None = None, **values: Any) -> UUID:
    """A patient with a sealed phone number 138…; of an account, or a walk-in without one."""
    n = next(_numbers)
    patient_id = values.pop("id", new_id())
    phone = values.pop("phone", f"138{n:08d}")
    return await insert(
        "patient",
        **{
            "id": patient_id,
            "account_id": account_id,
            "file_number": f"T{n:06d}",
            "name": "张小三",
            "pinyin": "zhangxiaosan",
            "initials": "zxs",
            "relation": "other" if account_id is None else "self",
            "phone_cipher": privacy.seal(phone, place="patient.phone_cipher", row_id=patient_id),
            "phone_index": privacy.blind_index(phone, kind="phone"),
            "phone_tail": phone[-4:],
            **values,
        },
    )


async def an_appointment(slot: Slot, patient_id: UUID, account_id: UUID | None = None, **values: Any) -> UUID:
    """A booking, with the slot's counter raised as a real one does."""
    rows = await db.fetch(
        "UPDATE slot SET taken = taken + 1, last_number = last_number + 1 WHERE id = $1 RETURNING last_number", slot.id
    )
    appointment_id = await insert(
        "appointment",
        **{
            "account_id": account_id,
            "patient_id": patient_id,
            "slot_id": slot.id,
            "session_id": slot.session_id,
            "department_id": slot.department_id,
            "practitioner_id": slot.practitioner_id,
            "number": rows[0]["last_number"],
            "status": "booked",
            "open_place": 1,
            "day": slot.day,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "channel": "miniapp",
            **values,
        },
    )
    await insert(
        "transition",
        machine="appointment",
        subject_id=appointment_id,
        to_state=values.get("status", "booked"),
        by_kind="patient",
        by_id=account_id,
        channel="miniapp",
    )
    return appointment_id


async def an_encounter(
    slot: Slot, patient_id: UUID, account_id: UUID | None = None, *, finished: bool = True, **values: Any
) -> UUID:
    """A visit that took place, with its ticket."""
    n = next(_numbers)
    now = clock.now()
    ticket_id = await insert(
        "ticket",
        department_id=slot.department_id,
        day=slot.day,
        number=1000 + n,
        label=f"A{1000 + n}",
        state="done" if finished else "in_service",
        patient_id=patient_id,
        account_id=account_id,
        practitioner_id=slot.practitioner_id,
        room_id=slot.room_id,
        sort_at=now,
        checked_in_at=now,
        started_at=now,
    )
    return await insert(
        "encounter",
        **{
            "ticket_id": ticket_id,
            "patient_id": patient_id,
            "account_id": account_id,
            "department_id": slot.department_id,
            "practitioner_id": slot.practitioner_id,
            "room_id": slot.room_id,
            "started_at": now,
            "finished_at": now if finished else None,
            **values,
        },
    )


async def a_staff(*roles: str, department_id: UUID | None = None, **values: Any) -> UUID:
    """A member of staff who signs in with `PASSWORD`; roles for one department or for all."""
    n = next(_numbers)
    staff_id = await insert(
        "staff", **{"username": f"staff{n}", "name": "李导", "password_hash": _PASSWORD_HASH, **values}
    )
    for role in roles:
        await insert("staff_role", staff_id=staff_id, role=role, department_id=department_id)
    return staff_id


async def a_duty(staff_id: UUID, level: int) -> None:
    """Put somebody on the rota, all week round the clock."""
    for weekday in range(7):
        await db.fetch(
            "INSERT INTO duty (id, staff_id, level, weekday, starts_at, ends_at)"
            " VALUES ($1, $2, $3, $4, '00:00', '23:59:59.999999')",
            new_id(),
            staff_id,
            level,
            weekday,
        )


async def a_token(*, account_id: UUID | None = None, staff_id: UUID | None = None) -> str:
    """A bearer token for an account or a member of staff."""
    token = f"token-{new_id()}"
    await insert(
        "login",
        token_hash=token_hash(token),
        account_id=account_id,
        staff_id=staff_id,
        expires_at=clock.now() + timedelta(days=60),
    )
    return token


async def count(table: str, where: str = "true", *args: Any) -> int:
    """Count the rows of a table."""
    row = await db.fetch_one(f"SELECT count(*) AS n FROM {table} WHERE {where}", *args)
    assert row is not None
    return row["n"]


async def insert_without_id(table: str, **values: Any) -> None:
    """Insert a row of a table that has no id of its own."""
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await db.fetch(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())
