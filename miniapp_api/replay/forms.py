"""What goes in and out of the time machine's routes."""

from datetime import date as date_type
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from miniapp_api.boards.forms import WallView
from miniapp_api.queue.forms import Named, QueueView
from miniapp_api.replay.whatif import LETTERS
from server.web import Form, View

Typed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10)]

# ---- forms ---------------------------------------------------------------------------------------------------------


class ReplayQuery(Form):
    """The second to look at."""

    at: AwareDatetime


class ReplayEventsQuery(Form):
    """Which events: between two moments of one day, of one ticket or of all, after a number of the log."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime
    ticket: UUID | None = None
    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


class WhatIfQuery(Form):
    """Another rule for a day. policy: none is the day's own.

    G being early, W without a booking, H needing help, R coming back: minutes, as 20 or 20m. K places behind after a
    miss, N others for each return, late: arrival or ladder. What is not named stays as it was that day.
    """

    date: date_type
    policy: Annotated[str, StringConstraints(max_length=50)] | None = None
    seed: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    G: Typed | None = None
    W: Typed | None = None
    H: Typed | None = None
    R: Typed | None = None
    K: Typed | None = None
    N: Typed | None = None
    late: Typed | None = None

    def settings(self) -> dict[str, str]:
        """Give the settings that were typed."""
        return {name: value for name in (*LETTERS, "late") if (value := getattr(self, name))}


# ---- views ---------------------------------------------------------------------------------------------------------


class PromiseView(View):
    """What was told to a patient at the arrival: how many were ahead, and the wait."""

    at: str
    ahead: int | None
    about_minutes: int | None
    within_minutes: int | None


class ReplayPlace(View):
    """Somebody who waited at that second. ahead: who was called before, for the same doctor or for any."""

    ticket_id: str
    number: str
    place: int
    ahead: int
    promised: PromiseView | None
    rule: str
    rule_version: int
    sort_at: str


class ReplayView(View):
    """A queue and its board at a second, out of the log alone.

    is_certain: false when nothing had yet been written down of the rooms of that day. hash: equal ones showed the same.
    """

    department: Named
    day: str
    at: str
    is_certain: bool
    queue: QueueView
    board: WallView
    waiting: list[ReplayPlace]
    hash: str


class ReplayBy(View):
    """Who did something: patient, staff or system, and from where."""

    kind: str
    name: str
    channel: str


class ReplayEvent(View):
    """A line of the log. text: what happened, as a sentence; rule_text: what the place then rested on."""

    seq: int
    at: str
    kind: str
    act: str
    subject_id: str
    number: str | None
    name: str | None
    room: str | None
    from_state: str | None
    to_state: str | None
    by: ReplayBy
    why: str
    sort_before: str | None
    sort_after: str | None
    rule: str | None
    rule_version: int | None
    sort_at: str | None
    text: str
    rule_text: str


class ReplayEventList(View):
    """Lines of the log in their order. next: the number to go on after; null at the end."""

    items: list[ReplayEvent]
    next: int | None


class BriefScan(View):
    """A scan with what was answered; the refused ones too."""

    at: str
    desk: str
    outcome: str
    reason: str | None
    message: str


class BriefPasser(View):
    """Somebody who came later and was called first, with the rule and why."""

    number: str
    at: str
    room: str
    rule: str
    rule_version: int
    text: str


class BriefTicket(View):
    """A ticket of the visit: the wait as promised and as it was, what happened, who passed."""

    ticket_id: str
    number: str
    arrived_at: str
    promised: PromiseView | None
    called_at: str | None
    waited_minutes: float | None
    events: list[ReplayEvent]
    passed_by: list[BriefPasser]


class BriefMessage(View):
    """A message that the patient was sent."""

    event: str
    title: str
    at: str


class VisitBrief(View):
    """A visit for whoever judges a complaint. moment: the second at which the replay opens; null before any."""

    visit_id: str
    appointment_id: str | None
    department: Named
    day: str
    booked_for: str | None
    moment: str | None
    scans: list[BriefScan]
    tickets: list[BriefTicket]
    messages: list[BriefMessage]


class WaitedView(View):
    """How a class waited, in minutes. overtaken: how often somebody who was there and due later was called before."""

    who: Literal["booked", "late", "walk_in", "return", "priority", "urgent"]
    people: int
    mean_minutes: float
    p95_minutes: float
    overtaken_mean: float
    overtaken_max: int


class WhatIfRule(View):
    """A rule of the order. bound_minutes: what is promised on the wall; null when nothing is."""

    policy: str
    settings: dict[str, int | str]
    bound_minutes: int | None


class WhatIfNotCalled(View):
    """How many were never called."""

    happened: int
    with_own: int
    with_asked: int


class WhatIfView(View):
    """A day as it was, played again by its own rule, and by the one that was asked about.

    same_calls: how many of the calls the day's own rule makes at the same place of the order as they happened; the
    nearer to calls, the more a what-if can be trusted. What people did by hand it cannot know.
    """

    department: Named
    day: str
    visits: int
    own: WhatIfRule
    asked: WhatIfRule
    happened: list[WaitedView]
    with_own: list[WaitedView]
    with_asked: list[WaitedView]
    not_called: WhatIfNotCalled
    same_calls: int
    calls: int
    seed: int


class ReplayDays(View):
    """The days of which something is kept, the newest first."""

    items: list[str]
