"""What is published: whole weeks, once, never fewer than five answers, also not by subtraction, also not over time."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from satisfaction.scores import actions as scores
from satisfaction.scores import models, rules
from satisfaction.scores.reading import Scope, counted
from satisfaction.scores.rules import Period, next_week
from server import clock as time
from server import db
from tests import props
from tests.mutants import Mutant, is_killed
from tests.satisfaction.scores.answers import a_response

KINDS = ("outpatient", "discharge")
MODES = ("miniapp", "phone")
FIRST, END = date(2025, 1, 1), date(2025, 7, 1)
PERIODS = [
    *(Period(date(2025, month, 1), 1) for month in range(1, 7)),
    Period(date(2025, 1, 1), 3),
    Period(date(2025, 4, 1), 3),
    Period(FIRST, 6),
    Period(FIRST, 12),
]
Cut = tuple[UUID | None, str | None, str | None, Period]
Seen = dict[Cut, int]


def weeks() -> Iterator[date]:
    """The weeks of half a year."""
    week_on = FIRST
    while week_on < END:
        yield week_on
        week_on = next_week(week_on)


async def few_answers(departments: list[UUID], seed: int) -> int:
    """Cells of a small hospital: often too few to be shown; give how many answers there are."""
    draw, n = random.Random(seed), 0
    for week_on, department, kind, mode in itertools.product(weeks(), departments, KINDS, MODES):
        answered = max(0, round(draw.gauss(3, 4)))
        if answered:
            n += answered
            await props.insert_without_id(
                "score_cell",
                day=week_on + timedelta(days=draw.randint(0, 6)),
                department_id=department,
                kind=kind,
                mode=mode,
                item="overall",
                dimension="overall",
                scale="FFT5",
                **{name: 0 for name in models.NAMES} | {"offered": answered + 1, "answered": answered, "c5": answered},
            )
    return n


async def seen(departments: list[UUID]) -> Seen:
    """Every total that anybody can ask for at this moment."""
    found = {}
    for department, kind, mode, span in itertools.product(
        [None, *departments], [None, *KINDS], [None, *MODES], PERIODS
    ):
        rows = await counted(span, Scope((department,) if department else None, kind, mode))
        found[department, kind, mode, span] = rows[0].figures.answered if rows else 0
    return found


def parts(cut: Cut, departments: list[UUID]) -> Iterator[list[Cut]]:
    """The ways in which a total falls into others."""
    department, kind, mode, span = cut
    if department is None:
        yield [(one, kind, mode, span) for one in departments]
    if kind is None:
        yield [(department, one, mode, span) for one in KINDS]
    if mode is None:
        yield [(department, kind, one, span) for one in MODES]
    inside = [one for one in PERIODS if one.months < span.months and span.first <= one.first <= span.last]
    for months in {one.months for one in inside}:
        yield [(department, kind, mode, one) for one in inside if one.months == months]


def found_by_subtraction(moments: list[Seen], departments: list[UUID]) -> list[int]:
    """Subtract from every total its parts and its own earlier self, one and all, at every pair of moments."""
    found = []
    for place, later in enumerate(moments):
        for earlier in moments[: place + 1]:
            for cut, n in later.items():
                found += [n, n - earlier[cut]]
                for split in parts(cut, departments):
                    found += [n - earlier[one] for one in split]
                    found.append(n - sum(earlier[one] for one in split))
    return sorted({n for n in found if n < rules.ENOUGH and n != 0})


async def nothing_small_can_be_found() -> None:
    """The attack on half a year of a small hospital, week by week."""
    departments = [await props.a_department() for _ in range(3)]
    answered = await few_answers(departments, seed=11)
    moments = []
    for place, week_on in enumerate(weeks()):
        await scores.publish(week_on)
        if place % 4 in (1, 3):
            moments.append(await seen(departments))
    assert found_by_subtraction(moments, departments) == []
    whole = moments[-1][None, None, None, Period(FIRST, 12)]
    assert whole > 0.9 * answered  # it does not hide by showing nothing


async def test_nothing_small_can_be_found_by_subtraction(hospital):
    await nothing_small_can_be_found()


async def each_week_is_published_once() -> None:
    department = await props.a_department()
    for _ in range(6):
        await a_response(department, {"overall": 5}, on=date(2025, 3, 3))
    await asyncio.gather(*(scores.publish(date(2025, 3, 1)) for _ in range(4)))
    rows = await counted(Period(date(2025, 3, 1), 1), Scope(None))
    assert [row.figures.answered for row in rows] == [6]
    assert not await scores.publish(date(2025, 3, 1))


async def test_a_week_is_published_once_by_four_workers(hospital):
    await each_week_is_published_once()


@pytest.mark.mutant
async def test_a_week_that_is_published_twice_is_noticed(hospital, monkeypatch):
    mutant = Mutant(
        "the week's own row",
        models,
        "RELEASE",
        (("ON CONFLICT DO NOTHING", "ON CONFLICT (week_on) DO UPDATE SET released_at = app_now()"),),
        each_week_is_published_once,
    )
    await is_killed(mutant, monkeypatch)


@pytest.mark.mutant
async def test_showing_what_is_few_in_a_total_is_noticed(hospital, monkeypatch):
    """Without parting, the constraint refuses; without it too, the attack finds the few."""
    await db.fetch("ALTER TABLE score_published DROP CONSTRAINT score_published_is_enough")
    monkeypatch.setattr(scores, "parted", lambda cells, is_end: (list(cells), []))
    try:
        with pytest.raises(AssertionError):
            await nothing_small_can_be_found()
    finally:
        await db.fetch("DELETE FROM score_published")
        await db.fetch("ALTER TABLE score_published ADD CONSTRAINT score_published_is_enough CHECK (answered >= 5)")


async def test_a_week_is_published_when_no_answer_of_it_can_change_any_more(hospital, clock):
    department = await props.a_department()
    for _ in range(7):
        await a_response(department, {"overall": 4, "waiting": 2}, on=date(2026, 2, 14))
    await clock.set_to(time.at(date(2026, 2, 17), 12))
    assert await scores.publish_due() == 0
    await clock.set_to(time.at(date(2026, 2, 18), 0, 1))
    await hospital.jobs["publish_scores"].run()
    rows = await counted(Period(date(2026, 2, 1), 1), Scope((department,)))
    assert {(row.item, row.figures.answered) for row in rows} == {("overall", 7), ("waiting", 7)}
    assert await scores.publish_due() == 0


async def test_a_process_that_ends_in_the_middle_publishes_nothing(hospital, monkeypatch):
    department = await props.a_department()
    for _ in range(7):
        await a_response(department, {"overall": 4}, on=date(2025, 2, 14))

    class _EndedError(Exception):
        pass

    def ends(*_: object, **__: object) -> None:
        raise _EndedError

    with monkeypatch.context() as patch:
        patch.setattr(scores, "_json", ends)
        with pytest.raises(_EndedError):
            await scores.publish(date(2025, 2, 8))
    assert await db.fetch("SELECT FROM score_release") == []
    assert await scores.publish(date(2025, 2, 8))
