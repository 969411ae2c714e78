"""Places are released to the second, by the clock of the database alone."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import aiohttp

from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.conftest import free_port
from tests.processes import ROOT, START_SECONDS, Process


async def test_shortly_before_nobody_books_and_at_the_second_everybody(hospital, clock):
    opens_at = (time.now() + timedelta(hours=1)).replace(microsecond=0)
    slot = await props.a_slot(starts_at=opens_at + timedelta(days=1), opens_at=opens_at)
    person = await a_patient_by_row(hospital)
    body = {"slot_id": str(slot.id), "patient_id": person.patient_id}
    await clock.set_to(opens_at - timedelta(seconds=15))  # it runs on: a busy machine may need some of them
    refused = await person.refused("/appointments", body)
    assert (refused.status, refused.code) == (409, "not_yet_open")
    assert time.local(opens_at).isoformat() == refused.body["opens_at"]
    await clock.set_to(opens_at)
    assert (await person.post("/appointments", body))["status"] == "booked"


@asynccontextmanager
async def a_server_whose_clock_is_wrong(hospital, seconds: float) -> AsyncIterator[str]:
    """Run a second server whose own clock is wrong; give its address."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.miniapp_api.release.wrong_clock",
        str(seconds),
        cwd=ROOT,
        env={**kept, **hospital.environment, "PORT": str(port)},
        start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    async with hospital.http.get(f"http://127.0.0.1:{port}/healthz") as reply:
                        if reply.status == 200:
                            break
                except aiohttp.ClientError:
                    assert process.returncode is None
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        await Process(process).kill()


async def now_of_the_database() -> float:
    row = await db.fetch_one("SELECT extract(epoch FROM clock_timestamp() + shift)::float8 AS now FROM clock_shift")
    assert row is not None
    return row["now"]


async def test_two_servers_with_wrong_clocks_open_at_the_same_second(hospital, clock):
    """One is five minutes fast, one five minutes slow; what decides is the database's clock."""
    async with AsyncExitStack() as stack:
        fast = await stack.enter_async_context(a_server_whose_clock_is_wrong(hospital, 300))
        slow = await stack.enter_async_context(a_server_whose_clock_is_wrong(hospital, -300))
        opens_at = (time.now() + timedelta(hours=1)).replace(microsecond=0)
        starts_at = opens_at + timedelta(days=1)
        slot = await props.a_slot(starts_at=starts_at, opens_at=opens_at, capacity=200)
        crowd = [await a_patient_by_row(hospital) for _ in range(6)]
        found = []

        async def has_booked(person, base: str) -> bool:
            body = {"slot_id": str(slot.id), "patient_id": person.patient_id}
            headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": str(uuid4())}
            before = await now_of_the_database()
            async with hospital.http.post(base + "/api/v1/appointments", json=body, headers=headers) as reply:
                answer = await reply.json()
            found.append((base, before, await now_of_the_database(), answer.get("code") or answer["status"]))
            return reply.status == 201

        async def tries(person, base: str) -> None:
            while not await has_booked(person, base):
                pass

        await clock.set_to(opens_at - timedelta(seconds=60))  # within what the fast server is ahead
        assert [await has_booked(crowd[n], base) for n, base in enumerate((fast, slow))] == [False, False]
        await clock.set_to(opens_at - timedelta(milliseconds=1200))
        async with asyncio.timeout(60):
            await asyncio.gather(*(tries(person, (fast, slow)[n % 2]) for n, person in enumerate(crowd)))
    second = opens_at.timestamp()
    for base in (fast, slow):
        mine = [one for one in found if one[0] == base]
        assert {code for _, _, _, code in mine} == {"not_yet_open", "booked"}
        assert all(after >= second for _, _, after, code in mine if code == "booked")
        assert all(before < second for _, before, _, code in mine if code == "not_yet_open")


async def test_the_list_says_what_time_it_is_by_the_clock_that_opens(hospital, clock):
    opens_at = (time.now() + timedelta(hours=1)).replace(microsecond=0)
    slot = await props.a_slot(starts_at=opens_at + timedelta(days=1), opens_at=opens_at)
    async with a_server_whose_clock_is_wrong(hospital, 7200) as base:
        path = f"{base}/api/v1/slots?department={slot.department_id}&from={slot.day}&to={slot.day}"
        async with hospital.http.get(path) as reply:
            listed = await reply.json()
    assert listed["items"][0]["status"] == "not_yet"  # although that server thinks it is two hours later
    assert abs((time.now() - time.now().fromisoformat(listed["now"])).total_seconds()) < 10
