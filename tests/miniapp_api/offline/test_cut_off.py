"""Two desks that are cut off from the server, with clocks five minutes apart; and a server that is killed."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import permutations

import aiohttp
import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.conftest import free_port
from tests.miniapp_api.offline.devices import at
from tests.miniapp_api.offline.lines import a_wire
from tests.miniapp_api.scenes import broken_invariants
from tests.processes import a_server


@pytest.mark.parametrize("first", [0, 1])
async def test_two_desks_that_were_cut_off_scan_the_same_people(scene, desks, clock, first):
    people = [(await scene.books())[1] for _ in range(4)]
    async with AsyncExitStack() as stack:
        wires = []
        for n, desk in enumerate(desks):
            wire, site = await stack.enter_async_context(a_wire(scene.site))
            wires.append(wire)
            desks[n] = desk.elsewhere(site)
            await desks[n].hears_the_server()
            await wire.cut()
        for n, booked in enumerate(people):  # each at both desks, a minute apart, first here, then there
            desks[n % 2].scans_code(booked, at(5 + n))
            desks[(n + 1) % 2].scans_code(booked, at(6 + n))
        for desk in desks:
            with pytest.raises(aiohttp.ClientError):
                await desk.tries()
        assert await props.count("scan") == 0
        await clock.set_to(at(30))
        for n in (first, 1 - first):
            await wires[n].mend()
            wires[n].eats_answers = True  # the batch arrives, and nobody hears the answers
            lost = asyncio.ensure_future(desks[n].tries())
            await asyncio.wait_for(wires[n].answer_was_eaten.wait(), 10)
            await wires[n].cut()
            with pytest.raises(aiohttp.ClientError):
                await lost
            await wires[n].mend()
            assert len(await desks[n].sends()) == 4
    rows = await db.fetch("SELECT appointment_id::text AS booked, checked_in_at FROM ticket")
    assert {row["booked"]: row["checked_in_at"] for row in rows} == {
        booked: at(5 + n) for n, booked in enumerate(people)
    }
    kept = await db.fetch("SELECT desk_id::text AS desk, outcome, count(*) AS n FROM scan GROUP BY 1, 2")
    assert {(row["desk"], row["outcome"]): row["n"] for row in kept} == {
        (desk.guide.desk_id, outcome): 2 for desk in desks for outcome in ("accepted", "already_checked_in")
    }
    assert await props.count("offline_conflict") == 0
    assert await broken_invariants(WIRING) == []


async def test_one_code_at_two_desks_is_one_ticket_whoever_is_back_first(scene, desks, clock):
    ends = []
    for order in permutations((0, 1)):
        await clock.set_to(at(0))
        _, booked = await scene.books()
        desks[0].scans.clear()
        desks[1].scans.clear()
        desks[0].scans_code(booked, at(5))
        desks[1].scans_code(booked, at(4.5))  # the same code: the step before
        await clock.set_to(at(20))
        for n in order:
            await desks[n].sends()
        row = await db.fetch_one("SELECT * FROM ticket WHERE appointment_id = $1::uuid", booked)
        winner = await db.fetch_one(
            "SELECT desk_id::text AS desk FROM scan WHERE ticket_id = $1 AND outcome = 'accepted'", row["id"]
        )
        ends.append((row["checked_in_at"], row["sort_at"], winner["desk"]))
    assert ends[0] == ends[1] == (at(4.5), at(10), desks[1].guide.desk_id)


@pytest.mark.parametrize(("point", "merged"), [("offline_scan_merged", 1), ("offline_batch_merged", 3)])
async def test_a_server_that_is_killed_before_its_answer_says_the_same_later(scene, desks, clock, point, merged):
    await clock.back()  # the other process has the machine's time
    slot = await props.a_slot(department_id=scene.department_id)
    desk = desks[0]
    await desk.hears_the_server()
    for _ in range(3):
        _, booked = await scene.books(slot)
        desk.finds(booked, time.now())
    port = str(free_port())
    env = {**scene.site.environment, "PORT": port, "KILL_POINT": point}
    dying = desk.elsewhere(replace(scene.site, base=f"http://127.0.0.1:{port}"))
    async with a_server(scene.site.http, env) as server:
        with pytest.raises(aiohttp.ClientError):
            await dying.tries()
        await server.ended()
    kept = {str(row["id"]): row["body"] for row in await db.fetch("SELECT id, body FROM scan")}
    assert list(kept) == [scan["scan_id"] for scan in desk.scans[:merged]]
    assert await props.count("ticket") == merged
    answers = await desk.tries()
    assert ",".join(kept.values()) in answers.raw.decode(), "the same bytes as nobody heard"
    assert [one["outcome"] for one in answers.body["items"]] == ["accepted"] * 3
    assert await props.count("ticket") == await props.count("scan") == 3
