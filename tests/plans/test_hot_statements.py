"""Every hot statement finds its rows by an index and touches few of them, in a hospital with a past of 100,000 visits.

Asked for both kinds of plans and on statistics that know of no open booking: see `conftest`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from infra.past.statements import TABLES
from miniapp_api.booking import effects, models
from miniapp_api.booking.claims import Claim, arguments, claim_row
from miniapp_api.booking.models import SlotSeen
from miniapp_api.booking.rules import HOLD_BATCH, AppointmentStatus, BookingSettings
from miniapp_api.checkin import arrivals, showing
from miniapp_api.checkin import effects as arriving_effects
from miniapp_api.checkin import models as checkin
from miniapp_api.desk import models as desk
from miniapp_api.patients.models import HAS_OPEN_BOOKING
from miniapp_api.queue import models as queue
from miniapp_api.queue.calls import statements as calling
from miniapp_api.queue.waiting import models as waiting
from miniapp_api.queue.waiting import nearing_models as nearing
from miniapp_api.queue.waiting.waits import column
from miniapp_api.replay import models as replay
from miniapp_api.strikes.models import EXCUSE, EXPECTED_IN_VAIN
from satisfaction.complaints import models as complaints
from server import clock
from server.history import By
from server.idempotency import Once
from server.ids import first_id, new_id
from tests.plans.conftest import PAST, Old
from tests.plans.explaining import explained

# what a hospital's first years fill; departments, practitioners and rooms stay few
LARGE = frozenset({*TABLES, "scan", "idempotency_record", "fact", "login", "queue_event"}) - {"queue_line"}
GROUP = 20  # claims of one statement


@dataclass(frozen=True)
class Hot:
    """A statement that everybody waits for. most: rows that it may touch of the large tables, beside `each` for every
    row that it gives. may_read: a job's, every few minutes, may read these from end to end."""

    name: str
    sql: str
    values: Callable[[Old, asyncpg.Connection], Any]
    most: int
    each: int = 0
    may_read: frozenset[str] = frozenset()


async def _somebodys(old: Old, connection: asyncpg.Connection, column: str) -> Any:
    person = old.crowd.people[7].account_id
    return await connection.fetchval(f"SELECT {column} FROM appointment WHERE account_id = $1 ORDER BY id", person)


def _given(make: Callable[[Old], Sequence[Any]]) -> Callable[[Old, asyncpg.Connection], Any]:
    async def values(old: Old, _: asyncpg.Connection) -> Sequence[Any]:
        return make(old)

    return values


async def _claims(old: Old, connection: asyncpg.Connection, *, hot: bool) -> Sequence[Any]:
    """Twenty people who ask at the same moment for places of today, all of one band or each of another."""
    people, places = old.crowd.people[-GROUP:], old.crowd.places[-GROUP:]
    rows = await connection.fetch(models.SLOTS, sorted(place.slot_id for place in places))
    slots = [SlotSeen(**dict(row)) for row in rows]
    made = []
    for n, somebody in enumerate(people):
        by = By(kind="patient", id=somebody.account_id, channel="miniapp")
        slot = slots[0 if hot else n]
        claim = Claim(
            slot_id=slot.slot_id, patient_id=somebody.patient_id, account_id=somebody.account_id, by=by, intake=None
        )
        once = Once(actor=f"account:{somebody.account_id}", key=new_id(), fingerprint=b"f" * 32)
        made.append(claim_row(claim, slot, new_id(), once, wants_body=True))
    return arguments(made, replace(BookingSettings(), max_per_month=10))


async def _hot_band(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    return await _claims(old, connection, hot=True)


async def _many_bands(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    return await _claims(old, connection, hot=False)


async def _own(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    return [await _somebodys(old, connection, "id"), old.crowd.people[7].account_id]


async def _phones(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    """A hundred phones of people who are expected and have not come yet."""
    of_today = "SELECT id FROM appointment WHERE day = $1 AND status = 'booked' ORDER BY id LIMIT 100"
    return [[row["id"] for row in await connection.fetch(of_today, old.today)]]


async def _slot(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    return [await _somebodys(old, connection, "slot_id"), HOLD_BATCH]


async def _looks(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    """Twenty scans at one moment, each of somebody else."""
    people = [somebody.account_id for somebody in old.crowd.people[-GROUP:]]
    of_each = "SELECT DISTINCT ON (account_id) id FROM appointment WHERE account_id = ANY ($1) AND status = 'booked'"
    ids = [row["id"] for row in await connection.fetch(of_each, people)]
    return [[new_id() for _ in ids], ids, [old.crowd.desk_id] * len(ids)]


async def _arrivals(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    """The same twenty, checked in together."""
    _, ids, desks = await _looks(old, connection)
    by = By(kind="staff", id=old.crowd.guide_ids[0], channel="desk")
    rows = await connection.fetch(checkin.LOOK, [None] * len(ids), ids, desks)
    made = []
    for row in rows:
        ticket_id = new_id()
        scan = (
            new_id(),
            old.crowd.desk_id,
            showing.accepted(dict(row), ticket_id, "zh-CN"),
            column([5, 10]),
            column([10, 20]),
            None,
            column([5.5, 11]),
        )
        made.append((row["ord"], *arrivals.effect_of(dict(row), ticket_id, clock.now(), by=by), *scan))
    return [list(column) for column in zip(*made, strict=True)]


def _line(old: Old) -> Sequence[Any]:
    return [old.crowd.departments[3], old.today, None, old.today - timedelta(weeks=4), clock.now()]


def _place(old: Old) -> Sequence[Any]:
    return [old.crowd.departments[3], old.today, 1, clock.now(), 1, None]


async def _back(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    ids = [await _somebodys(old, connection, "id")]
    ended = [AppointmentStatus.CANCELLED.value]
    return [ids, [None], ended, [new_id()], [new_id()], ["{}"], [""], "patient", new_id(), "miniapp"]


async def _room(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    row = await connection.fetchrow("SELECT id, department_id FROM room ORDER BY id LIMIT 1")
    return [row["department_id"], old.today, row["id"], [], 2, timedelta(minutes=20)]


async def _call(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    *room, others, window = await _room(old, connection)
    return [*room, clock.now(), new_id(), "staff", new_id(), "room", others, window]


async def _lines(old: Old, connection: asyncpg.Connection) -> None:
    """Write a hundred days of a queue's log, a hundred lines each; once."""
    await connection.execute(
        "INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, by_kind, channel, state)"
        " SELECT $1, $2::date - n / 100, 20000 - n, app_now() - n * interval '15 minutes', 'ticket', gen_random_uuid(),"
        " 'arrived', 'system', 'job', '{}' FROM generate_series(0, 9999) n ON CONFLICT DO NOTHING",
        old.crowd.departments[5],
        old.today,
    )


async def _moment_of_a_queue(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    await _lines(old, connection)
    return [old.crowd.departments[5], old.today - timedelta(days=50), clock.now()]


async def _hour_of_a_queue(old: Old, connection: asyncpg.Connection) -> Sequence[Any]:
    of, day, until = await _moment_of_a_queue(old, connection)
    return [of, day, until - timedelta(days=90), until, None, 0, 1000]


def _weeks(old: Old) -> Sequence[Any]:
    return [old.crowd.departments[3], old.today, old.today + timedelta(days=14)]


def _day(old: Old, *more: Any, whole: bool = False) -> Sequence[Any]:
    return [old.today, None if whole else old.crowd.departments[3:4], *more]


_LIST = (None, None, None, None, None, 50, None)
SESSIONS_OF_A_DEPARTMENT = 4 * 14 * 2 + 4
OF_TODAY = 960  # bookings
OF_A_DEPARTMENTS_DAY = 500  # rows of all tables
STATEMENTS = (
    Hot("slots of a department", models.BANDS_OF_DEPARTMENT, _given(_weeks), 20, 10),  # a row is a session of 8 bands
    Hot(
        "slots of a practitioner",
        models.BANDS_OF_PRACTITIONER,
        _given(lambda old: [old.crowd.places[0].practitioner_id, *_weeks(old)[1:]]),
        2 * PAST // 120 // 16 + 40,  # the index is of all sessions of the practitioner, the past ones too
        10,
    ),
    Hot("slots of all pools", models.SLOTS_OF_ALL_POOLS, _given(_weeks), 20, 2),
    Hot("twenty claims on one band", effects.TAKE, _hot_band, 30 * GROUP),
    Hot("twenty claims on many bands", effects.TAKE, _many_bands, 30 * GROUP),
    Hot("bookings given back", effects.GIVE_BACK, _back, 20),
    Hot("holds of a band that ended", effects.STALE_HOLDS, _slot, 5),
    Hot("holds that ended", effects.ENDED_HOLDS, _given(lambda old: [HOLD_BATCH]), 5),
    Hot("one of my appointments", models.APPOINTMENT_OF, _own, 20),
    Hot("my appointments", models.APPOINTMENTS_OF, _given(lambda old: [old.account_id, None, None, 21]), 60, 8),
    Hot(
        "my next page of appointments",
        models.APPOINTMENTS_OF,
        _given(lambda old: [old.account_id, first_id(timedelta(days=30)), "completed", 21]),
        60,
        8,
    ),
    Hot("who did not come", EXPECTED_IN_VAIN, _given(lambda old: [500]), 5, 5, frozenset({"session"})),
    Hot("has an open booking", HAS_OPEN_BOOKING, _given(lambda old: [old.crowd.people[5].patient_id]), 5),
    Hot("the desk's day, one department", desk.ARRIVALS, _given(lambda old: _day(old, *_LIST)), 400, 5),
    Hot("the desk's day, all of it", desk.ARRIVALS, _given(lambda old: _day(old, *_LIST, whole=True)), 5 * OF_TODAY),
    Hot("the desk's counts", desk.COUNTS, _given(lambda old: _day(old, whole=True)), 5 * OF_TODAY),
    Hot(
        "the desk's changes",
        desk.CHANGES,
        _given(lambda old: [first_id(timedelta(minutes=1)), old.today]),
        10,
    ),
    Hot("what a patient came for", checkin.EXPECTED_TODAY, _given(lambda old: [old.account_id, old.today, None]), 60),
    Hot("look of scans", checkin.LOOK, _looks, 40, GROUP),
    Hot("arrivals", arriving_effects.ARRIVE, _arrivals, 30, GROUP),
    Hot("how fast a line moves", waiting.PACE, _given(_line), 60),
    Hot("who is called before", waiting.AHEAD, _given(_place), 40),
    Hot("whose turn is near", nearing.NEAR, _given(lambda old: [clock.today(), 3, 500]), OF_TODAY, 10),
    Hot("which clinics are late", nearing.BEGINS, _given(lambda old: [clock.today(), clock.now(), 15]), 2 * OF_TODAY),
    Hot("who is called next", calling.NEXT_OF_ROOM, _room, 80),
    Hot("one call", calling.CALL, _call, 120),
    Hot("a past second of a queue", replay.LINES, _moment_of_a_queue, 5, 1),
    Hot("the number of a past second", replay.VERSION, _moment_of_a_queue, 5, 1),
    Hot("what happened in a queue", replay.EVENTS, _hour_of_a_queue, 5, 3),
    Hot("where a patient stands", queue.PLACE_OF_APPOINTMENT, _own, 10),
    Hot("where a queue's patients stand", queue.PLACES_OF_APPOINTMENTS, _phones, 20, 5),
    Hot("the visit of a complaint", complaints.OF_APPOINTMENT, _own, 10),
    Hot("the queue of a department", queue.QUEUE, _given(lambda old: [old.crowd.departments[3], clock.today()]), 20, 5),
)


@pytest.mark.parametrize("generic", [True, False], ids=["kept plan", "own plan"])
@pytest.mark.parametrize("hot", STATEMENTS, ids=lambda hot: hot.name)
async def test_it_touches_few_rows_and_reads_nothing_from_end_to_end(old, connection, hot, generic):
    values = await hot.values(old, connection)
    done = await explained(connection, hot.sql, *values, generic=generic)
    assert done.whole(sorted(LARGE - hot.may_read)) == []
    assert done.touched(*LARGE) <= hot.most + hot.each * done.rows, done.worst()


READ = """
SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_xact_user_tables
WHERE relname = ANY ($1) AND seq_scan + coalesce(idx_scan, 0) > 0
"""


async def test_what_speaks_for_somebody_who_did_not_come_is_found_without_reading_the_past(old, connection):
    """A function, whose plan nobody shows: counted is what it reads."""
    appointment_id = await connection.fetchval(
        "SELECT id FROM appointment WHERE status = 'no_show' ORDER BY id LIMIT 1"
    )
    async with connection.transaction():
        before = {row["relname"]: row["rows"] for row in await connection.fetch(READ, sorted(LARGE))}
        await connection.fetch(EXCUSE, appointment_id)
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        after = {row["relname"]: row["rows"] for row in await connection.fetch(READ, sorted(LARGE))}
    read = {name: rows - before.get(name, 0) for name, rows in after.items()}
    assert read["appointment"] >= 1  # it is counted
    assert sum(read.values()) < OF_A_DEPARTMENTS_DAY, read


async def test_the_bands_of_a_department_are_what_the_phone_gets(old, connection):
    done = await explained(connection, models.BANDS_OF_DEPARTMENT, *_weeks(old), generic=True)
    assert done.rows == SESSIONS_OF_A_DEPARTMENT
