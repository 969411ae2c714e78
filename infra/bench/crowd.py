"""The rows that a bench works on: a hospital with many slots, and many accounts that are signed in."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from server import clock
from server.auth import token_hash
from server.ids import new_id

DEPARTMENTS = 30
PRACTITIONERS = 120
SESSION_SLOTS = 8
CAPACITY = 200
SHORTEST_DAY = timedelta(minutes=3)


@dataclass(frozen=True)
class Somebody:
    """A signed-in account with one patient."""

    account_id: UUID
    patient_id: UUID
    token: str


@dataclass(frozen=True)
class Place:
    """A slot and what hangs on it."""

    slot_id: UUID
    session_id: UUID
    department_id: UUID
    practitioner_id: UUID


@dataclass(frozen=True)
class Crowd:
    """Everybody and everything."""

    people: list[Somebody]
    places: list[Place]
    departments: list[UUID]
    desk_id: UUID
    guides: list[str]  # their tokens
    guide_ids: list[UUID]


async def gather_crowd(connection: asyncpg.Connection, *, people: int) -> Crowd:
    """Fill an empty, migrated database; just before midnight it waits for the day whose clinics they book."""
    begins = await _begins()
    departments = await _departments(connection)
    places = await _clinics(connection, departments, begins)
    guides = await _guides(connection)
    crowd = Crowd(
        people=await _people(connection, people),
        places=places,
        departments=departments,
        desk_id=await _desk(connection),
        guides=[token for _, token in guides],
        guide_ids=[staff_id for staff_id, _ in guides],
    )
    await connection.execute("ANALYZE")
    return crowd


async def _begins() -> datetime:
    """Give a moment from which patients may check in now; the last minutes of a day are too short for a clinic."""
    # only the clock can tell
    while _midnight_after(begins := clock.now() + timedelta(minutes=2)) - begins < SHORTEST_DAY:  # noqa: ASYNC110
        await asyncio.sleep(1)
    return begins


def _midnight_after(moment: datetime) -> datetime:
    return clock.at(clock.local(moment).date() + timedelta(days=1), 0)


def _length(begins: datetime) -> timedelta:
    """Give the length of a band: half an hour, or in the evening what the day still has for each."""
    return min(timedelta(minutes=30), (_midnight_after(begins) - begins - timedelta(minutes=1)) / SESSION_SLOTS)


async def _copy(connection: asyncpg.Connection, table: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns)


async def _departments(connection: asyncpg.Connection) -> list[UUID]:
    campus_id = new_id()
    await _copy(connection, "campus", ("id", "code", "name"), [(campus_id, "C1", "院本部")])
    departments = [new_id() for _ in range(DEPARTMENTS)]
    # the whole day is open for check-in: the bench may run at any hour
    await _copy(
        connection,
        "department",
        ("id", "code", "name", "campus_id", "location", "check_in_opens_minutes", "check_in_closes_minutes"),
        [
            (row_id, f"D{n}", "心血管内科", campus_id, "门诊楼2层A区", 1440, 1440)
            for n, row_id in enumerate(departments)
        ],
    )
    return departments


async def _clinics(connection: asyncpg.Connection, departments: list[UUID], begins: datetime) -> list[Place]:
    practitioners, rooms, sessions, slots, places = [], [], [], [], []
    length = _length(begins)
    for n in range(PRACTITIONERS):
        department_id = departments[n % DEPARTMENTS]
        practitioner_id, room_id, session_id = new_id(), new_id(), new_id()
        practitioners.append((practitioner_id, f"P{n}", "王敏", "主任医师", department_id))
        rooms.append((room_id, f"R{n}", f"{n}诊室", department_id, "门诊楼2层"))
        day, ends_at = clock.local(begins).date(), begins + length * SESSION_SLOTS
        opens_at = clock.now() - timedelta(days=1)
        sessions.append((session_id, practitioner_id, department_id, room_id, day, begins, ends_at, opens_at))
        for band in range(SESSION_SLOTS):
            slot_id = new_id()
            slots.append((slot_id, session_id, begins + length * band, begins + length * (band + 1), CAPACITY))
            places.append(Place(slot_id, session_id, department_id, practitioner_id))
    await _copy(connection, "practitioner", ("id", "code", "name", "title", "department_id"), practitioners)
    await _copy(connection, "room", ("id", "code", "name", "department_id", "location"), rooms)
    columns = ("id", "practitioner_id", "department_id", "room_id", "day", "starts_at", "ends_at", "opens_at")
    await _copy(connection, "session", columns, sessions)
    await _copy(connection, "slot", ("id", "session_id", "starts_at", "ends_at", "capacity"), slots)
    return places


async def _people(connection: asyncpg.Connection, count: int) -> list[Somebody]:
    people = [Somebody(new_id(), new_id(), f"bench-{n}") for n in range(count)]
    accounts = [(one.account_id, f"bench-{n}") for n, one in enumerate(people)]
    await _copy(connection, "account", ("id", "openid"), accounts)
    patients = [
        (one.patient_id, one.account_id, f"B{n:06d}", "张小三", "self", f"{n % 10000:04d}")
        for n, one in enumerate(people)
    ]
    columns = ("id", "account_id", "file_number", "name", "relation", "phone_tail")
    await _copy(connection, "patient", columns, patients)
    await _logins(connection, "account_id", [(one.account_id, one.token) for one in people])
    return people


async def _logins(connection: asyncpg.Connection, owner: str, tokens: list[tuple[UUID, str]]) -> None:
    expires_at = clock.now() + timedelta(days=1)
    rows = [(new_id(), token_hash(token), owner_id, expires_at) for owner_id, token in tokens]
    await _copy(connection, "login", ("id", "token_hash", owner, "expires_at"), rows)


async def _desk(connection: asyncpg.Connection) -> UUID:
    desk_id = new_id()
    await connection.execute(
        "INSERT INTO desk (id, code, name, campus_id) SELECT $1, 'K1', '门诊导诊台', id FROM campus", desk_id
    )
    return desk_id


async def _guides(connection: asyncpg.Connection) -> list[tuple[UUID, str]]:
    guides = [(new_id(), f"bench-guide-{n}") for n in range(2)]
    rows = [(staff_id, token, "李导", "-") for staff_id, token in guides]
    await _copy(connection, "staff", ("id", "username", "name", "password_hash"), rows)
    roles = [(new_id(), staff_id, "guide") for staff_id, _ in guides]
    await _copy(connection, "staff_role", ("id", "staff_id", "role"), roles)
    await _logins(connection, "staff_id", guides)
    return guides
