"""The rooms call in the order of the pure rule: keys, urgent first, one return after so many others."""

import random
from datetime import timedelta

import pytest

from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.order.ordering import DEFAULT_RULE
from miniapp_api.queue.policies.turns import Standing, counted, next_of
from server import clock as time
from server import db
from tests.miniapp_api.scenes import a_scene
from tests.mutants import Mutant, is_killed

PEOPLE = 14


@pytest.fixture
async def scene(hospital, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def a_line(scene, seed: int) -> dict[str, Standing]:
    """People with places of every kind; some of them share an instant."""
    dice, now, line = random.Random(seed), time.now(), {}
    for nth in range(PEOPLE):
        ticket = await scene.walks_in()
        sort_class = 0 if nth == 0 else 1  # the urgent one, whose instant is the last
        sort_at = now + timedelta(minutes=5 * dice.randint(-12, 12) if nth else 120)
        rule = dice.choice(["return", "return", "band", "walk_in"])
        change = "UPDATE ticket SET sort_class = $2, sort_at = $3, rule = $4 WHERE id = $1 RETURNING number"
        row = await db.fetch_one(change, ticket["id"], sort_class, sort_at, rule)
        line[ticket["number"]] = Standing(sort_class, sort_at, row["number"], rule)
    return line


async def calls_as_the_rule_says(scene, seed):
    line, since, called = await a_line(scene, seed), 1000, []
    while line:
        expected = next_of(list(line.values()), since, DEFAULT_RULE.turn)
        ticket = await scene.doctor.calls_next(scene.room_id)
        assert line.pop(ticket["number"]) == expected
        since = counted(since, expected)
        called.append(expected)
        await scene.doctor.post(f"/tickets/{ticket['id']}/leaving", {"reason": "-"})
    by_key_alone = sorted(called, key=lambda one: (one.sort_class, one.sort_at, one.number))
    assert called != by_key_alone  # the returns took turns


@pytest.mark.parametrize("seed", range(3))
async def test_the_rooms_call_as_the_rule_says(scene, seed):
    await calls_as_the_rule_says(scene, seed)


MUTANTS = (
    Mutant("the count of the turns", call_statements, "CALL", (("THEN 0\n", "THEN 1000\n"),), calls_as_the_rule_says),
    Mutant(
        "urgent first",
        call_statements,
        "CALL",
        (("ORDER BY t.sort_class > 0, t.sort_class > 0 AND t.state <> 'ready', t.sort_class,", "ORDER BY"),),
        calls_as_the_rule_says,
    ),
)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_call_that_breaks_the_order_is_noticed(scene, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, scene, 1)
