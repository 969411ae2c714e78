"""Facts become messages: each once, whatever is handled twice or in another order."""

import pytest

from notifications.wiring import LISTENERS
from server import db
from server.facts import ArrivalAnnulled, ComplaintAcknowledged, ComplaintClosed, ComplaintReplied
from server.ids import new_id
from tests import props
from tests.notifications.telling import (
    arrived,
    assigned,
    booked,
    called,
    cancelled,
    escalated,
    filed,
    finished,
    happens,
    invited,
    states,
)


async def handle(fact) -> None:
    """Hand a fact over as the relay does, without its mark «handled»."""
    for handler, facts in LISTENERS:
        if type(fact) in facts:
            async with db.transaction():
                await handler(fact)


FACTS = {
    "booked": booked,
    "cancelled": lambda account: cancelled(booked(account)),
    "arrived": arrived,
    "called": called,
    "finished": finished,
    "invited": invited,
    "filed": filed,
    "replied": lambda account: ComplaintReplied(new_id(), new_id(), "TS1", account, False, booked(account).starts_at),
    "closed": lambda account: ComplaintClosed(new_id(), "TS1", account, "confirmed_closed", booked(account).starts_at),
}


@pytest.mark.parametrize("name", FACTS)
async def test_a_fact_that_is_handled_twice_makes_one_message(hospital, name):
    account_id = await props.an_account()
    fact = FACTS[name](account_id)
    await handle(fact)
    first = await props.count("message")
    await handle(fact)
    assert await props.count("message", "account_id = $1", account_id) == 1
    assert await props.count("message") == first
    assert await states("inbox") == ["delivered"]
    assert await states() == ["planned"]


async def test_the_message_is_in_the_language_of_the_account(hospital):
    await handle(booked(await props.an_account(language="en")))
    row = await db.fetch_one("SELECT title, language FROM message")
    assert (row["title"], row["language"]) == ("Appointment booked", "en")


async def test_a_walk_in_without_an_account_and_a_taken_back_check_in_say_nothing(hospital, drain):
    await happens(booked(None), arrived(None), called(None), ArrivalAnnulled(new_id(), None, None))
    await drain()
    assert await props.count("message") == 0


async def test_staff_are_called_once_by_alert_and_robot(hospital):
    handler_id = await props.a_staff("complaint_handler")
    complaint = filed(handler_id=handler_id)
    for _ in range(2):
        await handle(complaint)
    assert await props.count("alert", "staff_id = $1 AND state = 'raised'", handler_id) == 1
    assert await states("wecom_robot") == ["planned"]
    row = await db.fetch_one("SELECT staff_id, title, lines FROM message WHERE route LIKE 'alert_chat:%'")
    assert row["staff_id"] == handler_id
    assert complaint.number in row["title"]
    assert complaint.patient_name not in row["lines"]


@pytest.mark.parametrize("level", [0, 1, 2])
async def test_a_complaint_without_a_handler_calls_the_first_level_on_duty(hospital, level):
    people = [await props.a_staff("supervisor") for _ in range(2)]
    for staff_id in people:
        await props.a_duty(staff_id, level)
    await handle(filed())
    rows = await db.fetch("SELECT staff_id FROM alert")
    assert {row["staff_id"] for row in rows} == set(people)
    assert await props.count("delivery", "channel = 'wecom_robot'") == 1


async def test_with_nobody_on_duty_the_robot_still_tells(hospital):
    await handle(filed())
    row = await db.fetch_one("SELECT lines FROM message")
    assert "无人值班" in row["lines"]


async def test_a_new_handler_is_called_and_the_old_one_released(hospital):
    old, new = [await props.a_staff("complaint_handler") for _ in range(2)]
    complaint = filed(handler_id=old)
    await handle(complaint)
    for _ in range(2):
        await handle(assigned(complaint, new))
    rows = await db.fetch("SELECT staff_id, state FROM alert ORDER BY id")
    assert [(row["staff_id"], row["state"]) for row in rows] == [(old, "resolved"), (new, "raised")]
    await handle(assigned(complaint, old))
    await handle(assigned(complaint, new))
    rows = await db.fetch("SELECT staff_id FROM alert WHERE state = 'raised'")
    assert [row["staff_id"] for row in rows] == [new]


async def test_each_person_of_the_next_level_is_called(hospital):
    people = [await props.a_staff("supervisor") for _ in range(3)]
    complaint = filed()
    for _ in range(2):
        await handle(escalated(complaint, *people))
    rows = await db.fetch("SELECT staff_id, level FROM alert")
    assert {(row["staff_id"], row["level"]) for row in rows} == {(staff_id, 1) for staff_id in people}
    assert await props.count("message", "route LIKE 'alert_chat:%'") == 1
    assert await props.count("message", "route LIKE 'alert:%' AND alert_id IS NOT NULL") == 3


async def test_whoever_takes_a_complaint_silences_it_for_everybody(hospital):
    handler_id, boss = await props.a_staff("complaint_handler"), await props.a_staff("supervisor")
    complaint = filed(handler_id=handler_id)
    await handle(complaint)
    await handle(escalated(complaint, boss))
    await handle(ComplaintAcknowledged(complaint.complaint_id, handler_id))
    rows = await db.fetch("SELECT staff_id, state, acknowledged_at FROM alert ORDER BY id")
    assert [(row["staff_id"], row["state"], row["acknowledged_at"] is not None) for row in rows] == [
        (handler_id, "resolved", True),
        (boss, "resolved", False),
    ]
    assert await states("wecom_robot") == ["cancelled", "cancelled"]


@pytest.mark.parametrize("name", ["filed", "replied", "closed"])
async def test_what_a_complaint_comes_to_is_told_whatever_else_is_wanted(hospital, name):
    await handle(FACTS[name](await props.an_account()))
    row = await db.fetch_one("SELECT purpose, route FROM message WHERE account_id IS NOT NULL")
    assert (row["purpose"], row["route"]) == ("service", "news:0")
