"""How the channels are doing: what waits in each lane and for how long, the pulse of the last hour, the breaker.

What is counted is what waits now and what was done in the last hour, so a long history costs nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from notifications.channels import CHANNELS, sending
from notifications.hub import ring_for_sending
from notifications.operations.rules import LANES
from notifications.providers import actions as providers
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.ids import first_id

HOUR = timedelta(hours=1)
BAR_MINUTES = 5
BARS = 12
CAUSES = 3
COUNTED = 1000  # what waits is counted up to here
BAD = ("refused", "retry", "unknown")

# $1 channels, $2 lanes, $3 up to where is counted. A few looks into the index of what waits for each lane, however
# many wait there.
WAITING = """
SELECT c.name AS channel, l.lane,
    (SELECT count(*) FROM (
        SELECT FROM delivery d WHERE d.channel = c.name AND d.priority = l.lane AND d.due_at <= app_now()
        AND d.state IN ('planned', 'held', 'ready', 'retry_wait') LIMIT $3) due) AS due,
    (SELECT count(*) FROM (
        SELECT FROM delivery d WHERE d.channel = c.name AND d.priority = l.lane AND d.due_at > app_now()
        AND d.state IN ('planned', 'held', 'ready', 'retry_wait') LIMIT $3) later) AS later,
    (SELECT extract(epoch FROM app_now() - d.due_at) FROM delivery d
     WHERE d.channel = c.name AND d.priority = l.lane AND d.due_at <= app_now()
     AND d.state IN ('planned', 'held', 'ready', 'retry_wait') ORDER BY d.due_at LIMIT 1) AS lag
FROM unnest($1::text[]) AS c (name) CROSS JOIN unnest($2::int[]) AS l (lane)
"""

UNDER_WAY = """
SELECT channel, count(*) FILTER (WHERE state <> 'unknown') AS in_flight, count(*) FILTER (WHERE state = 'unknown')
       AS unknown
FROM (
    SELECT channel, state FROM delivery WHERE state IN ('leased', 'sending')
    UNION ALL SELECT channel, state FROM delivery WHERE state = 'unknown' AND NOT is_settled
) open GROUP BY channel
"""

# $1 first id that can be of the last hour. By channel, minutes ago, outcome and code.
PULSE = """
SELECT d.channel, floor(extract(epoch FROM app_now() - a.started_at) / 60)::int AS ago,
       coalesce(a.outcome, '') AS outcome, CASE WHEN a.outcome <> 'accepted' THEN a.code ELSE '' END AS code,
       count(*) AS calls
FROM attempt a JOIN delivery d ON d.id = a.delivery_id
WHERE a.id >= $1 AND a.started_at > app_now() - interval '1 hour'
GROUP BY 1, 2, 3, 4
"""

# $1 first id
BORN = "SELECT channel, state, count(*) AS n FROM delivery WHERE id >= $1 GROUP BY channel, state"


async def channels() -> list[dict[str, Any]]:
    """Give how each sending channel is doing."""
    names = [channel.name for channel in sending()]
    waiting = _by_channel(await db.fetch(WAITING, names, list(range(len(LANES))), COUNTED))
    under_way = _by_channel(await db.fetch(UNDER_WAY))
    first = first_id(HOUR)
    pulses, borns = _by_channel(await db.fetch(PULSE, first)), _by_channel(await db.fetch(BORN, first))
    return [
        {
            "name": health["channel"],
            "is_set_up": CHANNELS[health["channel"]].is_set_up(),
            **{name: health[name] for name in _HEALTH},
            **_lanes(waiting[health["channel"]]),
            **(under_way[health["channel"]] or [{"in_flight": 0, "unknown": 0}])[0],
            **_pulse(pulses[health["channel"]]),
            "counts": {row["state"]: row["n"] for row in borns[health["channel"]]},
        }
        for health in await providers.channel_health()
        if health["channel"] in names
    ]


async def pause(staff: SignedInStaff, name: str, *, is_paused: bool) -> dict[str, Any]:
    """Stop a channel, or let it go on, which also tries at once what rests. What is due waits in the table.

    Raises: NotFound for a channel that sends nothing.
    """
    if name not in [channel.name for channel in sending()]:
        raise NotFound()
    await providers.pause(name, is_paused=is_paused, by=staff.id)
    ring_for_sending()
    return next(channel for channel in await channels() if channel["name"] == name)


_HEALTH = (
    "is_paused",
    "paused_at",
    "breaker",
    "troubles",
    "opened_at",
    "cause",
    "rests_until",
    "rests_why",
    "used_minute",
    "used_day",
    "per_second",
    "per_minute",
    "per_day",
)


def _by_channel(rows: Sequence[dict[str, Any]]) -> Mapping[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["channel"]].append({name: value for name, value in row.items() if name != "channel"})
    return found


def _lanes(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    lanes = [
        {
            "lane": LANES[row["lane"]],
            "waiting": row["due"],
            "later": row["later"],
            "is_more": COUNTED in (row["due"], row["later"]),
            "lag_seconds": int(row["lag"] or 0),
        }
        for row in sorted(rows, key=lambda row: row["lane"])
    ]
    return {
        "lanes": lanes,
        "waiting": sum(lane["waiting"] + lane["later"] for lane in lanes),
        "lag_seconds": max((lane["lag_seconds"] for lane in lanes), default=0),
    }


def _pulse(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Draw the last hour: calls of the last minute, bars of five minutes from the oldest on, what failed and why."""
    bars = [{"calls": 0, "failed": 0} for _ in range(BARS)]
    causes: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        bar = bars[BARS - 1 - min(max(row["ago"], 0) // BAR_MINUTES, BARS - 1)]
        bar["calls"] += row["calls"]
        if row["outcome"] in BAD:
            bar["failed"] += row["calls"]
            causes[row["outcome"], row["code"]] += row["calls"]
    worst = sorted(causes.items(), key=lambda one: (-one[1], one[0]))[:CAUSES]
    return {
        "rate_per_minute": sum(row["calls"] for row in rows if row["ago"] <= 0),
        "calls_hour": sum(bar["calls"] for bar in bars),
        "failed_hour": sum(bar["failed"] for bar in bars),
        "bars": bars,
        "causes": [{"outcome": outcome, "code": code, "calls": calls} for (outcome, code), calls in worst],
    }
