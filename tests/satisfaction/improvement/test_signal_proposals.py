"""A signal that a score sinks proposes an improvement: once, whoever looks, and again only for another signal."""

import asyncio
from uuid import UUID

import pytest

from satisfaction.improvement import models, proposing
from server import clock, db
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.satisfaction.improvement.conftest import held_up


async def a_signal(ward, dimension: str = "process", **values) -> UUID:
    """A signal of the ward's department, as its chart raises it."""
    return await props.insert(
        "signal",
        **{
            "department_id": ward.slot.department_id,
            "dimension": dimension,
            "state": "raised",
            "peak": 4.2,
            "h": 4.0,
            "p0": 0.03,
            "evidence": 6,
            "answers": 20,
            "raised_at": clock.now(),
            **values,
        },
    )


async def is_closed(ward, signal_id: UUID) -> None:
    """Somebody of the office closes it."""
    await ward.supervisor.post(f"/signals/{signal_id}/closure", {"note": "已处理"})


async def proposals() -> list[tuple[str, str]]:
    """Source and what it comes from, in their order."""
    rows = await db.fetch("SELECT source, source_ref FROM improvement ORDER BY created_at, id")
    return [(row["source"], row["source_ref"]) for row in rows]


async def test_a_signal_proposes_one_improvement_of_its_dimension(ward, past):
    signal_id = await a_signal(ward)
    for _ in range(3):
        await ward.run("propose_improvements")
    (item,) = (await ward.supervisor.get("/improvements?state=proposed"))["items"]
    assert (item["source"], item["metric"], item["is_automatic"]) == ("signal", "dimension_score", True)
    assert item["title"].endswith("：流程与等候评分下降")
    assert await proposals() == [("signal", str(signal_id))]
    row = await db.fetch_one("SELECT dimension, cause_code, department_id FROM improvement")
    assert row == {"dimension": "process", "cause_code": None, "department_id": ward.slot.department_id}
    await ward.run("relay")
    (alert,) = await ward.supervisor.alerts_about("improvement")
    assert alert["kind"] == "improvement_proposed"


async def test_each_dimension_has_its_own_and_a_closed_signal_none(ward, past):
    await is_closed(ward, await a_signal(ward, "nurse"))
    one, other = await a_signal(ward, "process"), await a_signal(ward, "reception", state="raised")
    await ward.run("propose_improvements")
    assert sorted(await proposals()) == sorted([("signal", str(one)), ("signal", str(other))])


async def test_what_was_rejected_comes_again_only_with_another_signal(ward, past):
    first = await a_signal(ward)
    await ward.run("propose_improvements")
    (item,) = (await ward.supervisor.get("/improvements?state=proposed"))["items"]
    await ward.supervisor.post(f"/improvements/{item['id']}/rejection", {"reason": "已在别处处理"})
    await ward.run("propose_improvements")
    assert await proposals() == [("signal", str(first))]  # the same signal does not ask twice
    await is_closed(ward, first)
    second = await a_signal(ward)
    await ward.run("propose_improvements")
    assert await proposals() == [("signal", str(first)), ("signal", str(second))]


async def test_while_something_is_done_about_it_nothing_more_is_proposed(ward, past):
    first = await a_signal(ward)
    await ward.run("propose_improvements")
    (item,) = (await ward.supervisor.get("/improvements?state=proposed"))["items"]
    await past.accepted(item["id"])
    await is_closed(ward, first)
    await a_signal(ward)
    await ward.run("propose_improvements")
    assert await proposals() == [("signal", str(first))]


async def a_race(ward):
    """Two workers look at the same signal at the same moment."""
    await a_signal(ward)

    before = held_up()

    async def one():
        await proposing.propose_due()

    async with db.transaction():
        await db.fetch("LOCK TABLE improvement IN SHARE ROW EXCLUSIVE MODE")
        tasks = [asyncio.create_task(db.detached(one)) for _ in range(2)]
        await somebody_waits(2)
    await asyncio.gather(*tasks)
    assert await props.count("improvement") == 1
    assert held_up() == before  # the slower one finds it there, and stumbles over nothing
    assert await props.count("fact", "name = 'ImprovementProposed'") == 1


async def test_two_workers_propose_once_for_a_signal(ward, past):
    await a_race(ward)


@pytest.mark.mutant
async def test_without_the_guard_a_signal_proposes_twice(ward, past, monkeypatch):
    mutant = Mutant(
        "one open proposal of a department and a dimension", models, "PROPOSE", ((models.ONCE, ""),), a_race
    )
    await is_killed(mutant, monkeypatch, ward)
