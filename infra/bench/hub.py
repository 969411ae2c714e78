"""The hub under load: a slow provider, no sending at all, from commit to provider, a million plans, workers that died.

Each figure is taken beside the least that does the same, in the same run.
"""

import asyncio
from dataclasses import dataclass, field, replace

from infra.bench import delivering, standin
from infra.bench import hub_turns as turns
from infra.bench.arithmetic import Turn, percentile
from infra.bench.load import Clients
from infra.bench.table import Contest, Target

SENT_ASKED = 2_000  # a second
NOWHERE = "unix:///nowhere/redis.sock"


@dataclass
class Hub:
    """What was measured. found: milliseconds of a claim among few and among many planned deliveries.

    sizes: bytes of the tables that are worked in, after each round of sending and putting away.
    """

    sent: list[Turn] = field(default_factory=list)
    posts: list[Turn] = field(default_factory=list)
    empty: list[Turn] = field(default_factory=list)
    update: list[Turn] = field(default_factory=list)
    with_redis: list[Turn] = field(default_factory=list)
    without_redis: list[Turn] = field(default_factory=list)
    found: tuple[Turn, ...] = ()
    sizes: list[int] = field(default_factory=list)
    recovered_seconds: float | None = None

    def contests(self) -> list[Contest]:
        """Give what is compared with what."""
        return [
            Contest(
                f"deliveries by {turns.WORKERS} workers, provider of {turns.PROVIDER_MS} ms",
                "same HTTP client, no database",
                self.sent,
                self.posts,
            ),
            Contest("deliveries without sending, 1 worker", "one UPDATE of all rows", self.empty, self.update),
        ]

    def said(self) -> list[str]:
        """Give what stands in no contest."""
        lines = [
            f"hub: from a business commit to the provider, {name}: p50 {percentile(waits, 0.5):,.0f} ms,"
            f" p99 {percentile(waits, 0.99):,.0f} ms over {sum(turn.done for turn in waits)} calls to a room"
            for name, waits in (("with Redis", self.with_redis), ("without Redis", self.without_redis))
            if waits
        ]
        if self.found:
            few, many = (percentile([turn], 0.5) for turn in self.found)
            lines.append(
                f"hub: to take {turns.DUE} due deliveries among {turns.PLANNED[0]:,} planned ones {few:.1f} ms,"
                f" among {turns.PLANNED[1]:,} {many:.1f} ms"
            )
        if self.sizes:
            told = ", ".join(f"{size / 2**20:.1f}" for size in self.sizes)
            lines.append(f"hub: the tables that are worked in, after each round sent and put away: {told} MiB")
        if self.recovered_seconds is not None:
            lines.append(
                f"hub: {turns.IN_FLIGHT:,} in flight when every worker died: none stuck"
                f" {self.recovered_seconds:.1f} s after the end of the lease"
            )
        return lines

    def targets(self) -> list[Target]:
        """Give what was asked for."""
        sent, empty = self.contests()
        asked = [
            (
                self.sent,
                Target(f"deliveries a second, provider of {turns.PROVIDER_MS} ms", sent.rate.median, SENT_ASKED),
            ),
            (self.sent, Target("deliveries, ratio to the HTTP client alone", sent.ratio.median, 0.8)),
            (self.empty, Target("deliveries without sending, ratio to one UPDATE", empty.ratio.median, 0.25)),
            (self.with_redis, _most("commit to provider, p50 in ms", percentile(self.with_redis, 0.5), 150)),
            (self.with_redis, _most("commit to provider, p99 in ms", percentile(self.with_redis, 0.99), 1000)),
            (
                self.without_redis,
                _most("commit to provider without Redis, p99 in ms", percentile(self.without_redis, 0.99), 2500),
            ),
        ]
        targets = [target for measured, target in asked if measured]
        if self.found:
            few, many = (percentile([turn], 0.5) for turn in self.found)
            targets.append(_most("due search, a million planned against ten thousand", many / max(few, 0.1), 1.5))
        if self.sizes:
            grown = self.sizes[-1] / max(self.sizes[1], 1)
            targets.append(_most("tables that are worked in, the last round against the second", grown, 1.1))
        if self.recovered_seconds is not None:
            targets.append(_most("recovery of 10,000 in flight, seconds after the lease", self.recovered_seconds, 5))
        return targets

    def trouble(self) -> list[str]:
        """List what did not arrive."""
        return [
            f"hub: {what}"
            for kind in (self.sent, self.posts, self.empty, self.update, self.with_redis, self.without_redis)
            for turn in kind
            for what in turn.trouble
        ]


def _most(name: str, measured: float, asked: float) -> Target:
    return Target(name, measured, asked, more_is_better=False)


async def measure(means: turns.Means) -> Hub:
    """Measure everything, in an order in which nothing disturbs what comes after."""
    hub = Hub()
    await means.connection.execute(delivering.NOTHING_WAITS)
    await means.connection.execute(delivering.OVER)
    workers = [Clients() for _ in range(turns.WORKERS)]
    try:
        with standin.platform(means.stage.platform_port, delay_ms=turns.PROVIDER_MS):
            for number in range(means.rounds):
                means.say(f"· deliveries to a slow provider, round {number + 1} of {means.rounds}")
                hub.posts.append(await turns.posted(means, workers))
                hub.sent.append(await turns.sent(means))
        for number in range(means.rounds):
            means.say(f"· deliveries without sending, round {number + 1} of {means.rounds}")
            hub.update.append(await turns.updated(means))
            hub.empty.append(await turns.emptied(means, workers[0]))
        means.say(f"· {turns.CHURNS} rounds of sending and putting away")
        hub.sizes = await turns.churned(means, workers[0])
        await _latency(means, hub, workers[0])
        means.say(f"· {turns.PLANNED[1]:,} planned deliveries")
        hub.found = (await turns.found(means, turns.PLANNED[0]), await turns.found(means, turns.PLANNED[1]))
        means.say(f"· {turns.IN_FLIGHT:,} in flight of dead workers")
        hub.recovered_seconds = await turns.recovered(means)
    finally:
        for worker in workers:
            worker.close()
    return hub


async def _latency(means: turns.Means, hub: Hub, worker: Clients) -> None:
    """Call people one after another; the worker hears of it by the bell, or looks by itself."""
    port = means.stage.platform_port
    seconds = 15 if means.rounds > 1 else 6
    for waits, redis_url in ((hub.with_redis, means.stage.environment["REDIS_URL"]), (hub.without_redis, NOWHERE)):
        means.say("· from commit to provider" + (" without Redis" if redis_url == NOWHERE else ""))
        environment = {**means.stage.environment, "REDIS_URL": redis_url}
        stage = replace(means.stage, environment=environment)
        with standin.platform(port), turns.working(replace(means, stage=stage), 1):
            people = means.people[: turns.CALLS_A_SECOND * seconds]
            await delivering.consents(means.connection, people)
            openids = {
                row["id"]: row["openid"]
                for row in await means.connection.fetch(
                    "SELECT id, openid FROM account WHERE id = ANY($1)", [one.account_id for one in people]
                )
            }
            committed = await asyncio.to_thread(
                worker.run, turns.call_turn, environment, [(one.account_id, one.patient_id) for one in people]
            )
            seen = await turns.all_seen(port, [openids[account] for account in committed])
        arrived = [(seen[openids[one]] - at) * 1000 for one, at in committed.items() if openids[one] in seen]
        trouble = () if len(arrived) == len(people) else (f"{len(arrived)} of {len(people)} arrived",)
        waits.append(Turn(len(arrived), float(seconds), tuple(arrived), trouble))
