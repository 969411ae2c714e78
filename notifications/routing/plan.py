"""Who would get what, when, by which channel and why, and why not: the router's decisions with nothing written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.notices.notice import Notice
from notifications.routing.content import content_of, words_of
from notifications.routing.limits import Leaving, leaving
from notifications.routing.reading import Situation, To, asked_of, load_of, situations
from notifications.routing.rules import GROUP_OF, SILENT, Chain, Step, When, chain_from
from notifications.routing.ways import Chosen, Ways, ways_from
from server import clock, db

_LATER = {When.ALWAYS: "later", When.NOT_DELIVERED: "if_not_delivered", When.NOT_READ: "if_not_read"}


@dataclass(frozen=True)
class PlannedWay:
    """What one channel would do.

    will: at_once, held, later, if_not_delivered, if_not_read, skipped, suppressed or expired. at: when; None for what
    will not happen. reason: a code of `reasons`, empty for what will simply happen.
    """

    step: int
    channel: str
    will: str
    at: datetime | None
    reason: str


@dataclass(frozen=True)
class Plan:
    """What would become of a message. route: name and version. deadline: useless after."""

    route: str
    title: str
    lines: tuple[tuple[str, str], ...]
    deadline: datetime
    ways: tuple[PlannedWay, ...]


# $1 hash of person and words, $2 for how long they are not said again, $3 person, $4 class, $5 places in an hour, a
# day and 30 days, $6 moments, $7 zone, $8 silent channels
FORESEEN = """
SELECT EXISTS (SELECT FROM content_told c WHERE c.key = $1 AND c.told_at > app_now() - $2::interval
               AND NOT coalesce((SELECT bool_and(d.state IN ('failed', 'suppressed', 'expired', 'cancelled'))
                                 FROM delivery d WHERE d.message_id = c.message_id AND d.channel <> ALL ($8::text[])),
                                false)) AS is_duplicate,
       (SELECT min(t.moment) FROM unnest($6::timestamptz[]) AS t (moment) WHERE $5::integer[] IS NULL OR (
           (SELECT count(*) FROM contact_slot s WHERE s.person_id = $3 AND s.pool = $4
            AND s.hour = date_trunc('hour', t.moment)) < ($5::integer[])[1]
           AND (SELECT count(*) FROM contact_slot s WHERE s.person_id = $3 AND s.pool = $4
                AND s.day = (t.moment AT TIME ZONE $7)::date) < ($5::integer[])[2]
           AND (SELECT count(*) FROM contact_slot s WHERE s.person_id = $3 AND s.pool = $4
                AND s.month = ((t.moment AT TIME ZONE $7)::date - date '2000-01-01') / 30) < ($5::integer[])[3]
       )) AS moment
"""


async def plan_of(notice: Notice, to: To, *, at: datetime | None = None, chain: Chain | None = None) -> Plan:
    """Tell what would become of a notice; nothing is written.

    at: when it would be posted, instead of now. chain: ways to try, instead of those in force.
    """
    situation = (await situations([asked_of(notice, to)]))[0]
    if chain is not None or notice.chain:
        name = situation.route if chain is None else f"{situation.route.partition(':')[0]}:draft"
        situation = situation.with_chain(name, chain_from(notice.chain) if chain is None else chain)
    moment = at or situation.at
    may = leaving(load_of(notice), situation.settings, at=moment)
    seen = await _foreseen(notice, situation, may)
    return Plan(
        route=situation.route,
        title=notice.title,
        lines=notice.lines,
        deadline=notice.deadline,
        ways=tuple(planned_ways(notice, situation, may, at=moment, seen=seen)),
    )


async def _foreseen(notice: Notice, situation: Situation, may: Leaving) -> dict[str, Any]:
    """Ask whether the words were said already, and when there is a free place."""
    if not may.moments:
        return {"is_duplicate": False, "moment": None}
    load = load_of(notice)
    rows = await db.fetch(
        FORESEEN,
        words_of(notice, situation),
        situation.settings.dedupe,
        situation.person_id,
        load.pool,
        may.caps,
        list(may.moments),
        clock.zone().key,
        list(SILENT),
    )
    return rows[0]


def planned_ways(
    notice: Notice, situation: Situation, may: Leaving, *, at: datetime, seen: dict[str, Any]
) -> list[PlannedWay]:
    """Walk the whole chain as if no way reached the person.

    at: when the message is made. seen: `is_duplicate`, and `moment`, the first with a free place, or None.
    """
    content, chain = content_of(notice), situation.chain
    first = ways_from(0, content, situation=situation)
    found = _left_out(first)
    found.extend(_first(one, situation, may, at=at, seen=seen) for one in first.chosen)
    taken = frozenset(one.channel for one in first.chosen)
    is_over = next((way.reason for way in found if way.will in ("suppressed", "expired")), "")
    number, begins = first.next_step, seen["moment"] or at
    while number is not None:
        step = chain[number]
        begins += step.wait
        why_not = is_over or ("deadline" if begins >= notice.deadline else "")
        if why_not:
            found.extend(PlannedWay(number, name, "skipped", None, why_not) for name in step.channels)
            number = number + 1 if number + 1 < len(chain) else None
            continue
        ways = ways_from(number, content, situation=situation, taken=taken, is_first=False)
        may = leaving(load_of(notice), situation.settings, at=begins)
        found.extend(_left_out(ways))
        found.extend(_later(one, step, may, begins=begins) for one in ways.chosen)
        taken |= {one.channel for one in ways.chosen}
        number = ways.next_step
    return sorted(found, key=lambda way: (way.step, _place(chain[way.step], way.channel)))


def _place(step: Step, channel: str) -> int:
    """Give where a channel, or the group that it belongs to, stands in a step."""
    named = channel if channel in step.channels else GROUP_OF.get(channel, channel)
    return step.channels.index(named) if named in step.channels else len(step.channels)


def _left_out(ways: Ways) -> list[PlannedWay]:
    return [PlannedWay(skip.step, skip.channel, "skipped", None, skip.reason) for skip in ways.skipped]


def _first(one: Chosen, situation: Situation, may: Leaving, *, at: datetime, seen: dict[str, Any]) -> PlannedWay:
    if situation.is_withdrawn:
        return PlannedWay(one.step, one.channel, "suppressed", None, "consent_withdrawn")
    if one.is_instant:
        return PlannedWay(one.step, one.channel, "at_once", at, "")
    if not may.moments:
        return PlannedWay(one.step, one.channel, "expired", None, may.reason)
    if seen["is_duplicate"] or seen["moment"] is None:
        return PlannedWay(one.step, one.channel, "suppressed", None, "duplicate" if seen["is_duplicate"] else "cap")
    if seen["moment"] <= at:
        return PlannedWay(one.step, one.channel, "at_once", at, "")
    return PlannedWay(one.step, one.channel, "held", seen["moment"], may.why(seen["moment"]))


def _later(one: Chosen, step: Step, may: Leaving, *, begins: datetime) -> PlannedWay:
    if not may.moments and not one.is_instant:
        return PlannedWay(one.step, one.channel, "expired", None, may.reason)
    moment = begins if one.is_instant else may.moments[0]
    return PlannedWay(one.step, one.channel, _LATER[step.when], moment, "" if one.is_instant else may.why(moment))
