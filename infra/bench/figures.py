"""Everything that a bench measures, what is compared with what, and what was asked for. Pure."""

from dataclasses import dataclass, field

from infra.bench import hot, searching
from infra.bench.arithmetic import Turn, percentile
from infra.bench.hub import Hub
from infra.bench.opinions import Opinions
from infra.bench.release import FINISHED_SECONDS, PLACES, Checked
from infra.bench.streams import LAST_MS, Listening
from infra.bench.table import Contest, Target
from infra.bench.visiting import CALLERS, Day

BOOKERS = 16  # as many connections as the statement is measured with
SCANNERS = 8
COUNTED_REQUESTS = 50


@dataclass(frozen=True)
class Size:
    """How long it takes. past: appointments that are over; people: each books once or twice; rush: who want a place at
    a release; bursts: of calls by all rooms of a hall; visits: of the day; hub_deliveries: of each turn of the hub;
    answers: to questionnaires; cases: open complaints."""

    rounds: int
    seconds: float
    people: int
    past: int
    deliveries: int
    delivery_rounds: int
    hot_rounds: int
    rush: int
    searches: int
    bursts: int
    visits: int
    hub_deliveries: int
    answers: int
    cases: int


@dataclass
class Figures:
    """Everything that was measured."""

    past: str = ""
    hello: list[Turn] = field(default_factory=list)
    booking: list[Turn] = field(default_factory=list)
    booking_limit: list[Turn] = field(default_factory=list)
    scan: list[Turn] = field(default_factory=list)
    scan_limit: list[Turn] = field(default_factory=list)
    delivery: list[Turn] = field(default_factory=list)
    delivery_limit: list[Turn] = field(default_factory=list)
    posts: list[Turn] = field(default_factory=list)
    search: list[Turn] = field(default_factory=list)
    slots: list[Turn] = field(default_factory=list)
    slots_shown: int = 0
    hot: list[Turn] = field(default_factory=list)
    hot_limit: list[Turn] = field(default_factory=list)
    spread: list[Turn] = field(default_factory=list)
    spread_limit: list[Turn] = field(default_factory=list)
    hot_broken: tuple[str, ...] = ()
    release: Checked | None = None
    call: list[Turn] = field(default_factory=list)
    call_limit: list[Turn] = field(default_factory=list)
    day: Day | None = None
    streams: list[Listening] = field(default_factory=list)
    streams_limit: list[Listening] = field(default_factory=list)
    streams_mixed: list[Listening] = field(default_factory=list)
    hub: Hub | None = None
    opinions: Opinions | None = None
    statements: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    def trouble(self) -> list[str]:
        """List the first answers that were no success, and what the database says against the counters."""
        said = [f"hot band: {sentence}" for sentence in self.hot_broken]
        if self.release is not None:
            said += [f"release: {sentence}" for sentence in self.release.broken]
        said += [f"streams: {what}" for one in (*self.streams, *self.streams_mixed) for what in one.trouble[:3]]
        if self.day is not None:
            said += [f"day: {what}" for what in self.day.trouble[:3]]
        if self.hub is not None:
            said += self.hub.trouble()
        if self.opinions is not None:
            said += self.opinions.trouble
        return said + [
            f"{name}: {what}"
            for name, turns in vars(self).items()
            if isinstance(turns, list)
            for turn in turns
            if isinstance(turn, Turn)
            for what in turn.trouble
        ]


def contests(figures: Figures) -> list[Contest]:
    """Give what is compared with what."""
    return [
        Contest(f"booking over HTTP, {BOOKERS} clients", "one statement each", figures.booking, figures.booking_limit),
        Contest(f"one hot band, {hot.CLIENTS} clients", "one statement each", figures.hot, figures.hot_limit),
        Contest(f"many bands, {hot.CLIENTS} clients", "one statement each", figures.spread, figures.spread_limit),
        Contest(f"scan over HTTP, {SCANNERS} clients", "one statement", figures.scan, figures.scan_limit),
        Contest(
            f"call by {CALLERS} rooms of one queue at once", "one statement each", figures.call, figures.call_limit
        ),
        Contest("delivery by the worker", "bare lease table", figures.delivery, figures.delivery_limit),
        Contest("delivery by the worker", "same HTTP client, no database", figures.delivery, figures.posts),
        *(figures.hub.contests() if figures.hub else ()),
    ]


def targets(figures: Figures) -> list[Target]:
    """Give what was asked for, beside what was measured; nothing for what was not."""
    booked, crowded, spread, scanned, *_ = contests(figures)
    asked: list[tuple[list[Turn], Target]] = [
        (figures.booking, Target("booking, ratio to its statement", booked.ratio.median, 0.5)),
        (figures.hot, Target("hot band, ratio to one statement each", crowded.ratio.median, 3)),
        (figures.hot, _most("hot band, p99 in ms", percentile(figures.hot, 0.99), 150)),
        (figures.spread, Target("many bands, ratio to one statement each", spread.ratio.median, 0.7)),
        (figures.scan, Target("scan, ratio to its statement", scanned.ratio.median, 0.6)),
        (figures.scan, Target("scans a second", scanned.rate.median, 150)),
        (figures.scan, _most("scan, p99 in ms", percentile(figures.scan, 0.99), 60)),
        (
            figures.search,
            _most(f"search with {searching.ENTRIES:,} names, p99 in ms", percentile(figures.search, 0.99), 20),
        ),
        (
            figures.call,
            _most(f"call, p99 in ms when {CALLERS} rooms call at once", percentile(figures.call, 0.99), 500),
        ),
        (figures.slots, _most("slots of a department, p99 in ms", percentile(figures.slots, 0.99), 20)),
    ]
    return [
        *(target for turns, target in asked if turns),
        *(_release(figures.release) if figures.release else ()),
        *(_day(figures.day) if figures.day else ()),
        *(figures.hub.targets() if figures.hub else ()),
        *(figures.opinions.targets if figures.opinions else ()),
        *(_streams("boards", figures.streams) if figures.streams else ()),
        *(_streams("boards and phones", figures.streams_mixed) if figures.streams_mixed else ()),
        *(
            _most(f"statements for one {name}", count, 2 if name == "slots" else 6)
            for name, (count, _) in figures.statements.items()
        ),
    ]


def _streams(who: str, found: list[Listening]) -> tuple[Target, ...]:
    lasts = Turn(0, 1.0, tuple(last for one in found for last in one.lasts))
    readers = found[0].readers
    return (
        _most(
            f"{readers:,} streams of {who}, from a call to the last of them, p99 in ms",
            percentile([lasts], 0.99),
            LAST_MS,
        ),
        _most(f"{readers:,} {who}, streams lost", float(sum(one.lost for one in found)), 0),
    )


def _most(name: str, measured: float, asked: float) -> Target:
    return Target(name, measured, asked, more_is_better=False)


def _day(day: Day) -> tuple[Target, ...]:
    growth = sorted(day.growth())
    return (
        _most("day, a call of a queue at its end against its beginning (median queue)", growth[len(growth) // 2], 1.2),
    )


def _release(checked: Checked) -> tuple[Target, ...]:
    rush = checked.rush
    return (
        _most(f"release of {PLACES} places to {checked.people:,} people, seconds", rush.seconds, FINISHED_SECONDS),
        Target("release, right to the last place and answer", float(checked.is_right), 1),
    )
