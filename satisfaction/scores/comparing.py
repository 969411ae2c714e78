"""Units beside each other, months after one another, what became of invitations, and the report of them all."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from satisfaction.scores import models
from satisfaction.scores.intervals import wilson
from satisfaction.scores.reading import (
    Counted,
    Scope,
    counted,
    published_until,
    shown,
    shown_period,
    texts_of_items,
    total_of,
    weights_in_force,
)
from satisfaction.scores.rules import (
    ENOUGH,
    FEW_RESPOND,
    SCALES,
    TREND,
    Band,
    Figures,
    Funnel,
    Period,
    Unit,
    after,
    band,
    count_of,
    csat,
    dimension_name,
    funnel,
    hidden,
    linear_mean,
    period,
    top_box,
)
from satisfaction.scores.views import (
    ScoreDepartmentResponses,
    ScoreLimit,
    ScoreMonth,
    ScoreReport,
    ScoreReportLine,
    ScoreResponsesView,
    ScoreSkips,
    ScoreStep,
    ScoreTrendView,
    ScoreUnit,
    ScoreUnitsView,
)
from server import clock, db
from server.errors import NotFound

Place = Literal["inside", "watch_low", "watch_high", "beyond_low", "beyond_high"]
LIMIT_POINTS = 40
OVERALL = "overall"  # what units are laid side by side by when nobody asks; known before the first questionnaire
_STEPS = ("planned", "invited", "sent", "delivered", "opened", "started", "answered")


async def _span(asked: str | None) -> Period:
    return period(asked) if asked else (await published_until())[0]


async def units(asked: str | None, item: str, scope: Scope, language: str) -> ScoreUnitsView:
    """Lay the departments side by side by the share of good answers to an item.

    Raises: NotFound when nothing is known of the item.
    """
    span = await _span(asked)
    texts = await texts_of_items(language)
    one = next((one for one in await counted(span, scope) if one.item == item and one.scale in SCALES), None)
    if one is None:
        if item != OVERALL and item not in texts:
            raise NotFound()
        return _units_view(span, item, texts.get(item, item), [], Funnel(0.0, 1.0, False, 1.0))
    good = SCALES[one.scale].good if one.scale != "R11" else SCALES[one.scale].top
    rows = await db.fetch(models.BY_DEPARTMENT, span.first, span.last, *scope.arguments, item, one.scale)
    found = [(row["department_id"], row["name"] or "", models.figures_of(row)) for row in rows]
    able = [
        Unit(name, count_of(figures, good), figures.answered)
        for _, name, figures in found
        if figures.answered >= ENOUGH
    ]
    limits = funnel(able)
    shown_units = [_unit(*one_unit, good, limits) for one_unit in found]
    return _units_view(span, item, texts.get(item, item), shown_units, limits)


def _unit(department_id: UUID | None, name: str, figures: Figures, good: Sequence[int], limits: Funnel) -> ScoreUnit:
    n = figures.answered
    share = wilson(count_of(figures, good), n).scaled(100) if band(n) != Band.TOO_FEW else None
    return ScoreUnit(
        department_id=department_id,
        name=name,
        n=n,
        band=band(n),
        figure=shown(share),
        place=_place(share.value / 100, n, limits) if share and n >= TREND else None,
    )


def _place(share: float, n: int, limits: Funnel) -> Place:
    far, near = limits.limits(n, 3.0), limits.limits(n, 2.0)
    if share < near[0]:
        return "beyond_low" if share < far[0] else "watch_low"
    if share > near[1]:
        return "beyond_high" if share > far[1] else "watch_high"
    return "inside"


def _units_view(span: Period, item: str, text: str, found: list[ScoreUnit], limits: Funnel) -> ScoreUnitsView:
    most = max((unit.n for unit in found), default=0)
    drawn = []
    if most and 0 < limits.p < 1:
        for place in range(LIMIT_POINTS + 1):
            n = max(ENOUGH, round(most * 1.05 * (place / LIMIT_POINTS) ** 2))
            (low2, high2), (low3, high3) = limits.limits(n, 2.0), limits.limits(n, 3.0)
            drawn.append(
                ScoreLimit(
                    n=n,
                    low2=round(100 * low2, 2),
                    high2=round(100 * high2, 2),
                    low3=round(100 * low3, 2),
                    high3=round(100 * high3, 2),
                )
            )
    return ScoreUnitsView(
        period=shown_period(span),
        item=item,
        text=text,
        share=round(100 * limits.p, 1) if found else None,
        spread=round(limits.spread, 2),
        is_overdispersed=limits.is_overdispersed,
        dispersion_p=round(limits.dispersion_p, 4),
        units=found,
        limits=drawn,
    )


async def trend(asked: str | None, months: int, item: str | None, scope: Scope, language: str) -> ScoreTrendView:
    """Give the months up to the end of a period, each beside the same month of the year before."""
    last = await _span(asked)
    end = after(last.first, last.months)
    first = after(end, -months)
    rows = await db.fetch(models.BY_MONTH, after(first, -12), end - timedelta(days=1), *scope.arguments, item or "")
    _, weights = await weights_in_force()
    by_month: dict[date, list[Counted]] = {}
    for row in rows:
        if row["scale"] in SCALES:
            one = Counted(row["item"], row["dimension"], row["scale"], models.figures_of(row))
            by_month.setdefault(row["starts_on"], []).append(one)

    def said(month: date) -> tuple[int, Any]:
        found = by_month.get(month, [])
        if item is None:
            return total_of(found, weights)
        if not found:
            return 0, None
        one = max(found, key=lambda each: each.figures.answered)
        return one.figures.answered, linear_mean(one.figures, one.scale)

    shown_months = []
    for place in range(months):
        month = after(first, place)
        n, figure = said(month)
        shown_months.append(
            ScoreMonth(
                month=f"{month:%Y-%m}",
                n=n,
                band=band(n),
                figure=shown(figure),
                last_year=shown(said(after(month, -12))[1]),
            )
        )
    texts = await texts_of_items(language)
    text = texts.get(item, item) if item else dimension_name("total", language)
    return ScoreTrendView(item=item or "", text=text, months=shown_months)


async def responses(asked: str | None, scope: Scope) -> ScoreResponsesView:
    """Give what became of the invitations of a period."""
    span = period(asked) if asked else Period(clock.today().replace(day=1), 1)
    arguments = (clock.at(span.first, 0), clock.at(span.last + timedelta(days=1), 0), *scope.arguments[:2])
    rows = await db.fetch(models.RESPONSES, *arguments)
    skipped = await db.fetch(models.SKIPPED, *arguments)
    sums = {step: sum(row[step] for row in rows) for step in _STEPS}
    gone = hidden({str(row["department_id"]): row["answered"] for row in rows})
    rate = sums["answered"] / sums["invited"] if sums["invited"] else None
    return ScoreResponsesView(
        period=shown_period(span),
        steps=[
            ScoreStep(code=step, n=sums[step], share=_rate(sums[step], sums["invited"]) if step != "planned" else None)
            for step in _STEPS
        ],
        skipped=[ScoreSkips(**row) for row in skipped],
        departments=[_of_department(row, is_hidden=str(row["department_id"]) in gone) for row in rows],
        response_rate=None if rate is None else round(rate, 4),
        is_rate_low=rate is not None and rate < FEW_RESPOND,
    )


def _of_department(row: dict[str, Any], *, is_hidden: bool) -> ScoreDepartmentResponses:
    return ScoreDepartmentResponses(
        department_id=row["department_id"],
        name=row["name"],
        invited=row["invited"],
        answered=None if is_hidden else row["answered"],
        rate=None if is_hidden else _rate(row["answered"], row["invited"]),
    )


def _rate(n: int, of: int) -> float | None:
    return round(n / of, 4) if of else None


async def report(first: date, last: date, scope: Scope, language: str) -> ScoreReport:
    """Give the whole months that the days touch, by department and item; each row is of five answers or more."""
    begin, end = first.replace(day=1), after(last.replace(day=1), 1) - timedelta(days=1)
    texts = await texts_of_items(language)
    rows = await db.fetch(models.BY_DEPARTMENT_AND_ITEM, begin, end, *scope.arguments)
    lines = []
    for row in rows:
        if row["scale"] not in SCALES:
            continue
        figures = models.figures_of(row)
        lines.append(
            ScoreReportLine(
                department=row["name"] or "",
                dimension=dimension_name(row["dimension"], language),
                item=row["item"],
                text=texts.get(row["item"], row["item"]),
                n=figures.answered,
                offered=figures.offered,
                mean=shown(linear_mean(figures, row["scale"])),
                top_box=shown(top_box(figures, row["scale"])),
                csat=shown(csat(figures, row["scale"]) if row["scale"] != "R11" else None),
            )
        )
    return ScoreReport(first=begin.isoformat(), last=end.isoformat(), items=lines)


HEADER = ("科室", "维度", "题目", "有效答卷", "询问人数", "得分", "得分下限", "得分上限", "最优占比%", "满意占比%")


def table_of(found: ScoreReport) -> list[list[str]]:
    """Give a report as a table, its header first."""
    rows = [list(HEADER)]
    for line in found.items:
        mean = line.mean
        rows.append(
            [
                line.department or "未注明科室",
                line.dimension,
                line.text,
                str(line.n),
                str(line.offered),
                *((f"{mean.value:.1f}", f"{mean.low:.1f}", f"{mean.high:.1f}") if mean else ("", "", "")),
                f"{line.top_box.value:.1f}" if line.top_box else "",
                f"{line.csat.value:.1f}" if line.csat else "",
            ]
        )
    return rows
