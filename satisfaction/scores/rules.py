"""What is counted and what may be said of it: measures of an item, small numbers, units, periods. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from satisfaction.scores.intervals import Interval, chi_square_tail, mean_interval, newcombe, wilson

ENOUGH = 5  # fewer answers are never shown
TREND = 30  # from here on changes are drawn
RANKED = 100  # from here on units are compared by limits that call one of them unusual
PERSON_ENOUGH = 30  # of somebody by name, within half a year
LOWEST_NAMED = 3
FEW_RESPOND = 0.10  # a response rate below is a warning beside every score
BINS = 11

OUTCOMES = ("overall", "recommendation")  # asked for themselves; no part of the total

DIMENSIONS: Mapping[str, Mapping[str, str]] = {
    "overall": {"zh-CN": "总体体验", "zh-TW": "整體體驗", "en": "Overall"},
    "reception": {"zh-CN": "导诊与窗口", "zh-TW": "導診與窗口", "en": "Reception"},
    "doctor": {"zh-CN": "医生态度", "zh-TW": "醫師態度", "en": "Doctors"},
    "communication": {"zh-CN": "医患沟通", "zh-TW": "醫病溝通", "en": "Communication"},
    "nurse": {"zh-CN": "护理服务", "zh-TW": "護理服務", "en": "Nurses"},
    "quality": {"zh-CN": "医疗质量", "zh-TW": "醫療品質", "en": "Medical quality"},
    "process": {"zh-CN": "流程与等候", "zh-TW": "流程與等候", "en": "Process and waiting"},
    "environment": {"zh-CN": "环境与设施", "zh-TW": "環境與設施", "en": "Environment"},
    "privacy": {"zh-CN": "隐私保护", "zh-TW": "隱私保護", "en": "Privacy"},
    "fees": {"zh-CN": "收费透明", "zh-TW": "收費透明", "en": "Fees"},
    "recommendation": {"zh-CN": "推荐意愿", "zh-TW": "推薦意願", "en": "Recommendation"},
    "follow_up": {"zh-CN": "随访", "zh-TW": "隨訪", "en": "Follow-up"},
    "total": {"zh-CN": "综合得分", "zh-TW": "綜合得分", "en": "Total score"},
}
# What is said of somebody by name: only what lies in their hands.
OF_ROLE: Mapping[str, tuple[str, ...]] = {
    "doctor": ("doctor", "communication"),
    "nurse": ("nurse",),
    "reception": ("reception",),
}


def dimension_name(dimension: str, language: str) -> str:
    """Name a dimension; one that the hospital added itself keeps its own word."""
    return DIMENSIONS.get(dimension, {}).get(language, dimension)


class Band(StrEnum):
    """What so many answers allow to say."""

    TOO_FEW = "too_few"  # nothing at all
    GREY = "grey"  # the score with its interval
    TREND = "trend"  # and how it changed
    RANKED = "ranked"  # and how it stands to the others


def band(n: int) -> Band:
    """Give what n valid answers allow to say."""
    if n < ENOUGH:
        return Band.TOO_FEW
    return Band.GREY if n < TREND else Band.TREND if n < RANKED else Band.RANKED


class Verdict(StrEnum):
    """How a figure changed."""

    BETTER = "better"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no_clear_change"


def verdict(change: Interval, *, is_less_better: bool = False) -> Verdict:
    """Say whether a difference is clear: its whole interval lies on one side of nothing."""
    if change.low <= 0 <= change.high:
        return Verdict.NO_CLEAR_CHANGE
    return Verdict.BETTER if (change.low > 0) != is_less_better else Verdict.WORSE


@dataclass(frozen=True)
class Figures:
    """What was counted. counts: answers by value 0 to 10. total, squares: of @ rows, people's scores 0 to 100."""

    offered: int = 0
    answered: int = 0
    not_applicable: int = 0
    counts: tuple[int, ...] = (0,) * BINS
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.offered + other.offered,
            self.answered + other.answered,
            self.not_applicable + other.not_applicable,
            tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)),
            self.total + other.total,
            self.squares + other.squares,
        )


@dataclass(frozen=True)
class Scale:
    """How the values of an item are read. values: from the worst to the best; good, bad: the two ends that are counted.

    top: the best category, by which units are compared when everybody says good or very good.
    """

    values: tuple[int, ...]
    good: tuple[int, ...]
    bad: tuple[int, ...]
    top: tuple[int, ...]

    @property
    def scores(self) -> tuple[float, ...]:
        """Give what each value is worth, 0 to 100."""
        last = len(self.values) - 1
        return tuple(100 * place / last for place in range(len(self.values)))


SCALES: Mapping[str, Scale] = {
    "L5": Scale((1, 2, 3, 4, 5), good=(4, 5), bad=(1, 2), top=(5,)),
    "FFT5": Scale((1, 2, 3, 4, 5), good=(4, 5), bad=(1, 2), top=(5,)),
    "F4": Scale((1, 2, 3, 4), good=(3, 4), bad=(1, 2), top=(4,)),
    "R11": Scale(tuple(range(11)), good=(9, 10), bad=(0, 1, 2, 3, 4, 5, 6), top=(9, 10)),
}
SATISFACTION_SCALES = ("L5", "FFT5")  # those whose «satisfied and very satisfied» are the CSAT


@dataclass(frozen=True)
class Measures:
    """What is said of one item: n valid answers of so many who were asked. Shares and mean in percent, 0 to 100.

    csat: the good end; of R11 there is none, but nps, -100 to 100.
    """

    n: int
    offered: int
    not_applicable: int
    mean: Interval
    top_box: Interval
    negative: Interval
    csat: Interval | None = None
    nps: Interval | None = None


def count_of(figures: Figures, values: Iterable[int]) -> int:
    """Count the answers with one of these values."""
    return sum(figures.counts[value] for value in values)


def linear_mean(figures: Figures, scale: str) -> Interval:
    """Give the linear mean, 0 to 100, with its interval; needs an answer."""
    how = SCALES[scale]
    return mean_interval(tuple(figures.counts[value] for value in how.values), how.scores)


def top_box(figures: Figures, scale: str) -> Interval:
    """Give the share of the best category in percent; needs an answer."""
    return wilson(count_of(figures, SCALES[scale].top), figures.answered).scaled(100)


def csat(figures: Figures, scale: str) -> Interval:
    """Give the share of good answers in percent; of the overall impression it is FFT's positive share."""
    return wilson(count_of(figures, SCALES[scale].good), figures.answered).scaled(100)


def negative(figures: Figures, scale: str) -> Interval:
    """Give the share of bad answers in percent; of the overall impression it is FFT's negative share."""
    return wilson(count_of(figures, SCALES[scale].bad), figures.answered).scaled(100)


def nps(figures: Figures) -> Interval:
    """Give the net promoter score, -100 to 100: promoters (9, 10) minus detractors (0 to 6), by its own variance."""
    n = figures.answered
    up, down = count_of(figures, (9, 10)) / n, count_of(figures, range(7)) / n
    half = 1.959963984540054 * math.sqrt(max(0.0, up + down - (up - down) ** 2) / n)
    return Interval(up - down, max(-1.0, up - down - half), min(1.0, up - down + half)).scaled(100)


def measures(figures: Figures, scale: str) -> Measures:
    """Give everything that is said of an item; needs an answer."""
    return Measures(
        n=figures.answered,
        offered=figures.offered,
        not_applicable=figures.not_applicable,
        mean=linear_mean(figures, scale),
        top_box=top_box(figures, scale),
        negative=negative(figures, scale),
        csat=None if scale == "R11" else csat(figures, scale),
        nps=nps(figures) if scale == "R11" else None,
    )


def share_change(now: Figures, before: Figures, values: Iterable[int]) -> Interval:
    """Give how the share of some values changed, in points, by Newcombe's interval."""
    chosen = tuple(values)
    return newcombe((count_of(now, chosen), now.answered), (count_of(before, chosen), before.answered)).scaled(100)


def together(parts: Sequence[Interval], weights: Sequence[float] | None = None) -> Interval:
    """Give the weighted mean of figures of the same people.

    How their errors go together is not known: the interval is as wide as if they went wrong all in one direction.
    """
    heavy = list(weights) if weights is not None else [1.0] * len(parts)
    whole = sum(heavy)
    low, value, high = (
        sum(weight * getattr(part, end) for weight, part in zip(heavy, parts, strict=True)) / whole
        for end in ("low", "value", "high")
    )
    return Interval(value, low, high)


# ---- small numbers -----------------------------------------------------------------------------------------------


def hidden(cells: Mapping[str, int], *, least: int = ENOUGH) -> set[str]:
    """Give which cells of a table with a shown total must not be shown: what is too few, and what would give it away.

    Nothing is in a cell without answers. When the hidden ones together are still too few, the next smallest are hidden
    with them (complementary suppression).
    """
    gone = {name for name, n in cells.items() if 0 < n < least}
    rest = sorted((n, name) for name, n in cells.items() if n >= least)
    while gone and (sum(cells[name] for name in gone) < least or len(gone) == 1) and rest:
        gone.add(rest.pop(0)[1])
    return gone


# ---- units -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    """One unit of a funnel plot: k of n are good."""

    name: str
    k: int
    n: int


@dataclass(frozen=True)
class Funnel:
    """Where units lie by chance alone. spread: how much wider than chance they lie (1: no wider).

    p: the share of all. is_overdispersed: units differ by more than chance and the limits were widened (Laney's p').
    """

    p: float
    spread: float
    is_overdispersed: bool
    dispersion_p: float

    def limits(self, n: int, sigma: float) -> tuple[float, float]:
        """Give the limits around p for a unit of n answers, 0 to 1."""
        return funnel_limits(self.p, n, sigma * self.spread)


def funnel_limits(p: float, n: int, sigma: float) -> tuple[float, float]:
    """Give the limits within which the share of n answers lies when p is true of everybody, cut at 0 and 1."""
    half = sigma * math.sqrt(p * (1 - p) / n)
    return max(0.0, p - half), min(1.0, p + half)


def funnel(units: Sequence[Unit]) -> Funnel:
    """Test whether units differ by more than chance (chi-square, 5 %); widen their limits when they do.

    The spread is the winsorised mean of the squared z values, so that one unusual unit does not hide itself. Units of
    fewer than 30 answers count in p only: their z values are far from normal.
    """
    n = sum(unit.n for unit in units)
    p = sum(unit.k for unit in units) / n if n else 0.0
    able = [unit for unit in units if unit.n >= TREND]
    if len(able) < 3 or not 0 < p < 1:
        return Funnel(p, 1.0, False, 1.0)
    z = sorted((unit.k / unit.n - p) / math.sqrt(p * (1 - p) / unit.n) for unit in able)
    tail = chi_square_tail(sum(one * one for one in z), len(z) - 1)
    cut = len(z) // 10
    inside = [min(max(one, z[cut]), z[-1 - cut]) for one in z]
    phi = sum(one * one for one in inside) / len(inside)
    if tail >= 0.05 or phi <= 1:
        return Funnel(p, 1.0, False, tail)
    return Funnel(p, math.sqrt(phi), True, tail)


# ---- periods -----------------------------------------------------------------------------------------------------

PERIOD = r"^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$"
PUBLISHED_AFTER = timedelta(days=3)  # until then an answer may be edited
WEEKS = (1, 8, 15, 22)


@dataclass(frozen=True)
class Period:
    """A month, quarter, half-year or year: months is 1, 3, 6 or 12. first: its first day."""

    first: date
    months: int

    @property
    def last(self) -> date:
        """Give the last day."""
        return after(self.first, self.months) - timedelta(days=1)

    @property
    def key(self) -> str:
        """Name it as it is asked for: 2026-11, 2026-Q4, 2026-H2, 2026."""
        year, place = self.first.year, (self.first.month - 1) // self.months + 1
        kinds = {1: f"{year}-{self.first.month:02}", 3: f"{year}-Q{place}", 6: f"{year}-H{place}", 12: str(year)}
        return kinds[self.months]

    def before(self) -> "Period":
        """Give the period before this one."""
        return Period(after(self.first, -self.months), self.months)

    def last_year(self) -> "Period":
        """Give the same period of the year before."""
        return Period(after(self.first, -12), self.months)


def after(first: date, months: int) -> date:
    """Give the first day of the month so many months later."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def period(key: str) -> Period:
    """Read a period that fits PERIOD."""
    year, _, part = key.partition("-")
    if not part:
        return Period(date(int(year), 1, 1), 12)
    if part[0] in "QH":
        months = 3 if part[0] == "Q" else 6
        return Period(date(int(year), (int(part[1]) - 1) * months + 1, 1), months)
    return Period(date(int(year), int(part), 1), 1)


def week_of(day: date) -> date:
    """Give the first day of the week of the month in which a day lies: the 1st, 8th, 15th or 22nd."""
    return day.replace(day=max(start for start in WEEKS if start <= day.day))


def next_week(week_on: date) -> date:
    """Give the first day of the week after a week of a month."""
    place = WEEKS.index(week_on.day)
    return week_on.replace(day=WEEKS[place + 1]) if place < 3 else after(week_on.replace(day=1), 1)


def weeks_due(first: date, today: date) -> list[date]:
    """List the weeks from the day `first` on whose answers can no longer change."""
    found, week_on = [], week_of(first)
    while next_week(week_on) - timedelta(days=1) + PUBLISHED_AFTER < today:
        found.append(week_on)
        week_on = next_week(week_on)
    return found


SPANS: Mapping[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def span_of(day: date, span: str) -> Period:
    """Give the span of the calendar in which a day lies."""
    months = SPANS[span]
    return Period(date(day.year, (day.month - 1) // months * months + 1, 1), months)


@dataclass(frozen=True)
class Cell:
    """Answers to one item in one span. kind, mode None: of several."""

    kind: str | None
    mode: str | None
    figures: Figures = field(default_factory=Figures)


def parted(cells: Iterable[Cell], *, is_end: bool) -> tuple[list[Cell], list[Cell]]:
    """Part the answers of a unit to one item in what may be shown and what is withheld for now.

    is_end: the month is over, nothing more comes: what is few is shown together, of one kind first, then of all.
    Every cell that may be shown has at least five answers, and no answer is in two.
    """
    shown, few = _merged(cells)
    if is_end:
        shown_together, few = _merged(
            Cell(cell.kind, _common({c.mode for c in few if c.kind == cell.kind}), cell.figures) for cell in few
        )
        shown += shown_together
        rest = Cell(
            _common({cell.kind for cell in few}),
            _common({cell.mode for cell in few}),
            sum((cell.figures for cell in few), Figures()),
        )
        if rest.figures.answered >= ENOUGH:
            return [*shown, rest], []
    return shown, [cell for cell in few if cell.figures.offered]


def _merged(cells: Iterable[Cell]) -> tuple[list[Cell], list[Cell]]:
    found: dict[tuple[str | None, str | None], Figures] = {}
    for cell in cells:
        key = (cell.kind, cell.mode)
        found[key] = found.get(key, Figures()) + cell.figures
    merged = [Cell(*key, figures) for key, figures in found.items()]
    enough = [cell for cell in merged if cell.figures.answered >= ENOUGH]
    return enough, [cell for cell in merged if cell.figures.answered < ENOUGH]


def _common(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
