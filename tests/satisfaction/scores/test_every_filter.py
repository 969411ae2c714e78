"""Whatever scores can be narrowed to is answered, from rolled-up rows, and equals a recount of the answers."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import get_args
from uuid import UUID

import pytest

from satisfaction.scores import actions as scores
from satisfaction.scores import models, reading
from satisfaction.scores.views import Kind, Mode
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.scores.answers import ITEMS, NOT_APPLICABLE, Said, a_response
from tests.satisfaction.scores.test_counting import HIGHEST, drawn

WAYS = (("outpatient", "miniapp"), ("outpatient", "phone"), ("discharge", "web"), ("poster", "poster"))
DAYS = (date(2025, 4, 9), date(2026, 3, 3), date(2026, 3, 17), date(2026, 4, 10))
PERIODS = {  # first and last day, and those of the period before and of the year before
    "2026-04": ("2026-04", "2026-03", "2025-04"),
    "2026-Q2": ("2026-04,2026-05,2026-06", "2026-01,2026-02,2026-03", "2025-04,2025-05,2025-06"),
    "2026-H1": ("2026-03,2026-04", "2025-07", "2025-04"),
    "2026": ("2026-03,2026-04", "2025-04", "2025-04"),
}
GOOD = {"L5": (4, 5), "FFT5": (4, 5), "F4": (3, 4), "R11": (9, 10)}  # as CSAT counts; of 0 to 10 it is top box
BEST = {"L5": (5,), "FFT5": (5,), "F4": (4,), "R11": (9, 10)}


@dataclass(frozen=True)
class Heard:
    """One response, as the test remembers it."""

    department_id: UUID | None
    kind: str
    mode: str
    month: str
    said: Said


@dataclass(frozen=True)
class Cut:
    """What the page is narrowed to. months: separated by commas."""

    months: str
    department_id: UUID | None = None
    kind: str | None = None
    mode: str | None = None

    def of(self, heard: list[Heard]) -> list[Heard]:
        """Those responses that lie in it."""
        wanted = ((self.department_id, "department_id"), (self.kind, "kind"), (self.mode, "mode"))
        return [
            one
            for one in heard
            if one.month in self.months.split(",") and all(v is None or getattr(one, name) == v for v, name in wanted)
        ]


@dataclass(frozen=True)
class Recount:
    """Figures of one item, from the answers themselves."""

    n: int
    offered: int
    not_applicable: int
    mean: float
    top_box: float
    csat: float


def recount(heard: list[Heard], item: str) -> Recount | None:
    """Count anew, slowly; None where nobody has answered."""
    scale = ITEMS[item][1]
    asked = [one.said[item] for one in heard if item in one.said]
    valid = [value for value in asked if value is not None and value != NOT_APPLICABLE]
    if not valid:
        return None
    lowest = 0 if scale == "R11" else 1
    return Recount(
        len(valid),
        len(asked),
        asked.count(NOT_APPLICABLE),
        100 * sum((value - lowest) / (HIGHEST[scale] - lowest) for value in valid) / len(valid),
        100 * sum(value in BEST[scale] for value in valid) / len(valid),
        100 * sum(value in GOOD[scale] for value in valid) / len(valid),
    )


def full(draw: random.Random) -> Said:
    """Every item answered."""
    return {item: draw.randint(0 if scale == "R11" else 1, HIGHEST[scale]) for item, (_, scale) in ITEMS.items()}


@pytest.fixture
async def heard(hospital, clock) -> list[Heard]:
    """A small hospital in which some asked nobody, and the others at least five; all of it published."""
    await clock.set_to(time.at(date(2026, 5, 6), 9))
    reading.forget()
    draw = random.Random(20260506)
    departments = [await props.a_department(name=name) for name in ("骨科", "眼科")]
    found = []
    for department, (kind, mode), day in itertools.product([*departments, None], WAYS, DAYS):
        if draw.random() < 0.3:
            continue
        for said in [*(full(draw) for _ in range(5)), *(drawn(draw) for _ in range(draw.randint(0, 3)))]:
            await a_response(department, said, on=day, way=(kind, mode))
            found.append(Heard(department, kind, mode, day.isoformat()[:7], said))
    row = await db.fetch_one("SELECT min(day) AS day FROM score_cell")
    assert row == {"day": DAYS[0]}
    await scores.publish_due()
    assert await db.fetch(models.CELLS_DIFFER) == []
    return found


def cuts(heard: list[Heard]) -> Iterator[Cut]:
    """Every way in which one month can be narrowed."""
    departments = [None, *sorted({one.department_id for one in heard if one.department_id})]
    for department, kind, mode in itertools.product(departments, [None, *get_args(Kind)], [None, *get_args(Mode)]):
        yield Cut("2026-04", department, kind, mode)


def query_of(cut: Cut, period: str, **more: str) -> str:
    """The same for the address."""
    asked = {"period": period, "department": cut.department_id, "kind": cut.kind, "mode": cut.mode, **more}
    return "&".join(f"{name}={value}" for name, value in asked.items() if value)


def is_equal(found: dict, cut: Cut, heard: list[Heard]) -> None:
    """Insist that every item of a dashboard is what the answers say, and that none is missing."""
    inside = cut.of(heard)
    expected = {item: counted for item in ITEMS if (counted := recount(inside, item))}
    assert {one["item"] for one in found["items"] if one["n"]} == set(expected), cut
    for one in found["items"]:
        if not one["n"]:
            continue
        counted = expected[one["item"]]
        assert (one["n"], one["offered"], one["not_applicable"]) == (
            counted.n,
            counted.offered,
            counted.not_applicable,
        ), (cut, one["item"])
        for measure in ("mean", "top_box", "csat"):
            if one[measure] is not None:
                assert one[measure]["value"] == pytest.approx(getattr(counted, measure), abs=0.051), (cut, one)
        assert one["mean"] is not None, (cut, one)


async def test_every_narrowing_of_a_month_equals_a_recount(hospital, heard):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    for cut in cuts(heard):
        is_equal(await supervisor.get(f"/scores?{query_of(cut, '2026-04')}"), cut, heard)


async def test_every_period_equals_a_recount_and_so_does_what_it_is_compared_with(hospital, heard):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    department = next(one.department_id for one in heard if one.department_id)
    for (key, (now, before, last_year)), compare, of in itertools.product(
        PERIODS.items(), ("previous", "last_year"), (None, department)
    ):
        cut = Cut(now, of)
        found = await supervisor.get(f"/scores?{query_of(cut, key, compare=compare)}")
        is_equal(found, cut, heard)
        other = recount(Cut(before if compare == "previous" else last_year, of).of(heard), "overall")
        positive = next(one for one in found["tiles"] if one["code"] == "fft_positive")
        assert (positive["before"] is None) == (other is None), (key, compare)
        if other:
            assert positive["before"]["value"] == pytest.approx(other.csat, abs=0.051), (key, compare)


async def test_trend_units_and_responses_answer_every_narrowing(hospital, heard):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    names = {row["id"]: row["name"] for row in await db.fetch("SELECT id, name FROM department")}
    for cut in cuts(heard):
        trend = await supervisor.get(f"/scores/trend?months=3&item=overall&{query_of(cut, '2026-04')}")
        for month in trend["months"]:
            counted = recount(Cut(month["month"], cut.department_id, cut.kind, cut.mode).of(heard), "overall")
            assert month["n"] == (counted.n if counted else 0), (cut, month)
        if cut.department_id:
            continue
        units = await supervisor.get(f"/scores/units?item=overall&{query_of(cut, '2026-04')}")
        inside = cut.of(heard)
        expected = {}
        for department in {one.department_id for one in inside}:
            counted = recount([one for one in inside if one.department_id == department], "overall")
            assert counted is not None
            expected[names.get(department, "")] = counted.n
        assert {one["name"]: one["n"] for one in units["units"]} == expected, cut
        if cut.mode is None:
            await supervisor.get(f"/scores/responses?{query_of(cut, '2026-04')}")
