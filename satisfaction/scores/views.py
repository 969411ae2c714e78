"""What goes in and out of the routes of scores."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from satisfaction.scores.rules import PERIOD, Band, Verdict
from server.web import Form, ShortText, View

Kind = Literal["outpatient", "discharge", "monthly", "phone", "interview", "poster"]
Mode = Literal["miniapp", "web", "phone", "interview", "poster"]
PeriodKey = Annotated[str, StringConstraints(pattern=PERIOD)]
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class ScoresQuery(Form):
    """Which scores. period: 2026-11, 2026-Q4, 2026-H2 or 2026; none: the last whole month."""

    period: PeriodKey | None = None
    compare: Literal["previous", "last_year"] = "previous"
    department: UUID | None = None
    kind: Kind | None = None
    mode: Mode | None = None


class ScoreUnitsQuery(ScoresQuery):
    """Which units, and by which item they are laid side by side."""

    item: ItemId = "overall"


class ScoreTrendQuery(Form):
    """A trend over months up to one. item: one item; none: the total."""

    period: PeriodKey | None = None
    months: Annotated[int, Field(ge=3, le=36)] = 13
    item: ItemId | None = None
    department: UUID | None = None
    kind: Kind | None = None
    mode: Mode | None = None


class ScoreResponsesQuery(Form):
    """The invitations of a period."""

    period: PeriodKey | None = None
    department: UUID | None = None
    kind: Kind | None = None


class ScoreReportQuery(Form):
    """From which day to which; what is shown are the whole months that these days touch."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    department: UUID | None = None
    kind: Kind | None = None
    mode: Mode | None = None

    @model_validator(mode="after")
    def in_order(self) -> "ScoreReportQuery":
        """Refuse a time that ends before it begins, and one that is too long."""
        if self.from_ and self.to and not 0 <= (self.to - self.from_).days <= 1100:
            raise ValueError("from at most three years before to")
        return self


class ScoreInterval(View):
    """A figure with its 95 % interval, in percent or points."""

    value: float
    low: float
    high: float


class ScoreChange(View):
    """How a figure changed against the period that it is compared with, which had n answers. In points."""

    difference: float
    low: float
    high: float
    verdict: Verdict
    n: int


class ScoreTile(View):
    """One of the large figures; code: total, fft_positive, fft_negative, csat, top_box, nps. figure null: too few.

    before: the figure of the period it is compared with; change null: too few on one of the sides.
    """

    code: str
    n: int
    band: Band
    figure: ScoreInterval | None
    before: ScoreInterval | None
    change: ScoreChange | None


class ScoreItem(View):
    """One item. offered: people who were asked; n: valid answers. negative: the share of the bad end."""

    item: str
    text: str
    dimension: str
    dimension_name: str
    scale: str
    n: int
    offered: int
    not_applicable: int
    band: Band
    mean: ScoreInterval | None
    top_box: ScoreInterval | None
    csat: ScoreInterval | None
    negative: ScoreInterval | None
    nps: ScoreInterval | None
    change: ScoreChange | None


class ScoreDimension(View):
    """One dimension: the mean of its items, each of which weighs the same. n: of the item with the fewest answers."""

    dimension: str
    name: str
    n: int
    band: Band
    mean: ScoreInterval | None
    change: ScoreChange | None
    items: list[str]


class ScorePeriod(View):
    """A span of whole months, both days included."""

    key: str
    first: str
    last: str


class ScoreWeights(View):
    """How much each dimension weighs in the total; those that are not named weigh 1. version 0: nothing was decided."""

    version: int
    weights: dict[str, float]


class ScoresView(View):
    """Scores of a period. published_until: the last day that was published; later answers are not in it.

    lowest: up to three items with the lowest means of those with at least 30 answers. response_rate: share of answered
    invitations; is_rate_low: below 10 %, so that the scores may not stand for all patients.
    """

    period: ScorePeriod
    compared_with: ScorePeriod
    published_until: str | None
    tiles: list[ScoreTile]
    dimensions: list[ScoreDimension]
    items: list[ScoreItem]
    lowest: list[str]
    weights: ScoreWeights
    invited: int
    response_rate: float | None
    is_rate_low: bool


class ScoreUnit(View):
    """A department in a funnel plot. place: inside, watch (beyond two sigma) or beyond (three), with the side it is on.

    figure: the share of good answers in percent. place is said from 30 answers on.
    """

    department_id: UUID | None
    name: str
    n: int
    band: Band
    figure: ScoreInterval | None
    place: Literal["inside", "watch_low", "watch_high", "beyond_low", "beyond_high"] | None


class ScoreLimit(View):
    """The limits of a unit with n answers, in percent."""

    n: int
    low2: float
    high2: float
    low3: float
    high3: float


class ScoreUnitsView(View):
    """Units beside what chance alone would do. is_overdispersed: they differ by more, and the limits were widened."""

    period: ScorePeriod
    item: str
    text: str
    share: float | None
    spread: float
    is_overdispersed: bool
    dispersion_p: float
    units: list[ScoreUnit]
    limits: list[ScoreLimit]


class ScoreMonth(View):
    """A month of a trend, and the same month of the year before."""

    month: str
    n: int
    band: Band
    figure: ScoreInterval | None
    last_year: ScoreInterval | None


class ScoreTrendView(View):
    """A trend. item: empty for the total."""

    item: str
    text: str
    months: list[ScoreMonth]


class ScoreStep(View):
    """One step of the funnel of responses. share: of those who were invited."""

    code: str
    n: int
    share: float | None


class ScoreSkips(View):
    """How many were not asked, and why."""

    reason: str
    n: int


class ScoreDepartmentResponses(View):
    """The invitations of a department. answered null: too few, or it would give away another's."""

    department_id: UUID
    name: str
    invited: int
    answered: int | None
    rate: float | None


class ScoreResponsesView(View):
    """What became of the invitations of a period. is_rate_low: fewer than 10 % answered."""

    period: ScorePeriod
    steps: list[ScoreStep]
    skipped: list[ScoreSkips]
    departments: list[ScoreDepartmentResponses]
    response_rate: float | None
    is_rate_low: bool


class ScoreWeightsForm(Form):
    """New weights, 0 to 10 by dimension; those that are not named weigh 1."""

    weights: Annotated[dict[ItemId, Annotated[float, Field(ge=0, le=10)]], Field(max_length=40)]
    why: ShortText


class ScoreWeightsVersion(ScoreWeights):
    """One decision about weights."""

    at: str
    by_name: str
    why: str


class ScoreWeightsView(View):
    """The weights in force, and how they came about, newest first."""

    version: int
    weights: dict[str, float]
    dimensions: dict[str, str]
    history: list[ScoreWeightsVersion]


class ScoreReportLine(View):
    """One item of one department within the report's months; figures null: too few."""

    department: str
    dimension: str
    item: str
    text: str
    n: int
    offered: int
    mean: ScoreInterval | None
    top_box: ScoreInterval | None
    csat: ScoreInterval | None


class ScoreReport(View):
    """Scores by department and item."""

    first: str
    last: str
    items: list[ScoreReportLine]
