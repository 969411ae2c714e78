"""A member of staff gets what the platform shows: what it would drop without a word waits."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from aiohttp import web

from infra.simulator.server import SimulatorSettings, create_app
from notifications.channels import CHANNELS
from notifications.outbox import sparing
from notifications.outbox.lanes import run_lane
from server import clock as time
from server import db
from server import runtime as running
from server.ids import new_id
from tests import props
from tests.mutants import Mutant, is_killed
from tests.notifications.channels.scenarios_wecom import at_app, shown_to_member

MORE = 33
A_MINUTE = 30


@pytest.fixture
async def company(hospital, tmp_path):
    """The hospital with its application in WeCom, at a platform of its own: its clock is moved and never goes back."""
    opened = running.runtime()
    runner = web.AppRunner(create_app(SimulatorSettings(data_dir=tmp_path)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform = SimpleNamespace(simulator=f"http://127.0.0.1:{runner.addresses[0][1]}", http=hospital.http)
    await db.fetch("DELETE FROM provider_token")
    running._running["runtime"] = replace(opened, settings=at_app(hospital.settings, platform.simulator))
    yield platform
    running._running["runtime"] = opened
    await runner.cleanup()


async def wanted(member: str, number: int) -> None:
    now = time.now()
    for n in range(number):
        message_id = await props.insert(
            "message",
            event="complaint_filed",
            event_key=f"sparing:{member}:{n}",
            **{"class": "alert"},
            subject_kind="complaint",
            subject_id=new_id(),
            title=f"第{n}件",
            lines="[]",
            fields="{}",
            deadline=now + timedelta(days=1),
        )
        await props.insert(
            "delivery",
            message_id=message_id,
            channel="wecom_app",
            address=member,
            state="planned",
            due_at=now,
            deadline=now + timedelta(days=1),
        )


async def all_are_shown(site, clock) -> None:
    """Thirty-three at once: thirty now, three in the next minute, all of them seen."""
    member, lane = f"member-{new_id().hex[-8:]}", CHANNELS["wecom_app"]
    await wanted(member, MORE)
    await wanted(other := f"{member}-2", 1)
    await run_lane(lane)
    assert await props.count("attempt a JOIN delivery d ON d.id = a.delivery_id", f"d.address = '{member}'") == A_MINUTE
    assert len(await shown_to_member(site, other)) == 1
    async with site.http.put(f"{site.simulator}/_sim/clock", json={"forward_seconds": 61}) as reply:
        assert reply.status == 200
    await clock.forward(seconds=61)
    await run_lane(lane)
    assert len(await shown_to_member(site, member)) == MORE
    assert await props.count("delivery", "state = 'accepted'") == MORE + 1


async def test_what_the_platform_would_drop_waits_for_the_next_minute(company, clock):
    await all_are_shown(company, clock)


@pytest.mark.mutant
async def test_without_the_look_at_the_address_three_are_never_seen(company, clock, monkeypatch):
    """The mutant of the test above."""
    guard = ("AND NOT address_is_full(d.channel, d.address, {minute}, {hour})", "")
    mutant = Mutant("address_is_full", sparing, "GUARD", (guard,), all_are_shown)
    await is_killed(mutant, monkeypatch, company, clock)


async def test_an_hour_has_its_limit_too(hospital):
    await wanted("member-hour", 3)
    rows = await db.fetch("UPDATE delivery SET state = 'accepted' RETURNING id")
    now = time.now()
    for row in rows:
        await props.insert(
            "attempt",
            delivery_id=row["id"],
            fence=1,
            request_hash=b"-",
            started_at=now - timedelta(minutes=20),
            ended_at=now,
            outcome="accepted",
        )

    async def is_full(a_minute: int, an_hour: int) -> bool:
        found = await db.fetch_one(
            "SELECT address_is_full('wecom_app', 'member-hour', $1, $2) AS full", a_minute, an_hour
        )
        return found["full"]

    assert [await is_full(1, 4), await is_full(1, 3), await is_full(1, 2)] == [False, True, True]
