"""What runs at every cancellation and every two seconds reads by an index, however many have waited before."""

import asyncpg
import pytest
import pytest_asyncio

from miniapp_api.waitlist import models
from server import db
from server.ids import new_id
from tests import props
from tests.miniapp_api.waitlist.scenes import a_full_slot, people_who_wait
from tests.plans.explaining import as_the_product, explained

PAST = 4_000
MANY = """
WITH entries AS (
    INSERT INTO waitlist_entry (id, state, seats, channel, closes_at, ended_at)
    SELECT gen_random_uuid(), 'closed', 1, 'miniapp', now(), now() FROM generate_series(1, $3::integer) RETURNING id
)
INSERT INTO waitlist_target (entry_id, session_id, seat, patient_id, person_id, state, priority, joined_at, seats,
                             closes_at, after_number, ended_at, outcome, department_id, visit_type, lead, ahead)
SELECT entries.id, $1, 1, p.id, p.person_id, 'done', 0, now(), 1, now(), 9, now(), 'closed', se.department_id,
       'ordinary', 1, 3 FROM entries, session se, patient p WHERE se.id = $1 AND p.id = $2
"""
WANTS_PLACE = """
SELECT EXISTS (
    SELECT FROM waitlist_target t WHERE t.session_id = $1::uuid AND t.state = 'waiting' AND t.closes_at > app_now()
    OFFSET (SELECT coalesce(sum(s.kept), 0) FROM slot s WHERE s.session_id = $1)
)
"""
TABLES = ("waitlist_target", "waitlist_entry", "waitlist_offer", "waitlist_seat", "appointment")


@pytest_asyncio.fixture
async def old_line(hospital):
    """A line of three people in which thousands have stood before."""
    slot, _ = await a_full_slot(hospital)
    await people_who_wait(hospital, slot, 3)
    await db.fetch(MANY, slot.session_id, await props.a_patient(), PAST)
    await db.fetch("ANALYZE waitlist_target, waitlist_entry, waitlist_offer")
    connection = await as_the_product(hospital.settings.database_url)
    try:
        yield connection, slot
    finally:
        await connection.close()


async def test_the_question_of_a_cancellation_is_that_of_the_function(hospital):
    (row,) = await db.fetch("SELECT prosrc FROM pg_proc WHERE proname = 'wants_place'")
    assert " ".join(row["prosrc"].split()) == " ".join(WANTS_PLACE.replace("$1::uuid", "$1").split())


@pytest.mark.parametrize("generic", [True, False])
@pytest.mark.parametrize(
    ("sql", "values", "most"),
    [
        (WANTS_PLACE, lambda slot: [slot.session_id], 5),
        (models.WAITING, lambda slot: [slot.session_id, 200], 10),
        (models.LINES, lambda slot: [], 10),
        (models.UNSETTLED, lambda slot: [], 10),
        (models.OVER_TARGETS, lambda slot: [], 10),
        (models.OVER_ENTRIES, lambda slot: [], 20),
        (models.BOOKED_ELSEWHERE, lambda slot: [new_id()], 5),
    ],
    ids=["wants_place", "waiting", "lines", "unsettled", "over_targets", "over_entries", "booked_elsewhere"],
)
async def test_it_touches_who_waits_and_not_who_has_waited(old_line, sql, values, most, generic):
    connection, slot = old_line
    assert isinstance(connection, asyncpg.Connection)
    done = await explained(connection, sql, *values(slot), generic=generic)
    assert done.touched(*TABLES) <= most, done.worst()
