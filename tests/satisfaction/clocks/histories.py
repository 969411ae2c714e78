"""Random histories of complaints over 2026, for the product and for the slow calculator."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from satisfaction.clocks.calendars import SHIPPED, Calendar
from satisfaction.clocks.events import Event
from satisfaction.clocks.policies import BEGINNING, Clock, Policy, Promise, Terms, shipped
from satisfaction.clocks.reading import official_with
from server import clock
from tests.satisfaction.clocks.slow import DAY, Happened, Rules, Said

NEW_YEAR = datetime(2026, 1, 1, tzinfo=clock.zone())
LAST_START = 300 * DAY  # so that nothing is due after the end of the year
KINDS = (
    ("acknowledged", 5),
    ("unacknowledged", 3),
    ("responded", 4),
    ("outbound", 5),
    ("question_reached", 9),
    ("inbound", 7),
    ("pause_allowed", 2),
    ("answered", 2),
    ("answer_reached", 2),
    ("confirmed", 1),
    ("reopened", 2),
    ("severity_set", 3),
    ("departments_set", 2),
    ("absorbed", 1),
    ("closed", 1),
)
_NAMES, _WEIGHTS = [name for name, _ in KINDS], [weight for _, weight in KINDS]
GAPS = (0, 1, 7, 30, 60, 240, 480, 720, DAY, 2 * DAY, 5 * DAY)


def moment(minute: int) -> datetime:
    """Give a minute of the year as a moment."""
    return (NEW_YEAR + timedelta(minutes=minute)).astimezone(UTC)


def a_story(dice: random.Random) -> list[Happened]:
    """Make up what happened to one complaint, in order; unlikely things happen more often than they would."""
    at, cycle = dice.randrange(DAY, LAST_START), 1
    story = [Happened(0, at, "received", 1, severity=dice.choice("ABC"))]
    for number in range(1, dice.randrange(2, 16)):
        at += dice.randrange(dice.choice(GAPS) + 1)
        kind = dice.choices(_NAMES, _WEIGHTS)[0]
        more = {}
        if kind == "reopened":
            cycle += 1
            more = {"severity": dice.choice("ABC"), "count": dice.choice((-1, 0, 2))}
        elif kind == "severity_set":
            more = {"severity": dice.choice("ABC")}
        elif kind == "departments_set":
            more = {"count": dice.choice((0, 1, 3))}
        elif kind == "unacknowledged":
            more = {"minutes": dice.choice((-1, 20, 40))}
        elif kind == "question_reached":
            more = {"asked_at": max(0, at - dice.choice((0, 0, 3, 120)))}
        elif kind == "absorbed":
            more = {"since": max(0, at - dice.randrange(5 * DAY))}
        story.append(Happened(number, at, kind, cycle, **more))
    return story


def as_event(one: Happened) -> Event:
    """Write what happened as the product keeps it."""
    data: dict[str, object] = {}
    if one.severity:
        data["severity"] = one.severity
    if one.count >= 0:
        data["count"] = one.count
    if one.minutes >= 0:
        data["minutes"] = one.minutes
    if one.asked_at >= 0:
        data["asked_at"] = moment(one.asked_at).isoformat()
    if one.since >= 0:
        data["since"] = moment(one.since).isoformat()
    return Event(UUID(int=one.number), moment(one.at), one.kind, one.cycle, data)


def some_rules(dice: random.Random, since: int) -> Rules:
    """Make up a version of the promises."""
    kinds = ("around_the_clock", "around_the_clock", "office", "workdays")

    def said(targets: tuple[int, ...], *, is_free: bool) -> Said:
        calendars = {each: dice.choice(kinds) if is_free else "around_the_clock" for each in "ABC"}
        return Said(dice.choice(targets), calendars, dice.choice((40, 50, 60)), dice.choice((70, 80, 90)))

    return Rules(
        since=since,
        promises={
            "acknowledgement": said((10, 20, 60), is_free=False),
            "first_response": said((30, 60, 120), is_free=True),
            "answer": said((480, 1440, 2880), is_free=True),
            "update": said((720, 1440), is_free=False),
            "confirmation": said((1440, 4320), is_free=False),
            "legal": Said(5 * DAY, dict.fromkeys("ABC", "workdays"), 50, 80),
        },
        pauses=dice.choice((0, 1, 2)),
        paused_at_most=dice.choice((60, 24 * 60, 72 * 60)),
        quiet=(dice.choice((20, 21, 22)) * 60, dice.choice((7, 8)) * 60),
    )


def terms_of(versions: list[Rules]) -> Terms:
    """Write versions of the promises as the product knows them, with its own calendars."""
    official = official_with([])
    return Terms(
        policies=tuple(_policy(number, rules) for number, rules in enumerate(versions)),
        calendars={code: Calendar(plan, zone=clock.zone(), official=official) for code, plan in SHIPPED.items()},
    )


def _policy(number: int, rules: Rules) -> Policy:
    promises = {
        Clock(name): Promise(timedelta(minutes=said.target), said.calendars, said.half, said.warn)
        for name, said in rules.promises.items()
    }
    return Policy(
        version=number,
        since=moment(rules.since) if rules.since > 0 else BEGINNING,
        promises={**promises, Clock.LEGAL: shipped().promises[Clock.LEGAL]},
        pauses=rules.pauses,
        paused_at_most=timedelta(minutes=rules.paused_at_most),
        quiet_from=rules.quiet[0],
        quiet_until=rules.quiet[1],
    )
