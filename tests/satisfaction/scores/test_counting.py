"""Cells equal a recount of the answers, whatever happens: histories, edits, ends in the middle, two at once."""

import asyncio
import random
from datetime import date
from uuid import UUID

import pytest

from satisfaction.scores import actions as scores
from satisfaction.scores import models
from server import db
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.satisfaction.scores.answers import ITEMS, NOT_APPLICABLE, a_response, answer, edit

HIGHEST = {"L5": 5, "FFT5": 5, "F4": 4, "R11": 10}


async def equal_a_recount() -> None:
    """Assert that nothing differs."""
    assert await db.fetch(models.CELLS_DIFFER) == []
    assert await db.fetch(models.PERSON_CELLS_DIFFER) == []


def drawn(draw: random.Random) -> dict[str, int | None]:
    """What somebody says: some items asked, some of them skipped or not applicable."""
    said: dict[str, int | None] = {}
    for item in draw.sample(sorted(ITEMS), draw.randint(1, len(ITEMS))):
        scale = ITEMS[item][1]
        value = draw.randint(0 if scale == "R11" else 1, HIGHEST[scale])
        said[item] = draw.choices([value, None, NOT_APPLICABLE], [8, 1, 1])[0]
    return said


class _Ended(Exception):
    """The process ended here."""


@pytest.mark.parametrize("seed", [1, 2])
async def test_cells_equal_a_recount_after_any_history(hospital, seed):
    draw = random.Random(seed)
    first = await props.a_department()
    departments = [first, await props.a_department(), None]
    doctor = await props.a_practitioner(first)
    ways = [("outpatient", "miniapp"), ("outpatient", "phone"), ("poster", "poster")]
    kept: list[UUID] = []
    for _ in range(120):
        act = draw.random()
        if kept and act < 0.25:
            await edit(draw.choice(kept), drawn(draw))
        elif kept and act < 0.35:  # the process ends in the middle of an edit: nothing of it is left
            with pytest.raises(_Ended):
                async with db.transaction():
                    await scores.uncount(draw.choice(kept))
                    raise _Ended
        else:
            kept.append(
                await a_response(
                    draw.choice(departments),
                    drawn(draw),
                    on=date(2026, draw.randint(1, 3), draw.randint(1, 28)),
                    practitioner_id=draw.choice([doctor, None]),
                    way=draw.choice(ways),
                )
            )
    await equal_a_recount()
    for response_id in kept:
        await scores.uncount(response_id)
    left = await db.fetch_one("SELECT sum(offered) + sum(answered) + sum(total) AS n FROM score_cell")
    assert left == {"n": 0}


async def test_a_response_that_nobody_counted_shows(hospital):
    """The negative control of the recount."""
    department = await props.a_department()
    await a_response(department, {"overall": 4})
    await equal_a_recount()
    await a_response(department, {"overall": 4}, is_counted=False)
    assert {row["item"] for row in await db.fetch(models.CELLS_DIFFER)} == {"overall", "@overall"}


async def test_a_dimension_of_a_person_counts_by_the_rule_of_halves(hospital):
    department = await props.a_department()
    on = date(2026, 5, 4)
    for said in (
        {"doctor_attitude": 4, "doctor_involvement": 1},  # (100 + 0) / 2
        {"doctor_attitude": 4, "doctor_involvement": None},  # half of what was asked is enough
        {"doctor_attitude": None, "doctor_involvement": None},  # nothing is not
        {"doctor_attitude": NOT_APPLICABLE, "doctor_involvement": 2},  # what does not apply was not asked
    ):
        await a_response(department, said, on=on)
    found = await scores.figures(department, "doctor", on, on)
    assert (found.n, round(found.mean, 3)) == (3, round((50 + 100 + 100 / 3) / 3, 3))
    assert (await scores.figures(department, "doctor", date(2026, 5, 5), date(2026, 5, 9))).n == 0
    assert (await scores.figures(department, "total", on, on)).n == 3


async def two_at_once() -> None:
    """Two people answer about one department at one moment: the first cell of both does not exist yet."""
    department = await props.a_department()
    ids = [
        await a_response(department, {"overall": 4, "waiting": 2, "reception": 5}, is_counted=False) for _ in range(2)
    ]

    async def second() -> None:
        async with db.transaction():
            await scores.count(ids[1])

    async with db.transaction():
        await scores.count(ids[0])
        other = asyncio.create_task(second(), context=db.CLEAN.copy())
        await db.detached(somebody_waits)
    await other
    await equal_a_recount()


async def test_two_answers_of_one_cell_at_one_moment_are_both_counted(hospital):
    await two_at_once()


async def an_edit_while_another_answers() -> None:
    department = await props.a_department()
    mine = await a_response(department, {"overall": 1, "waiting": 1})
    theirs = await a_response(department, {"overall": 5, "waiting": 5}, is_counted=False)

    async def second() -> None:
        async with db.transaction():
            await scores.count(theirs)

    async with db.transaction():
        await scores.uncount(mine)
        other = asyncio.create_task(second(), context=db.CLEAN.copy())
        await db.detached(somebody_waits)
        await db.fetch("DELETE FROM answer WHERE response_id = $1", mine)
        await answer(mine, {"overall": 4, "waiting": None})
        await scores.count(mine)
    await other
    await equal_a_recount()


async def test_an_edit_while_another_answers_loses_neither(hospital):
    await an_edit_while_another_answers()


async def an_edit_alone() -> None:
    department = await props.a_department()
    response_id = await a_response(department, {"overall": 1, "waiting": 1})
    await edit(response_id, {"overall": 4, "waiting": 5})
    await equal_a_recount()


@pytest.mark.mutant
async def test_an_edit_that_is_not_taken_back_first_is_noticed(hospital, monkeypatch):
    """Counted twice on an edit: the recount shows it."""
    edits = (("FROM response WHERE id = $1", "FROM response WHERE id = $1 AND false"),)
    await is_killed(Mutant("the taking back", models, "UNCOUNT", edits, an_edit_alone), monkeypatch)


@pytest.mark.mutant
async def test_two_that_are_not_added_are_noticed(hospital, monkeypatch):
    """Without the addition the second of two at once is lost."""
    begin = models.COUNT.index("ON CONFLICT ON CONSTRAINT score_cell_once")
    adding = models.COUNT[begin : models.COUNT.index("\n", begin)]
    mutant = Mutant("the addition", models, "COUNT", ((adding, "ON CONFLICT DO NOTHING"),), two_at_once)
    await is_killed(mutant, monkeypatch)
