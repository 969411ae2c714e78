"""A made past: as many visits as were asked for, all over, nothing in it that the product would not have written."""

import asyncio
import sys
from datetime import date, timedelta

import pytest

from infra.past import NotADemonstration, NothingToVisit, make_history
from infra.past.plan import USUAL_DAYS, plan
from infra.seed import seed_demo
from infra.simulate.invariants import check, every_invariant
from server import clock, db
from tests import props
from tests.processes import ROOT

TODAY = date(2026, 3, 2)


def test_a_large_past_has_the_usual_days_and_its_chunks_are_whole_days():
    made = plan(5_000_000, 120, before=TODAY)
    assert made.days <= USUAL_DAYS
    assert made.first_day + timedelta(days=made.days) == TODAY
    chunks = list(made.chunks())
    assert chunks[0][0] == 0
    assert chunks[-1][1] == 5_000_000
    assert [first for first, _ in chunks[1:]] == [end for _, end in chunks[:-1]]
    assert all(first % made.of_a_day == 0 for first, _ in chunks)


@pytest.mark.parametrize("visits", [1, 15, 16, 17, 4_000, 100_000])
def test_nobody_comes_twice_on_a_day(visits):
    made = plan(visits, 3, before=TODAY)
    assert made.days * made.of_a_day >= visits > (made.days - 1) * made.of_a_day
    assert made.people >= min(visits, made.of_a_day)


def test_a_hospital_without_rooms_has_no_past():
    with pytest.raises(NothingToVisit):
        plan(10, 0, before=TODAY)


@pytest.fixture
async def demo(hospital):
    await seed_demo(1)
    return hospital


async def test_it_holds_what_was_asked_for_and_every_sentence(demo):
    made = await make_history(demo.settings.database_url, 4_000)
    assert made.visits == 4_000
    row = await db.fetch_one(
        "SELECT count(*) AS visits, count(*) FILTER (WHERE status IN ('held', 'booked')) AS open, max(ends_at) AS last,"
        " count(DISTINCT status) AS kinds, max(day) AS day FROM appointment"
    )
    assert (row["visits"], row["open"], row["kinds"]) == (4_000, 0, 3)
    assert row["day"] == clock.today() - timedelta(days=1)
    twice = await db.fetch("SELECT patient_id, day FROM appointment GROUP BY patient_id, day HAVING count(*) > 1")
    assert twice == []
    async with db.alone(demo.settings.database_url) as connection:
        assert [finding for finding in await check(connection, every_invariant()) if not finding.holds] == []


async def test_a_second_past_lies_before_the_first(demo):
    await make_history(demo.settings.database_url, 2_000)
    first = await db.fetch_one("SELECT min(day) AS day, count(*) AS sessions FROM session")
    await make_history(demo.settings.database_url, 2_000)
    row = await db.fetch_one("SELECT count(*) AS visits FROM appointment")
    assert row["visits"] == 4_000
    older = await db.fetch_one("SELECT count(*) AS sessions FROM session WHERE day >= $1", first["day"])
    assert older["sessions"] == first["sessions"]


async def test_its_rows_obey_the_keys_that_were_not_asked(demo):
    """The writers skip the triggers of foreign keys: none of them may point at nothing."""
    await make_history(demo.settings.database_url, 1_000)
    keys = await db.fetch(
        "SELECT conrelid::regclass::text AS held, confrelid::regclass::text AS named, a.attname AS name"
        " FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " WHERE contype = 'f' AND conrelid::regclass::text IN"
        " ('session', 'slot', 'appointment', 'ticket', 'encounter', 'patient', 'queue_line')"
    )
    assert len(keys) > 20
    for key in keys:
        lost = await db.fetch(
            f"SELECT 1 FROM {key['held']} h WHERE h.{key['name']} IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {key['named']} n WHERE n.id = h.{key['name']}) LIMIT 1"
        )
        assert lost == [], key


async def command(hospital, *words: str) -> tuple[int, str]:
    """Run `hospital history …` in a process of its own; give its status and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.cli",
        "history",
        *words,
        env=hospital.environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_real_hospital_gets_no_past(hospital):
    await props.insert("hospital", name="真实医院")
    with pytest.raises(NotADemonstration):
        await make_history(hospital.settings.database_url, 10)
    status, said = await command(hospital, "--appointments", "10")
    assert (status, "no demonstration hospital" in said) == (1, True)
    assert await db.fetch("SELECT 1 FROM appointment") == []


async def test_the_command_says_what_it_made(demo):
    status, said = await command(demo, "--appointments", "1000")
    assert (status, "made: 1,000" in said) == (0, True), said
    status, said = await command(demo, "--appointments", "0")
    assert (status, "must be 1 or more" in said) == (2, True), said
