"""What goes in and out of the routes of calling: pauses, holds, settings, norms."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from miniapp_api.queue.forms import PauseView, TicketView
from server.web import Form, View, Whole


class RoomPauseForm(Form):
    """Why a room pauses, and when it most likely goes on."""

    reason: Literal["", "break", "emergency", "ward", "cleaning", "other"] = ""
    until: AwareDatetime | None = None


class QueuePauseForm(Form):
    """Why nobody is called from a whole queue, and when it most likely goes on."""

    reason: Literal["break", "emergency", "other"]
    until: AwareDatetime | None = None


class StepAsideForm(Form):
    """For how long somebody steps aside; as the department does when it is not said."""

    minutes: Annotated[Whole, Field(ge=1, le=120)] | None = None


class NormsQuery(Form):
    """Of which day; today when none is named."""

    day: date | None = None


class CallingRulesForm(Form):
    """What a department decides anew about calling; what is not named stays. The bounds are the table's."""

    ready_places: Annotated[Whole, Field(ge=0, le=5)] = 0
    recall_seconds: Annotated[Whole, Field(ge=0, le=120)] = 10
    suggest_after_calls: Annotated[Whole, Field(ge=1, le=10)] = 3
    suggest_after_seconds: Annotated[Whole, Field(ge=20, le=1800)] = 120
    misses_until_gone: Annotated[Whole, Field(ge=1, le=10)] = 3
    hold_minutes: Annotated[Whole, Field(ge=1, le=120)] = 15
    norm_greeted_seconds: Annotated[Whole, Field(ge=1, le=3600)] = 10
    norm_fetched_minutes: Annotated[Whole, Field(ge=1, le=120)] = 5
    norm_wait_minutes: Annotated[Whole, Field(ge=1, le=480)] = 30


class TicketsAnswer(View):
    """Tickets after a step."""

    tickets: list[TicketView]


class QueuePauseView(View):
    """A department and the pause of its whole queue; null while it is called from."""

    id: str
    pause: PauseView | None


class CallingRulesView(View):
    """How a department calls, see `CallingRulesForm`. version 0: nothing was decided yet, these are the defaults."""

    department_id: str
    ready_places: int
    recall_seconds: int
    suggest_after_calls: int
    suggest_after_seconds: int
    misses_until_gone: int
    hold_minutes: int
    norm_greeted_seconds: int
    norm_fetched_minutes: int
    norm_wait_minutes: int
    version: int


class NormWorst(View):
    """One of the longest: since when, and how many seconds."""

    number: str
    since: str
    seconds: int


class NormFigure(View):
    """How many were measured, how many of them within the norm; the median and what nine of ten stayed below."""

    name: Literal["greeted", "wait", "fetched"]
    norm_seconds: int
    count: int
    within: int
    median_seconds: int | None
    p90_seconds: int | None
    worst: list[NormWorst]


class NormBand(View):
    """The waits of those who were booked for one time."""

    starts_at: str
    norm_seconds: int
    count: int
    within: int
    median_seconds: int | None
    p90_seconds: int | None


class NormsView(View):
    """How a department kept its norms on a day; numbers only."""

    department_id: str
    day: str
    measures: list[NormFigure]
    bands: list[NormBand]
