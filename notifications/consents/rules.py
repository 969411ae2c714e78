"""One tap and its two reports; what to ask for, and when again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PAIRING = timedelta(minutes=10)  # phone and platform tell the time of one tap at most so far apart
LEDGER_LOOK = timedelta(days=1)  # reports of one tap come at most so far apart

AT_ONCE = 3  # the platform's older apps take no more templates in one pop-up
ASK_AGAIN_DAYS = 7  # after a «no»; policy `consents.ask_again_days`

Tap = tuple[datetime | None, datetime | None]  # when the phone and when the platform say that it was tapped


def taps_of(by_client: Sequence[datetime], by_event: Sequence[datetime]) -> list[Tap]:
    """Pair the reports of the phone with those of the platform into as few taps as they allow; oldest first.

    Both reports of one tap are never further apart than `PAIRING`, so the taps that really were are one such pairing,
    and the fewest are never more than these: whatever is lost, doubled or late, nobody is credited with too much.
    """
    clients, events = sorted(by_client), sorted(by_event)
    taps: list[Tap] = []
    while clients and events:
        client, event = clients[0], events[0]
        if abs(client - event) <= PAIRING:
            taps.append((clients.pop(0), events.pop(0)))
        elif client < event:
            taps.append((clients.pop(0), None))
        else:
            taps.append((None, events.pop(0)))
    return taps + [(client, None) for client in clients] + [(None, event) for event in events]


class Moment(StrEnum):
    """After what the phone may ask."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    FINISHED = "finished"
    WAITLISTED = "waitlisted"
    COMPLAINED = "complained"


# The most important first: a pop-up takes few.
ASK_AFTER: Mapping[Moment, tuple[str, ...]] = {
    Moment.BOOKED: ("appointment_reminder", "queue_called", "appointment_cancelled"),
    Moment.CHECKED_IN: ("queue_called", "visit_finished", "survey_invitation"),
    Moment.FINISHED: ("revisit_reminder", "survey_invitation"),
    Moment.WAITLISTED: ("place_offered", "waitlist_ended", "appointment_reminder"),
    Moment.COMPLAINED: ("complaint_progress",),
}
# How many credits are of use: the evening before and two hours before, the call and the call again.
OF_USE: Mapping[str, int] = {"appointment_reminder": 2, "queue_called": 2}


@dataclass(frozen=True)
class Standing:
    """What an account has allowed for one template. status: accepted, rejected, banned or unknown."""

    key: str
    template_id: str
    credits: int
    status: str
    rejected_at: datetime | None = None


def to_ask(moment: Moment, standings: Sequence[Standing], *, now: datetime, again_after: timedelta) -> list[Standing]:
    """Choose which templates to ask for now, the most important first, at most `AT_ONCE`.

    Not what is banned, not what was refused a short time ago, not what there is enough of, no template twice.
    """
    by_key = {standing.key: standing for standing in standings}
    chosen: dict[str, Standing] = {}
    for key in ASK_AFTER[moment]:
        standing = by_key.get(key)
        if standing is not None and _may_be_asked(standing, now, again_after):
            chosen.setdefault(standing.template_id, standing)
    return list(chosen.values())[:AT_ONCE]


def _may_be_asked(standing: Standing, now: datetime, again_after: timedelta) -> bool:
    if standing.status == "banned" or standing.credits >= OF_USE.get(standing.key, 1):
        return False
    return not (
        standing.status == "rejected" and standing.rejected_at is not None and now < standing.rejected_at + again_after
    )
