"""Counting answers as they come, and publishing what is enough."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from satisfaction.scores import models
from satisfaction.scores.intervals import mean_of
from satisfaction.scores.rules import SPANS, Cell, next_week, parted, span_of, week_of, weeks_due
from server import clock, db

_NEXT_SPAN = {"month": "quarter", "quarter": "half", "half": "year"}
_Key = tuple[Any, str, str, str]  # department, item, dimension, scale


async def count(response_id: UUID) -> None:
    """Count a response: as the last act of the transaction that writes or edits it, for it locks rows of many."""
    await db.fetch(models.COUNT, response_id)


async def uncount(response_id: UUID) -> None:
    """Take a response out of what is counted, before its answers are replaced; `count` follows in the transaction."""
    await db.fetch(models.UNCOUNT, response_id)


@dataclass(frozen=True)
class DimensionFigures:
    """People's scores of a dimension, 0 to 100. mean and sd are 0 when there is nobody."""

    n: int
    mean: float
    sd: float


async def figures(department_id: UUID, dimension: str, first: date, last: date) -> DimensionFigures:
    """Give what was answered from one day to another, both included, to a dimension (or `total`) of a department.

    For reckoning inside the house; what people see is what is published.
    """
    row = await db.fetch_one(models.OF_DIMENSION, department_id, dimension, first, last)
    assert row is not None  # sums always give a row
    if not row["n"]:
        return DimensionFigures(0, 0.0, 0.0)
    return DimensionFigures(row["n"], *mean_of(row["n"], row["total"], row["squares"]))


async def publish_due() -> int:
    """Publish each week of a month whose answers can no longer change, in their order; give how many."""
    row = await db.fetch_one(models.FIRST_DAY)
    if row is None or row["day"] is None:
        return 0
    done = {one["week_on"] for one in await db.fetch(models.RELEASED, week_of(row["day"]))}
    count = 0
    for week_on in weeks_due(row["day"], clock.today()):
        if week_on not in done:
            count += await publish(week_on)
    return count


async def publish(week_on: date) -> bool:
    """Publish what is enough of a week's answers and withhold the rest, once; tell whether it was this call."""
    async with db.transaction():
        if await db.fetch_one(models.RELEASE, week_on) is None:
            return False  # another worker was faster
        end = next_week(week_on)
        rows = await db.fetch(models.OF_DAYS, week_on, end - timedelta(days=1))
        span, is_end = "month", end.day == 1
        while True:
            here = span_of(week_on, span)
            rows += await db.fetch(models.TAKE_WITHHELD, span, here.first)
            shown, withheld = _parted(rows, is_end=is_end)
            if shown:
                await db.fetch(models.PUBLISH, here.first, here.last, _json(shown))
            if not withheld:
                return True
            if not is_end:
                await db.fetch(models.WITHHOLD, span, here.first, _json(withheld))
                return True
            if span not in _NEXT_SPAN:
                return True  # too few in a whole year: never shown
            span, rows = _NEXT_SPAN[span], withheld
            is_end = (end.month - 1) % SPANS[span] == 0


def _parted(rows: list[dict[str, Any]], *, is_end: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    cells: dict[_Key, list[Cell]] = {}
    for row in rows:
        key = (row["department_id"], row["item"], row["dimension"], row["scale"])
        cells.setdefault(key, []).append(Cell(row["kind"], row["mode"], models.figures_of(row)))
    shown, withheld = [], []
    for key, found in cells.items():
        enough, few = parted(found, is_end=is_end)
        shown += [_row(key, cell) for cell in enough]
        withheld += [_row(key, cell) for cell in few]
    return shown, withheld


def _row(key: _Key, cell: Cell) -> dict[str, Any]:
    department_id, item, dimension, scale = key
    figures = cell.figures
    values = (figures.offered, figures.answered, figures.not_applicable, *figures.counts, 0, 0)
    named = {"department_id": department_id, "item": item, "dimension": dimension, "scale": scale}
    return {**named, "kind": cell.kind, "mode": cell.mode, **dict(zip(models.NAMES, values, strict=True))}


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=str).decode()
