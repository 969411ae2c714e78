"""What the screens of scores show: sums of what is published, with how sure they are and how they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson

from satisfaction.scores import models
from satisfaction.scores.intervals import Interval, difference
from satisfaction.scores.rules import (
    FEW_RESPOND,
    LOWEST_NAMED,
    OUTCOMES,
    SATISFACTION_SCALES,
    SCALES,
    TREND,
    Band,
    Figures,
    Measures,
    Period,
    band,
    csat,
    dimension_name,
    linear_mean,
    measures,
    negative,
    next_week,
    nps,
    period,
    share_change,
    together,
    top_box,
    verdict,
)
from satisfaction.scores.views import (
    ScoreChange,
    ScoreDimension,
    ScoreInterval,
    ScoreItem,
    ScorePeriod,
    ScoresView,
    ScoreTile,
    ScoreWeights,
)
from server import clock, db
from server.remembered import Remembered

_wordings: Remembered[str, dict[str, dict[str, str]]] = Remembered(seconds=60, at_most=1)
ItemKey = tuple[str, str]  # item and scale: after a change of scale they are two


@dataclass(frozen=True)
class Scope:
    """What is read. departments None: all. kind, mode None: all together."""

    departments: tuple[UUID, ...] | None
    kind: str | None = None
    mode: str | None = None

    @property
    def arguments(self) -> tuple[list[UUID] | None, str | None, str | None]:
        """Give the arguments of the statements."""
        return None if self.departments is None else list(self.departments), self.kind, self.mode


@dataclass(frozen=True)
class Counted:
    """An item with what was counted."""

    item: str
    dimension: str
    scale: str
    figures: Figures


async def texts_of_items(language: str) -> dict[str, str]:
    """Give what items are called."""
    found = _wordings.get("all")
    if found is None:
        rows = await db.fetch(models.WORDINGS)
        found = {row["item"]: orjson.loads(row["text"]) for row in rows}
        _wordings.put("all", found)
    return {item: texts.get(language) or texts.get("zh-CN", item) for item, texts in found.items()}


def forget() -> None:
    """Ask for the names of items again."""
    _wordings.clear()


async def published_until() -> tuple[Period, str | None]:
    """Give the last month that was published as a whole, and the last day of what was published at all.

    Before a whole month was, it is the month of that day, or the present one.
    """
    row = await db.fetch_one(models.PUBLISHED_UNTIL)
    week_on = row["week_on"] if row else None
    if week_on is None:
        return Period(clock.today().replace(day=1), 1), None
    whole = await db.fetch_one(models.PUBLISHED_MONTH)
    month = (whole["week_on"] if whole else None) or week_on
    return Period(month.replace(day=1), 1), (next_week(week_on) - timedelta(days=1)).isoformat()


async def weights_in_force() -> tuple[int, dict[str, float]]:
    """Give the version and the weights of the total; version 0: all the same."""
    rows = await db.fetch(models.WEIGHTS, 1)
    return (rows[0]["version"], orjson.loads(rows[0]["weights"])) if rows else (0, {})


async def counted(span: Period, scope: Scope) -> list[Counted]:
    """Give what is published of a period."""
    rows = await db.fetch(models.ITEMS, span.first, span.last, *scope.arguments)
    return [Counted(row["item"], row["dimension"], row["scale"], models.figures_of(row)) for row in rows]


async def dashboard(asked: str | None, compare: str, scope: Scope, language: str) -> ScoresView:
    """Give the scores of a period beside those of another."""
    latest, until = await published_until()
    span = period(asked) if asked else latest
    other = span.before() if compare == "previous" else span.last_year()
    now, before = await counted(span, scope), await counted(other, scope)
    texts = await texts_of_items(language)
    version, weights = await weights_in_force()
    items = _items(now, before, texts, language)
    dimensions = _dimensions(now, before, language)
    invited, answered = await _invited(span, scope)
    return ScoresView(
        period=shown_period(span),
        compared_with=shown_period(other),
        published_until=until,
        tiles=_tiles(now, before, weights),
        dimensions=dimensions,
        items=items,
        lowest=lowest(items),
        weights=ScoreWeights(version=version, weights=weights),
        invited=invited,
        response_rate=round(answered / invited, 4) if invited else None,
        is_rate_low=bool(invited) and answered / invited < FEW_RESPOND,
    )


async def _invited(span: Period, scope: Scope) -> tuple[int, int]:
    first, end = clock.at(span.first, 0), clock.at(span.last + timedelta(days=1), 0)
    row = await db.fetch_one(models.INVITED, first, end, *scope.arguments[:2])
    assert row is not None  # a count always gives a row
    return row["invited"], row["answered"]


def shown_period(span: Period) -> ScorePeriod:
    """Show a period."""
    return ScorePeriod(key=span.key, first=span.first.isoformat(), last=span.last.isoformat())


def shown(interval: Interval | None) -> ScoreInterval | None:
    """Show a figure, to a tenth."""
    if interval is None:
        return None
    return ScoreInterval(value=round(interval.value, 1), low=round(interval.low, 1), high=round(interval.high, 1))


def change_of(change: Interval | None, now: int, before: int, *, is_less_better: bool = False) -> ScoreChange | None:
    """Show how a figure changed, where both sides have enough answers for that. now, before: how many."""
    if change is None or min(now, before) < TREND:
        return None
    return ScoreChange(
        difference=round(change.value, 1),
        low=round(change.low, 1),
        high=round(change.high, 1),
        verdict=verdict(change, is_less_better=is_less_better),
        n=before,
    )


def _by_key(found: Sequence[Counted]) -> dict[ItemKey, Counted]:
    return {(one.item, one.scale): one for one in found if one.scale in SCALES}


def _items(
    now: Sequence[Counted], before: Sequence[Counted], texts: Mapping[str, str], language: str
) -> list[ScoreItem]:
    earlier = _by_key(before)
    found = []
    for key, one in sorted(_by_key(now).items(), key=lambda pair: (pair[1].dimension, pair[0])):
        n = one.figures.answered
        said: Measures | None = measures(one.figures, one.scale) if band(n) != Band.TOO_FEW else None
        was = earlier.get(key)
        change = None
        if said and was and was.figures.answered >= TREND:
            change = (
                share_change(one.figures, was.figures, SCALES[one.scale].good)
                if one.scale != "R11"
                else _difference(said.mean, linear_mean(was.figures, one.scale))
            )
        found.append(
            ScoreItem(
                item=one.item,
                text=texts.get(one.item, one.item),
                dimension=one.dimension,
                dimension_name=dimension_name(one.dimension, language),
                scale=one.scale,
                n=n if said else 0,
                offered=one.figures.offered,
                not_applicable=one.figures.not_applicable,
                band=band(n),
                mean=shown(said.mean if said else None),
                top_box=shown(said.top_box if said else None),
                csat=shown(said.csat if said else None),
                negative=shown(said.negative if said else None),
                nps=shown(said.nps if said else None),
                change=change_of(change, n, was.figures.answered if was else 0),
            )
        )
    return found


def _difference(now: Interval, before: Interval) -> Interval:
    return difference((now.value, now.half), (before.value, before.half))


def means_of_dimensions(found: Sequence[Counted]) -> dict[str, tuple[int, Interval, list[str]]]:
    """Give each dimension: the fewest answers of its items, the mean of its items, and their names."""
    by_dimension: dict[str, list[Counted]] = {}
    for one in found:
        if one.scale in SCALES and band(one.figures.answered) != Band.TOO_FEW:
            by_dimension.setdefault(one.dimension, []).append(one)
    return {
        dimension: (
            min(one.figures.answered for one in items),
            together([linear_mean(one.figures, one.scale) for one in items]),
            sorted({one.item for one in items}),
        )
        for dimension, items in by_dimension.items()
    }


def _dimensions(now: Sequence[Counted], before: Sequence[Counted], language: str) -> list[ScoreDimension]:
    earlier = means_of_dimensions(before)
    found = []
    for dimension, (n, mean, items) in sorted(means_of_dimensions(now).items()):
        was = earlier.get(dimension)
        found.append(
            ScoreDimension(
                dimension=dimension,
                name=dimension_name(dimension, language),
                n=n,
                band=band(n),
                mean=shown(mean),
                change=change_of(_difference(mean, was[1]) if was else None, n, was[0] if was else 0),
                items=items,
            )
        )
    return found


def total_of(found: Sequence[Counted], weights: Mapping[str, float]) -> tuple[int, Interval | None]:
    """Give the total: the weighted mean of the dimensions without the two outcomes, and the fewest answers of one."""
    means = {name: said for name, said in means_of_dimensions(found).items() if name not in OUTCOMES}
    parts = [(weights.get(name, 1.0), said) for name, said in means.items() if weights.get(name, 1.0) > 0]
    if not parts:
        return 0, None
    n = min(said[0] for _, said in parts)
    return n, together([said[1] for _, said in parts], [weight for weight, _ in parts])


def _tiles(now: Sequence[Counted], before: Sequence[Counted], weights: Mapping[str, float]) -> list[ScoreTile]:
    today, earlier = _figures_of(now, weights), _figures_of(before, weights)
    tiles = []
    for code, (n, figure) in today.items():
        before_n, was = earlier[code]
        change = _change(code, now, before, (figure, was)) if figure and was else None
        tiles.append(
            ScoreTile(
                code=code,
                n=n,
                band=band(n),
                figure=shown(figure),
                before=shown(was),
                change=change_of(change, n, before_n, is_less_better=code == "fft_negative"),
            )
        )
    return tiles


_SHARES = {"fft_positive": "good", "fft_negative": "bad", "top_box": "top"}


def _overall(found: Sequence[Counted]) -> Counted | None:
    return next((one for one in found if one.dimension == "overall" and one.scale == "FFT5"), None)


def _change(code: str, now: Sequence[Counted], before: Sequence[Counted], means: tuple[Interval, Interval]) -> Interval:
    one, two = _overall(now), _overall(before)
    if code in _SHARES and one and two:
        return share_change(one.figures, two.figures, getattr(SCALES["FFT5"], _SHARES[code]))
    return _difference(*means)


def _figures_of(found: Sequence[Counted], weights: Mapping[str, float]) -> dict[str, tuple[int, Interval | None]]:
    """Give the tiles: answers and figure; None where there are too few."""
    said: dict[str, tuple[int, Interval | None]] = {"total": total_of(found, weights)}
    overall = _overall(found)
    for code, measure in (("fft_positive", csat), ("fft_negative", negative), ("top_box", top_box)):
        said[code] = (overall.figures.answered, measure(overall.figures, "FFT5")) if overall else (0, None)
    starred = [one for one in found if one.scale in SATISFACTION_SCALES]
    said["csat"] = (
        (
            min(one.figures.answered for one in starred),
            together([csat(one.figures, one.scale) for one in starred]),
        )
        if starred
        else (0, None)
    )
    recommend = next((one for one in found if one.scale == "R11"), None)
    said["nps"] = (recommend.figures.answered, nps(recommend.figures)) if recommend else (0, None)
    return said


def lowest(items: Sequence[ScoreItem]) -> list[str]:
    """Name the items with the lowest means, of those with answers enough to be told from others."""
    able = [one for one in items if one.n >= TREND and one.mean is not None and one.dimension not in OUTCOMES]
    able.sort(key=lambda one: (one.mean.value if one.mean else 0, one.item))
    return list(dict.fromkeys(one.item for one in able))[:LOWEST_NAMED]
