"""A small morning, played against the product in this process."""

import argparse
import asyncio
from contextlib import asynccontextmanager

import pytest

from infra.simulate.morning import play, simulate
from infra.simulate.opening import CannotPlay
from server import db
from tests import props

JOBS_PAUSE_SECONDS = 0.2


@asynccontextmanager
async def worker(site):
    """Run the jobs in the background, as a worker would."""

    async def work() -> None:
        while True:
            for job in site.jobs.values():
                if job.name != "housekeeping":
                    await job.run()
            await asyncio.sleep(JOBS_PAUSE_SECONDS)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(outcome, asyncio.CancelledError), outcome


@pytest.fixture
async def demo(hospital):
    """A hospital with one clinic's worth of everything, as `demo.json` describes it."""
    department_id = await props.a_department()
    for _ in range(2):
        await props.a_practitioner(department_id)
        await props.a_room(department_id)
    staff = []
    for username, roles in (
        ("admin", ["admin"]),
        ("guide1", ["guide"]),
        ("guide2", ["guide"]),
        ("handler1", ["complaint_handler"]),
        ("supervisor1", ["supervisor"]),
    ):
        staff_id = await props.a_staff(*roles, username=username)
        if "complaint_handler" in roles:
            await props.a_duty(staff_id, 0)
        if "supervisor" in roles:
            await props.a_duty(staff_id, 1)
        staff.append({"username": username, "password": props.PASSWORD, "roles": roles, "departments": []})
    return {
        "base": hospital.base,
        "simulator": hospital.simulator,
        "staff": staff,
        "desk_id": str(await props.a_desk()),
    }


def options(**changed) -> argparse.Namespace:
    return argparse.Namespace(**{"patients": 12, "speed": 1200.0, "seed": 3, "demo_file": None, **changed})


async def test_a_small_morning_ends_well_and_leaves_no_broken_invariant(hospital, demo, capsys):
    async with worker(hospital):
        status = await play(options(), demo, hospital.settings.database_url)
    said = capsys.readouterr().out
    assert status == 0, said
    assert "BROKEN" not in said
    assert "意外 surprises" not in said
    row = await db.fetch_one("SELECT count(*) AS seen FROM encounter WHERE finished_at IS NOT NULL")
    assert row is not None
    assert row["seen"] >= 4, said


async def test_a_hospital_without_rooms_cannot_be_played(hospital, demo):
    await db.fetch("DELETE FROM room")
    with pytest.raises(CannotPlay):
        await play(options(), demo, hospital.settings.database_url)


async def test_without_a_running_hospital_it_says_what_to_do(tmp_path, capsys):
    assert await simulate(options(demo_file=tmp_path / "demo.json")) == 2
    assert "make run" in capsys.readouterr().err
