"""The statements against PostgreSQL, with each guard and without it: the model's guards are the statements' guards."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from infra.chaos.guards import FENCE, HALF_A_LEASE, IN_PYTHON, OWNER, PIECES, STATE, Piece, without
from notifications import hub
from notifications.channels import CHANNELS
from notifications.channels.content import Content
from notifications.machine import Event, Guard, of
from notifications.outbox import statements
from notifications.outbox.lanes import Lane
from notifications.outbox.parcels import Parcel
from notifications.rules import CANCELLABLE, LEASE, MAX_TRIES, RETRIABLE, WAITING, Outcome
from notifications.rules import SETTLE as SETTLE_TIME
from server import db
from server.ids import new_id
from tests import props
from tests.notifications.proof.world import HOUR, World

CHANNEL = "wechat_subscribe"
SOON = timedelta(seconds=1)


@dataclass(frozen=True)
class Case:
    """A row before a statement, and its state after it, with the guard and without it.

    row, message: what differs from a message that has just been taken (fence 1). fence: under which the caller works.
    """

    statement: str
    row: dict[str, Any]
    kept: str
    broken: str
    message: dict[str, Any] = field(default_factory=dict)
    fence: int = 1
    told: str = "accepted"
    alert: bool = False


def _at(world: World, value: Any) -> Any:
    return world.now + value if isinstance(value, timedelta) else value


MINE = {"state": "leased", "owner": "A", "lease_until": LEASE}
CASES: dict[Guard, Case] = {
    Guard.WAITS: Case(
        "CLAIM", {"state": "sending", "owner": "B", "lease_until": LEASE, "due_at": -HOUR}, "sending", "leased"
    ),
    Guard.DUE: Case("CLAIM", {"state": "planned", "due_at": HOUR / 2}, "planned", "leased"),
    Guard.HELD: Case("INTEND", {**MINE, "fence": 2, "owner": "B"}, "leased", "sending"),
    Guard.IN_TIME: Case("INTEND", {**MINE, "deadline": -SOON}, "expired", "sending"),
    Guard.WANTED: Case("INTEND", MINE, "cancelled", "sending", {"visit_at": HOUR}),
    Guard.ALLOWED: Case("INTEND", MINE, "suppressed", "sending"),
    Guard.CURRENT: Case(
        "RECORD", {"state": "sending", "fence": 2, "owner": "B", "lease_until": LEASE}, "sending", "accepted"
    ),
    Guard.ANSWERABLE: Case("RECORD", {"state": "delivered"}, "delivered", "unknown", told="unknown"),
    Guard.OVER: Case("SWEEP", {"state": "sending", "owner": "A", "lease_until": LEASE}, "sending", "unknown"),
    Guard.NOT_BEGUN: Case("SWEEP", {"state": "sending", "owner": "A", "lease_until": -SOON}, "unknown", "ready"),
    Guard.SETTLED: Case(
        "SETTLE",
        {"state": "unknown", "reason": "x", "due_at": HOUR / 2},
        "unknown",
        "ready",
        {"class": "alert"},
        alert=True,
    ),
    Guard.HARMLESS: Case("SETTLE", {"state": "unknown", "reason": "x", "due_at": -SOON}, "unknown", "ready"),
    Guard.BOUNDED: Case(
        "SETTLE",
        {"state": "unknown", "reason": "x", "due_at": -SOON, "tries": MAX_TRIES},
        "unknown",
        "ready",
        {"class": "alert"},
        alert=True,
    ),
    Guard.RANK: Case("APPLY_RECEIPTS", {"state": "delivered"}, "delivered", "undelivered"),
}
# The guards that stand in both steps stand in the one that is both.
WAITS = {"state": "planned", "due_at": -SOON}
TAKEN: dict[Guard, Case] = {
    Guard.WAITS: Case("TAKE", {**MINE, "owner": "B", "due_at": -HOUR}, "leased", "sending"),
    Guard.DUE: Case("TAKE", {"state": "planned", "due_at": HOUR / 2}, "planned", "sending"),
    Guard.IN_TIME: Case("TAKE", {**WAITS, "deadline": -SOON}, "planned", "sending"),
    Guard.WANTED: Case("TAKE", WAITS, "cancelled", "sending", {"visit_at": HOUR}),
    Guard.ALLOWED: Case("TAKE", WAITS, "suppressed", "sending"),
}
# Each of the four that make «mine» alone, where the other three do not help.
MINE_ALONE: dict[str, tuple[Piece, dict[str, Any]]] = {
    "fence": (FENCE, {"fence": 2}),
    "owner": (OWNER, {"owner": "B"}),
    "lease": (HALF_A_LEASE, {"lease_until": SOON}),
    "state": (STATE, {"state": "cancelled", "reason": "by_hand"}),
}


class _Back(Exception):
    """Takes everything back."""


async def _play(case: Case, text: str, **row: Any) -> dict[str, Any]:
    """Set the row up, run the statement, give the row; nothing stays."""
    found: list[dict[str, Any]] = []
    with pytest.raises(_Back):
        async with db.transaction():
            world = await World().make()
            await _set(world, "message", world.message_id, case.message)
            await _set(world, "delivery", world.delivery_id, {**case.row, **row})
            if case.alert:
                subject = await db.fetch_one("SELECT subject_id FROM message WHERE id = $1", world.message_id)
                own = {"key": "k", "kind": "complaint", "subject_kind": "test", "subject_id": subject["subject_id"]}
                await props.insert("alert", **own, staff_id=world.staff_id, title="x", state="raised")
            await db.fetch(text, *await _arguments(case, world))
            found += await db.fetch("SELECT * FROM delivery WHERE id = $1", world.delivery_id)
            raise _Back
    return found[0]


async def _set(world: World, table: str, row_id: Any, values: dict[str, Any]) -> None:
    if values:
        columns = ", ".join(f"{column} = ${n}" for n, column in enumerate(values, 2))
        await db.fetch(
            f"UPDATE {table} SET {columns} WHERE id = $1", row_id, *(_at(world, value) for value in values.values())
        )


async def _arguments(case: Case, world: World) -> tuple[Any, ...]:
    one = [world.delivery_id]
    match case.statement:
        case "CLAIM":
            return (CHANNEL, 10, 10, 10, "C", LEASE)
        case "TAKE" | "INTEND":
            # the attempt under the old lease stands already: another one under this fence would be the same row
            await db.fetch("DELETE FROM attempt")
            await db.fetch("UPDATE consent_credit SET delivery_id = NULL, spent_at = NULL, void_at = app_now()")
            needs_consent = case in (CASES[Guard.ALLOWED], TAKEN[Guard.ALLOWED])
            if case.statement == "TAKE":
                return (CHANNEL, 10, 10, 10, "C", LEASE, needs_consent, [new_id() for _ in range(10)])
            return (one, [case.fence], [new_id()], LEASE / 2, "A", LEASE, needs_consent)
        case "RECORD":
            reason = "" if case.told == "accepted" else "x"
            return (
                one,
                [case.fence],
                [""],
                [1],
                [case.told],
                [reason],
                [0.0],
                [case.told],
                [""],
                [""],
                ["keep"],
                [0],
                SETTLE_TIME,
            )
        case "SWEEP":
            return (SETTLE_TIME,)
        case "SETTLE":
            return (["alert"], MAX_TRIES, [], [], LEASE, [], 2 * HOUR, 24 * HOUR)
        case _:
            receipt = await world.receipt(is_good=False, code="1")
            return ([receipt], one)


@pytest.mark.parametrize(
    ("guard", "case"),
    [*CASES.items(), *TAKEN.items()],
    ids=[f"{case.statement}-{guard}" for guard, case in (*CASES.items(), *TAKEN.items())],
)
async def test_a_guard_of_a_statement(hospital, guard, case):
    text = getattr(statements, case.statement)
    assert (await _play(case, text))["state"] == case.kept
    assert (await _play(case, without(text, case.statement, PIECES[guard])))["state"] == case.broken


def test_what_both_steps_guard_is_guarded_in_one():
    """The explorer walks both steps; one that does both is as if nothing had come between them."""
    both = {guard for guard, case in CASES.items() if case.statement in ("CLAIM", "INTEND")}
    assert set(TAKEN) == both - {Guard.HELD}  # nobody else can have it, within one statement


@pytest.mark.parametrize("what", MINE_ALONE)
async def test_each_part_of_mine_alone(hospital, what):
    piece, row = MINE_ALONE[what]
    case = Case("INTEND", MINE, "", "")
    assert (await _play(case, statements.INTEND))["state"] == "sending"
    assert (await _play(case, statements.INTEND, **row))["state"] == row.get("state", "leased")
    assert (await _play(case, without(statements.INTEND, "INTEND", (piece,)), **row))["state"] == "sending"


TOGETHER = "\n      AND (d.id IN (SELECT id FROM done) OR d.state || '' IN ('accepted', 'delivered', 'undelivered'))"


async def _late(state: str, told: str, text: str = statements.RECORD) -> tuple[str, str]:
    """An answer comes when nobody expected it any more; give what stands on the delivery and on its attempt."""
    found: list[tuple[str, str]] = []
    case = Case("RECORD", {"state": state, "reason": "x"}, "", "", told=told)
    with pytest.raises(_Back):
        async with db.transaction():
            world = await World().make()
            await _set(world, "delivery", world.delivery_id, case.row)
            await _set(world, "attempt", world.attempt_id, {"outcome": "unknown"})
            await db.fetch(text, *await _arguments(case, world))
            (row,) = await db.fetch("SELECT d.state, a.outcome FROM delivery d JOIN attempt a ON a.delivery_id = d.id")
            found.append((row["state"], row["outcome"]))
            raise _Back
    return found[0]


async def test_a_late_yes_ends_what_was_to_be_sent_again(hospital):
    """A paused worker comes back when the sweep gave its call up and the settling wants it sent again."""
    assert await _late("ready", "accepted") == ("accepted", "accepted")
    assert await _late("held", "accepted") == ("accepted", "accepted")
    assert await _late("unknown", "accepted") == ("accepted", "accepted")
    assert await _late("ready", "unknown") == ("ready", "unknown")


async def test_an_attempt_and_its_delivery_never_say_different_things(hospital):
    assert await _late("cancelled", "accepted") == ("cancelled", "unknown")
    assert await _late("delivered", "accepted") == ("delivered", "accepted")
    assert statements.RECORD.count(TOGETHER) == 1
    apart = statements.RECORD.replace(TOGETHER, "")
    assert await _late("cancelled", "accepted", apart) == ("cancelled", "accepted")


async def test_what_the_provider_remembers_cuts_the_deadline(hospital):
    case = Case("SETTLE", {"state": "unknown", "reason": "x", "due_at": -SOON}, "", "")
    arguments = (["alert"], MAX_TRIES, [CHANNEL], [timedelta(minutes=10)], LEASE, [], 2 * HOUR, 24 * HOUR)

    async def cut(text: str) -> tuple[str, timedelta]:
        with pytest.raises(_Back):
            async with db.transaction():
                world = await World().make()
                await _set(world, "delivery", world.delivery_id, case.row)
                await db.fetch(text, *arguments)
                (row,) = await db.fetch("SELECT * FROM delivery WHERE id = $1", world.delivery_id)
                told.append((row["state"], row["deadline"] - world.now))
                raise _Back
        return told[-1]

    told: list[tuple[str, timedelta]] = []
    assert await cut(statements.SETTLE) == ("ready", timedelta(minutes=10) - LEASE)
    bare = without(statements.SETTLE, "SETTLE", PIECES[Guard.REMEMBERED])
    assert await cut(bare) == ("ready", HOUR)


async def test_a_parcel_whose_lease_is_half_over_is_not_called(hospital):
    called: list[str] = []

    class Heard(type(CHANNELS[CHANNEL])):  # type: ignore[misc]
        async def send(self, content, address, key):
            called.append(key)

    lane = Lane(Heard())
    late = Parcel(new_id(), 1, 1, 1, "a", Content("x", ()), good_until=time.monotonic() - 1)
    await asyncio.gather(lane._carry(late))
    assert called == []
    assert [(answer.receipt.outcome, answer.receipt.code) for answer in lane._answers] == [
        (Outcome.TROUBLE, "lease_half_over")
    ]


def test_the_states_from_which_a_person_may_act_are_the_tables():
    assert {str(state) for state in RETRIABLE} == set(of(Event.RETRY)[0].old)
    assert {str(state) for state in CANCELLABLE} == set(of(Event.CALL_OFF)[0].old)
    assert tuple(str(state) for state in WAITING) == of(Event.CLAIM)[0].old
    states = "', '".join((*WAITING, "leased"))
    assert f"state IN ('{states}')" in hub.CALL_OFF


def test_every_guard_stands_somewhere():
    assert set(PIECES) | IN_PYTHON == set(Guard)
    assert set(CASES) | {Guard.REMEMBERED} == set(PIECES)
    for pieces in PIECES.values():
        for name, _, _ in pieces:
            without(getattr(statements, name), name, pieces)
