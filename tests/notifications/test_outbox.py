"""From a fact to a phone: sent, refused, unknown, each against the simulated platform."""

import asyncio
from datetime import timedelta

import pytest

from notifications.wiring import WIRING
from server import clock as time
from server import db
from server.ids import new_id
from tests import props
from tests.notifications.telling import (
    ROBOT,
    SEND,
    TOKEN,
    a_phone,
    booked,
    called,
    calls,
    deliveries,
    fault,
    filed,
    happens,
    invited,
    states,
    until,
)


@pytest.fixture
async def phone(hospital):
    """Somebody who allowed one message about a booking."""
    person = await a_phone(hospital)
    await person.accepts("appointment_booked")
    return person


@pytest.fixture(autouse=True)
async def nothing_is_broken(hospital):
    yield
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def arrived() -> int:
    """Count what the platform took; its receipt may have come or not."""
    return await props.count("delivery", "channel = 'wechat_subscribe' AND state IN ('accepted', 'delivered')")


async def credits(where: str) -> int:
    return await props.count("consent_credit", where)


async def test_a_fact_reaches_the_phone_and_the_inbox(hospital, drain, phone):
    await happens(booked(phone.account_id))
    await drain()
    assert [message["title"] for message in await phone.phone_shows()] == ["预约成功通知"]
    assert await states("inbox") == ["delivered"]
    assert len(await calls(hospital, SEND, openid=phone.openid)) == 1
    assert await props.count("attempt", "outcome = 'accepted'") == 1
    assert await credits("spent_at IS NOT NULL") == 1


async def test_the_receipt_makes_it_delivered(hospital, drain, phone):
    await happens(booked(phone.account_id))
    await drain()

    async def is_delivered():
        await drain()
        return await states() == ["delivered"]

    await until(is_delivered)


async def test_without_consent_nothing_is_sent_and_the_inbox_has_it(hospital, drain):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    assert await states() == ["suppressed"]
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert await states("inbox") == ["delivered"]


async def test_one_consent_is_one_message(hospital, drain, phone):
    await happens(*(booked(phone.account_id) for _ in range(5)))
    await drain()
    assert (await arrived(), (await states()).count("suppressed")) == (1, 4)
    assert len(await phone.phone_shows()) == 1


async def test_43101_voids_what_we_thought_was_allowed(hospital, drain, phone):
    await phone.accepts("appointment_booked")
    async with hospital.http.patch(
        f"{hospital.simulator}/_sim/users/{phone.openid}", json={"main_switch": False}
    ) as reply:
        assert reply.status == 200
    await happens(booked(phone.account_id), booked(phone.account_id))
    await drain()
    assert await states() == ["suppressed", "suppressed"]
    assert len(await calls(hospital, SEND, openid=phone.openid)) == 1
    assert await credits("void_at IS NOT NULL AND spent_at IS NULL") == 2
    assert await credits("spent_at IS NOT NULL OR void_at IS NULL") == 0


@pytest.mark.parametrize(
    ("errcode", "state"),
    [(-1, "retry_wait"), (45009, "retry_wait"), (45011, "retry_wait"), (43108, "retry_wait")]
    + [(errcode, "failed") for errcode in (40003, 40037, 47003, 41030, 45168, 43107, 48001, 99999)],
)
async def test_a_refusal_gives_the_consent_back(hospital, drain, phone, errcode, state):
    await fault(hospital, SEND, "errcode", errcode=errcode)
    await happens(booked(phone.account_id))
    await drain()
    assert await states() == [state]
    assert await credits("spent_at IS NULL AND void_at IS NULL AND delivery_id IS NULL") == 1
    assert (await deliveries())[0]["reason"].endswith(str(errcode))


async def test_what_was_refused_for_now_is_sent_later_and_once(hospital, drain, clock, phone):
    await fault(hospital, SEND, "system_busy", count=2)
    await happens(booked(phone.account_id))
    for seconds in (0, 8, 40):
        await clock.forward(seconds=seconds)
        await drain()
    assert len(await phone.phone_shows()) == 1
    assert await arrived() == 1
    assert [row["outcome"] for row in await db.fetch("SELECT outcome FROM attempt ORDER BY fence")] == [
        "retry",
        "retry",
        "accepted",
    ]


async def test_a_refusal_that_repeats_is_given_up_after_eight_tries(hospital, drain, clock, phone):
    await fault(hospital, SEND, "system_busy")
    await happens(booked(phone.account_id))
    for _ in range(12):
        await drain()
        await clock.forward(minutes=15)
    assert await states() == ["failed"]
    assert len(await calls(hospital, SEND, openid=phone.openid)) == 8
    assert await credits("spent_at IS NULL AND void_at IS NULL") == 1


async def test_an_expired_token_is_refreshed_once_within_the_same_try(hospital, drain, phone):
    async with hospital.http.post(hospital.simulator + "/_sim/tokens/expire"):
        pass
    await happens(booked(phone.account_id))
    await drain()
    assert len(await phone.phone_shows()) == 1
    assert await props.count("attempt") == 1


async def test_a_token_that_is_refused_for_ever_is_bounded(hospital, drain, clock, phone):
    before = len(await calls(hospital, TOKEN))
    await fault(hospital, SEND, "token_expired")
    await happens(booked(phone.account_id))
    for _ in range(12):
        await drain()
        await clock.forward(minutes=15)
    assert await states() == ["failed"]
    assert len(await calls(hospital, SEND, openid=phone.openid)) <= 16
    assert len(await calls(hospital, TOKEN)) - before <= 11  # the first, one for each try, two that were forced


async def test_a_platform_that_is_away_costs_no_message(hospital, drain, clock, phone):
    # the token cannot be fetched: for hours, more often than a message is tried
    await fault(hospital, TOKEN, "drop")
    async with hospital.http.post(hospital.simulator + "/_sim/tokens/expire"):
        pass
    await happens(booked(phone.account_id))
    for _ in range(12):
        await drain()
        await clock.forward(minutes=15)
    assert await states() == ["retry_wait"]
    await fault(hospital, TOKEN, "ok")
    await drain()
    assert len(await phone.phone_shows()) == 1


async def test_what_is_too_late_is_never_sent(hospital, drain, clock, phone):
    await phone.accepts("queue_called")
    await happens(called(phone.account_id))
    await clock.forward(minutes=11)
    await drain()
    assert await states() == ["expired"]
    assert await phone.phone_shows() == []


async def test_a_try_that_waits_ends_at_the_deadline(hospital, drain, clock, phone):
    await phone.accepts("queue_called")
    await fault(hospital, SEND, "quota")
    await happens(called(phone.account_id))
    await drain()
    await fault(hospital, SEND, "ok")
    await clock.forward(minutes=10, seconds=1)
    await drain()
    assert await states() == ["expired"]
    assert await phone.phone_shows() == []


@pytest.mark.parametrize("mode", ["accept_then_drop", "half_body", "http_5xx_after_accept", "slow"])
async def test_a_lost_answer_is_unknown_until_the_receipt_comes(hospital, drain, phone, mode):
    await fault(hospital, SEND, mode, count=1, **({"delay_ms": 2500} if mode == "slow" else {}))
    await happens(booked(phone.account_id))
    await drain()
    assert (await states())[0] in ("unknown", "delivered")

    async def is_delivered():
        await drain()
        return await states() == ["delivered"]

    await until(is_delivered)
    assert len(await phone.phone_shows()) == 1
    assert await props.count("attempt", "outcome = 'unknown'") == 1
    assert await credits("spent_at IS NOT NULL") == 1


async def test_without_a_receipt_the_unknown_settles_and_is_never_sent_again(hospital, drain, clock, phone):
    await phone.accepts("appointment_booked", "appointment_booked")
    await fault(hospital, SEND, "drop", count=1)
    await happens(booked(phone.account_id))
    for seconds in (0, 30, 31, 3600, 86_400):
        await clock.forward(seconds=seconds)
        await drain()
    (row,) = await deliveries()
    assert (row["state"], row["is_settled"], row["tries"]) == ("unknown", False, 1)
    assert row["due_at"] == row["deadline"] - timedelta(hours=2)  # a receipt may still come; then somebody calls
    assert len(await calls(hospital, SEND, openid=phone.openid)) == 1
    assert await states("inbox") == ["delivered"]
    # a later message is not taken for it
    await happens(booked(phone.account_id))

    async def is_delivered():
        await drain()
        return (await states())[1] == "delivered"

    await until(is_delivered)
    assert (await states())[0] == "unknown"


async def test_a_staff_alert_whose_outcome_is_unknown_is_sent_again(hospital, drain, clock):
    handler_id = await props.a_staff("complaint_handler")
    await fault(hospital, ROBOT, "accept_then_drop", count=1)
    complaint = filed(handler_id=handler_id, number=f"TS{new_id().hex[-8:]}")
    await happens(complaint)
    await drain()
    assert await states("wecom_robot") == ["unknown"]
    await clock.forward(seconds=61)
    await drain()
    assert await states("wecom_robot") == ["accepted"]
    assert len(await calls(hospital, ROBOT, openid=complaint.number)) == 2


async def test_a_staff_alert_that_somebody_took_meanwhile_is_not(hospital, drain, clock):
    handler_id = await props.a_staff("complaint_handler")
    await fault(hospital, ROBOT, "accept_then_drop", count=1)
    await happens(filed(handler_id=handler_id))
    await drain()
    await db.fetch("UPDATE alert SET state = 'acknowledged'")
    await clock.forward(seconds=61)
    await drain()
    assert await states("wecom_robot") == ["unknown"]


async def test_the_robot_says_twenty_things_a_minute_and_the_rest_later(hospital, drain, clock):
    for n in range(23):
        await happens(filed(number=f"TS-RATE-{n}"))
    await drain()
    counted = await states("wecom_robot")
    assert (counted.count("accepted"), counted.count("planned")) == (20, 3)
    assert await props.count("attempt") == 20
    await clock.forward(seconds=61)
    await drain()
    assert await props.count("attempt") == 23


async def test_urgent_goes_before_bulk(hospital, drain):
    phone = await a_phone(hospital)
    await phone.accepts("survey_invitation", "queue_called")
    await happens(invited(phone.account_id))
    await happens(called(phone.account_id))
    await drain()
    assert [message["title"] for message in await phone.phone_shows()] == ["叫号提醒", "满意度评价邀请"]


async def test_many_messages_to_one_person_go_one_after_the_other(hospital, drain):
    phone = await a_phone(hospital)
    for _ in range(6):
        await phone.accepts("appointment_booked")
    await fault(hospital, SEND, "slow", delay_ms=30)
    await happens(*(booked(phone.account_id) for _ in range(6)))
    await drain()
    assert await arrived() == 6
    assert "43108" not in str(await calls(hospital, SEND, openid=phone.openid))


async def test_workers_side_by_side_send_everything_once(hospital, drain):
    phones = [await a_phone(hospital) for _ in range(12)]
    for phone in phones:
        await phone.accepts("appointment_booked")
        await phone.accepts("appointment_booked")
    await happens(*(booked(phone.account_id) for phone in phones for _ in range(3)))
    await hospital.jobs["relay"].run()
    lane = hospital.jobs["dispatch_wechat_subscribe"]
    await asyncio.gather(*(lane.run() for _ in range(4)))
    await drain()
    assert await arrived() == 24
    assert (await states()).count("suppressed") == 12
    for phone in phones:
        assert len(await phone.phone_shows()) == 2
    assert await props.count("attempt") == 24


async def test_a_dead_workers_lease_is_taken_back(hospital, drain, clock, phone):
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    await db.fetch(
        "UPDATE delivery SET state = 'leased', fence = 1, owner = 'dead', lease_until = app_now() + interval '30 s'"
        " WHERE channel = 'wechat_subscribe'"
    )
    await drain()
    assert await states() == ["leased"]
    await clock.forward(seconds=31)
    await drain()
    assert len(await phone.phone_shows()) == 1


async def test_an_intent_without_an_answer_becomes_unknown(hospital, drain, clock, phone):
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    (row,) = await deliveries()
    await db.fetch(
        "UPDATE delivery SET state = 'sending', fence = 1, owner = 'dead', lease_until = app_now() + interval '30 s'"
        " WHERE id = $1",
        row["id"],
    )
    await db.fetch("UPDATE consent_credit SET spent_at = app_now(), delivery_id = $1", row["id"])
    await props.insert("attempt", delivery_id=row["id"], fence=1, request_hash=b"x")
    await clock.forward(seconds=31)
    await drain()
    assert await states() == ["unknown"]
    await clock.forward(days=2, hours=23)
    await drain()
    assert (await deliveries())[0]["is_settled"]
    assert await phone.phone_shows() == []


async def test_a_cancelled_message_does_not_leave(hospital, drain, phone):
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    await db.fetch("UPDATE delivery SET state = 'cancelled', reason = 'by_hand' WHERE channel = 'wechat_subscribe'")
    await drain()
    assert await phone.phone_shows() == []


async def test_a_deleted_template_of_the_settings_fails_and_keeps_the_consent(hospital, drain, phone):
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    await db.fetch("UPDATE delivery SET template_key = 'of_yesterday' WHERE channel = 'wechat_subscribe'")
    await db.fetch("UPDATE consent_credit SET template_key = 'of_yesterday'")
    await drain()
    assert await states() == ["failed"]
    assert await credits("spent_at IS NULL AND void_at IS NULL") == 1


async def test_facts_that_come_late_are_still_within_their_deadline(hospital, drain, clock, phone):
    await phone.accepts("queue_called")
    await happens(called(phone.account_id, called_at=time.now() - timedelta(minutes=11)))
    await drain()
    assert await states() == ["expired"]
