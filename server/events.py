"""Facts: `publish` writes a row in the transaction of the change, `relay` hands each fact to each subscriber once.

A subscriber only writes to the database: its writes and the mark «handled» share a transaction, so each fact takes
effect exactly once per subscriber, whatever dies in between.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter

from server import db
from server.facts import Fact, as_payload, from_payload
from server.ids import new_id
from server.jobs import ring

log = structlog.get_logger("events")
failures = Counter("hospital_fact_failures_total", "Facts that a subscriber could not handle", ["subscriber"])

Handler = Callable[[Any], Awaitable[None]]
Subscriptions = Mapping[type[Fact], Sequence[Handler]]

BATCH = 100
RETRY_SECONDS = (1, 2, 5, 15, 60, 300)  # a failing handler is tried again with growing pauses, for ever

INSERT_FACT = "INSERT INTO fact (id, name, payload, happened_at) VALUES ($1, $2, $3, app_now())"

INSERT_FACTS = (
    "INSERT INTO fact (id, name, payload, happened_at) SELECT id, name, payload::jsonb, app_now()"
    " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, name, payload)"
)


def fact_row(fact: Fact) -> tuple[UUID, str, str]:
    """Give a fact as (id, name, payload) for a statement that does a whole effect at once."""
    return new_id(), type(fact).__name__, orjson.dumps(as_payload(fact)).decode()


async def publish(fact: Fact) -> None:
    """Write down that something happened, in the transaction of the change.

    Raises: RuntimeError outside a transaction.
    """
    if not db.in_a_transaction():
        raise RuntimeError(f"{type(fact).__name__} must be published inside the transaction of its change")
    await db.fetch(INSERT_FACT, *fact_row(fact))
    ring("relay")


async def publish_all(facts: Iterable[Fact]) -> None:
    """Write down that many things happened, in their order, by one statement.

    Raises: RuntimeError outside a transaction.
    """
    rows = [fact_row(fact) for fact in facts]
    if not rows:
        return
    if not db.in_a_transaction():
        raise RuntimeError("facts must be published inside the transaction of their change")
    ids, names, payloads = zip(*rows, strict=True)
    await db.fetch(INSERT_FACTS, list(ids), list(names), list(payloads))
    ring("relay")


def name_of(handler: Handler) -> str:
    """Name a subscriber so that its marks outlive a release: `package.module.function`."""
    return f"{handler.__module__}.{handler.__qualname__}"


# Locked in one order: two relays that are done with the same facts must not wait for each other in turn. $1 facts
RELAYED = """
WITH done AS MATERIALIZED (
    SELECT id FROM fact WHERE id = ANY($1::uuid[]) AND relayed_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE fact SET relayed_at = app_now() FROM done WHERE fact.id = done.id
"""


class Relay:
    """Hands facts to subscribers, oldest first."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._listeners: dict[Handler, set[str]] = {}
        for kind, handlers in subscriptions.items():
            for handler in handlers:
                self._listeners.setdefault(handler, set()).add(kind.__name__)

    async def run(self) -> int:
        """Hand over everything that waits; give the number of facts that are done."""
        done = 0
        while True:
            # ids commit out of order, so look for waiting rows instead of keeping a cursor
            facts = await db.fetch(
                "SELECT id, name, payload, tries FROM fact WHERE relayed_at IS NULL"
                " AND (next_try_at IS NULL OR next_try_at <= app_now()) ORDER BY id LIMIT $1",
                BATCH,
            )
            if not facts:
                return done
            failed: dict[UUID, str] = {}
            for handler, names in self._listeners.items():
                mine = [fact for fact in facts if fact["name"] in names]
                if mine:
                    failed |= await self._hand_over(handler, mine)
            ids = [fact["id"] for fact in facts if fact["id"] not in failed]
            await db.fetch(RELAYED, ids)
            for fact in facts:
                if fact["id"] in failed:
                    pause = RETRY_SECONDS[min(fact["tries"], len(RETRY_SECONDS) - 1)]
                    await db.fetch(
                        "UPDATE fact SET tries = tries + 1, last_error = $2,"
                        " next_try_at = app_now() + make_interval(secs => $3) WHERE id = $1",
                        fact["id"],
                        failed[fact["id"]],
                        float(pause),
                    )
            done += len(ids)

    async def _hand_over(self, handler: Handler, facts: list[dict[str, Any]]) -> dict[UUID, str]:
        subscriber = name_of(handler)
        failed: dict[UUID, str] = {}
        async with db.transaction():
            fresh = {
                row["fact_id"]
                for row in await db.fetch(
                    "INSERT INTO fact_handled (fact_id, subscriber) SELECT unnest($1::uuid[]), $2"
                    " ON CONFLICT DO NOTHING RETURNING fact_id",
                    [fact["id"] for fact in facts],
                    subscriber,
                )
            }
            for fact in facts:
                if fact["id"] not in fresh:
                    continue
                try:
                    async with db.transaction():
                        await handler(from_payload(fact["name"], orjson.loads(fact["payload"])))
                except Exception as error:  # one bad fact must not stop the others
                    failures.labels(subscriber).inc()
                    log.exception("fact_failed", subscriber=subscriber, fact=str(fact["id"]), name=fact["name"])
                    failed[fact["id"]] = f"{subscriber}: {type(error).__name__}"
            if failed:
                await db.fetch(
                    "DELETE FROM fact_handled WHERE subscriber = $1 AND fact_id = ANY($2::uuid[])",
                    subscriber,
                    list(failed),
                )
        return failed
