"""The look at plans sees what it is there to see."""

import pytest

from server.ids import new_id
from tests import props
from tests.plans.explaining import as_the_product, explained


@pytest.fixture
async def connection(hospital):
    found = await as_the_product(hospital.settings.database_url)
    yield found
    await found.close()


async def test_it_counts_what_was_thrown_away_and_finds_the_index(connection):
    slot = await props.a_slot(capacity=20)
    for _ in range(20):
        await props.an_appointment(slot, await props.a_patient())
    by_id = await explained(connection, "SELECT 1 FROM appointment WHERE id = $1", new_id(), generic=True)
    assert by_id.whole(["appointment"]) == []
    assert by_id.touched() == 0
    by_channel = await explained(connection, "SELECT 1 FROM appointment WHERE channel = $1", "web", generic=False)
    assert by_channel.touched("appointment") == 20
    assert [scan.table for scan in by_channel.whole(["appointment"])] == ["appointment"]


async def test_it_changes_nothing_and_takes_every_kind_of_value(connection):
    statement = (
        "UPDATE hospital SET name = ($1::text[])[1] WHERE $2::bytea IS NOT NULL AND $3::boolean AND $4::uuid[] = '{}'"
    )
    await props.insert("hospital", name="真实医院")
    done = await explained(connection, statement, ['it\'s \\ "so"', None], b"\x00'", True, [], generic=True)
    assert done.rows == 0
    assert await connection.fetchval("SELECT name FROM hospital") == "真实医院"
