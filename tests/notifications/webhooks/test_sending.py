"""Webhooks out: signed, sent once for each happening, retried, left in peace, switched off."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from standardwebhooks.webhooks import Webhook as Signer

from notifications.channels.webhook import FAILED, RESTS, WAYS
from notifications.webhooks.catalogue import LEAVING, example_of, news_of
from server import clock, db
from server.facts import vocabulary
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.notifications.telling import booked, called, fault, filed, happens
from tests.notifications.webhooks.sink import a_sink, webhook_rows


async def run(hospital, *jobs: str) -> None:
    for job in jobs:
        await hospital.jobs[job].run()


async def sends(hospital) -> None:
    await run(hospital, "relay", "dispatch_webhook")


async def alert_of(sink) -> dict:
    items = (await sink.admin.get("/alerts"))["items"]
    return next(one for one in items if one["kind"] == "webhook_failing")


def test_a_signature_is_that_of_the_specification():
    # the published example of Standard Webhooks
    signer = Signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


PERSONAL = ("name", "phone", "openid", "topic", "reason", "location", "label", "advice", "revisit", "triage", "number_")


@pytest.mark.parametrize("kind", LEAVING, ids=lambda kind: kind.__name__)
def test_nothing_personal_leaves_but_ids(kind):
    said = example_of(kind)["data"]
    assert said
    assert [name for name in said if any(word in name for word in PERSONAL)] == []
    assert LEAVING[kind].subject in kind.__dataclass_fields__


def test_only_what_is_listed_leaves():
    assert len(LEAVING) < len(vocabulary())
    assert len({one.type for one in LEAVING.values()}) == len(LEAVING)


def test_the_same_happening_has_the_same_id_and_another_has_another():
    fact = called(None)
    at = clock.now()
    assert news_of(fact, at) == news_of(fact, at)
    again = called(None, ticket_id=fact.ticket_id, call_count=2, called_at=fact.called_at)
    assert news_of(fact, at).id != news_of(again, at).id


async def test_a_happening_reaches_who_asked_for_it_once_and_signed(hospital, drain):
    sink, other = await a_sink(hospital), await a_sink(hospital, "complaint.filed")
    fact = called(None, patient_name="张小三")
    await happens(fact)
    await drain()
    (call,) = await sink.took()
    assert call["is_signed"]
    assert call["id"].startswith("msg_")
    assert call["host"] == sink.url.split("/")[2]
    assert call["body"]["type"] == "visit.called"
    assert call["body"]["data"]["ticket_id"] == str(fact.ticket_id)
    assert "张小三" not in orjson.dumps(call).decode()
    assert await other.took() == []
    (line,) = await sink.log()
    assert (line["state"], line["code"], line["webhook_id"], line["is_replay"]) == (
        "accepted",
        "204",
        call["id"],
        False,
    )


async def test_both_secrets_are_right_for_a_day(hospital, drain, clock):
    sink = await a_sink(hospital)
    new = (await sink.admin.post(f"/admin/webhooks/{sink.id}/secret"))["secret"]
    await happens(called(None))
    await drain()
    await sink.knows(new)
    await happens(called(None))
    await drain()
    assert [(call["is_signed"], call["signatures"]) for call in await sink.took()] == [(True, 2), (True, 2)]
    await clock.forward(hours=25)
    await happens(called(None))
    await drain()
    assert [call["signatures"] for call in await sink.took()][2:] == [1]


async def test_an_unknown_outcome_is_sent_again_with_the_same_id(hospital, drain, clock):
    sink = await a_sink(hospital)
    await fault(hospital, sink.path, "accept_then_drop", count=1)
    await happens(called(None))
    await sends(hospital)
    (row,) = await webhook_rows()
    assert (row["state"], row["reason"]) == ("unknown", "unknown:no_answer")
    await clock.forward(minutes=3)
    await drain()
    first, second = await sink.took()
    assert first["id"] == second["id"]
    assert (await webhook_rows())[0]["state"] == "accepted"


async def test_calls_that_fail_together_are_one_failure(hospital):
    sink = await a_sink(hospital)
    failed = (FAILED, UUID(sink.id), "500", list(RESTS), WAYS)
    async with db.transaction():
        await db.fetch(*failed)
        later = asyncio.create_task(db.fetch(*failed), context=db.CLEAN.copy())
        await asyncio.create_task(somebody_waits(), context=db.CLEAN.copy())
    await later
    shown = await sink.shown()
    assert (shown["failures"], shown["last_code"], shown["failing_since"] is None) == (1, "500", False)


async def test_a_failing_endpoint_is_left_in_peace_and_the_others_are_not(hospital, clock):
    bad, good = await a_sink(hospital), await a_sink(hospital)
    await bad.answers(500)
    await happens(called(None), called(None), called(None))
    await sends(hospital)
    tries = len(await bad.took())
    assert 1 <= tries <= 3  # those that were under way together
    assert len(await good.took()) == 3
    shown = await bad.shown()
    assert (shown["failures"], shown["last_code"], shown["waiting"]) == (1, "500", 3)
    await happens(called(None))
    await sends(hospital)
    assert len(await bad.took()) == tries  # it rests, and that costs nobody a try
    assert len(await good.took()) == 4
    await bad.answers(200)
    await clock.forward(minutes=2)
    await sends(hospital)
    await sends(hospital)
    assert {row["state"] for row in await webhook_rows()} == {"accepted"}
    shown = await bad.shown()
    assert (shown["failures"], shown["failing_since"], shown["waiting"]) == (0, None, 0)


async def test_the_rests_grow_with_failures_in_a_row(hospital, clock):
    sink = await a_sink(hospital)
    await sink.answers(503)
    await happens(called(None))
    await sends(hospital)
    rests = []
    for _ in range(4):
        row = await db.fetch_one(
            "SELECT extract(epoch FROM open_until - last_failed_at)::int AS rest, failures"
            " FROM webhook_endpoint WHERE id = $1",
            sink.id,
        )
        rests.append((row["failures"], row["rest"]))
        await clock.forward(hours=5)
        await run(hospital, "dispatch_webhook")
    assert rests == [(1, 5), (2, 30), (3, 120), (4, 600)]


async def test_a_message_that_nobody_takes_is_dead_and_can_be_replayed(hospital, clock):
    sink = await a_sink(hospital)
    await sink.answers(400)
    await happens(called(None))
    await sends(hospital)
    for hours in (1, 1, 1, 2, 5, 15, 15):
        await clock.forward(hours=hours)
        await run(hospital, "dispatch_webhook")
    (row,) = await webhook_rows()
    assert (row["state"], row["reason"], row["tries"]) == ("failed", "retry:400", 8)
    await sink.answers(200)
    (line,) = await sink.log("?state=failed")
    replayed = await sink.admin.post(f"/admin/webhooks/{sink.id}/replays", {"message_id": line["id"]})
    assert replayed == {"messages": 1, "more": False}
    await run(hospital, "dispatch_webhook")
    assert [(one["state"], one["is_replay"]) for one in await sink.log()] == [("accepted", True), ("failed", False)]
    assert len({call["id"] for call in await sink.took()}) == 1


async def test_retry_after_is_heard(hospital):
    sink = await a_sink(hospital)
    await sink.answers(429, **{"Retry-After": "3000"})
    await happens(called(None))
    await sends(hospital)
    (row,) = await webhook_rows()
    assert row["due_at"] > clock.now() + timedelta(minutes=39)


async def test_a_redirect_is_not_followed(hospital):
    sink, other = await a_sink(hospital), await a_sink(hospital, "complaint.filed")
    await sink.answers(307, Location=other.url)
    await happens(called(None))
    await sends(hospital)
    assert await other.took() == []
    assert (await sink.shown())["last_code"] == "307"


async def test_who_says_gone_is_switched_off_and_administrators_hear(hospital, drain):
    sink = await a_sink(hospital)
    await sink.answers(410)
    await happens(called(None))
    await drain()
    assert (await sink.shown())["state"] == "failing"
    alert = await alert_of(sink)
    assert alert["state"] == "raised"
    assert "集成平台" in alert["title"]
    await happens(called(None))
    await drain()
    assert len(await sink.took()) == 1
    await sink.answers(204)
    await sink.admin.post(f"/admin/webhooks/{sink.id}/resume")
    await drain()
    assert (await alert_of(sink))["state"] == "resolved"


async def test_who_fails_for_days_is_switched_off_and_not_before(hospital, clock):
    sink = await a_sink(hospital)
    await sink.answers(500)
    await happens(called(None))
    await sends(hospital)
    await clock.forward(days=4, hours=23)
    await run(hospital, "webhook_health")
    assert (await sink.shown())["state"] == "on"
    await clock.forward(hours=2)
    await run(hospital, "webhook_health")
    assert (await sink.shown())["state"] == "failing"
    assert [row["state"] for row in await webhook_rows()] == ["cancelled"]


async def test_what_was_missed_is_replayed_once(hospital, drain):
    sink = await a_sink(hospital)
    since = (clock.now() - timedelta(minutes=1)).isoformat()
    await sink.answers(500)
    await happens(called(None))
    await sends(hospital)
    await sink.admin.post(f"/admin/webhooks/{sink.id}/pause")
    await happens(booked(None), filed())
    await drain()
    assert (await sink.admin.refused(f"/admin/webhooks/{sink.id}/replays", {"since": since})).code == "endpoint_is_off"
    await sink.answers(200)
    await sink.admin.post(f"/admin/webhooks/{sink.id}/resume")
    before = len(await sink.took())
    path, body = f"/admin/webhooks/{sink.id}/replays", {"since": since}
    both = await asyncio.gather(sink.admin.post(path, body), sink.admin.post(path, body))
    assert sorted(one["messages"] for one in both) == [0, 2]  # not the complaint, which it did not ask for
    await drain()
    assert sorted((await sink.types())[before:]) == ["appointment.booked", "visit.called"]
    assert (await sink.admin.post(path, body))["messages"] == 0


async def test_news_of_one_patient_do_not_overtake_each_other(hospital):
    sink = await a_sink(hospital)
    first = called(None)
    many = [called(None, ticket_id=first.ticket_id, call_count=n) for n in range(1, 6)]
    await happens(*many)
    await sends(hospital)
    assert [call["body"]["data"]["call_count"] for call in await sink.took()] == [1, 2, 3, 4, 5]


async def test_only_administrators_see_endpoints(hospital):
    sink = await a_sink(hospital)
    for role in ("supervisor", "operations", "guide"):
        staff = await a_member_of_staff(hospital, role)
        assert (await staff.call("GET", "/admin/webhooks")).status == 403
        assert (await staff.call("GET", f"/admin/webhooks/{sink.id}/messages")).status == 403


@pytest.mark.parametrize(
    ("mode", "state", "calls"),
    [
        ("slow", "unknown", 1),
        ("accept_then_drop", "unknown", 1),
        ("half_body", "accepted", 1),  # the status says it
        ("drop", "unknown", 0),
        ("http_5xx_after_accept", "retry_wait", 1),  # it says itself that it did not take it, and knows the id
        ("quota", "retry_wait", 0),
        ("token_expired", "retry_wait", 0),
        ("system_busy", "retry_wait", 0),
    ],
)
async def test_a_failure_is_definite_only_when_it_is(hospital, mode, state, calls):
    sink = await a_sink(hospital)
    await fault(hospital, sink.path, mode, count=1, **({"delay_ms": 2500} if mode == "slow" else {}))
    await happens(called(None))
    await sends(hospital)
    assert [row["state"] for row in await webhook_rows()] == [state]
    assert len(await sink.took()) == calls


async def test_an_endpoint_that_is_away_took_nothing(hospital):
    sink = await a_sink(hospital)
    await sink.admin.put(
        f"/admin/webhooks/{sink.id}",
        {"url": "http://127.0.0.1:9/in", "description": "", "events": ["visit.called"]},
    )
    await happens(called(None))
    await sends(hospital)
    (row,) = await webhook_rows()
    assert (row["state"], row["reason"]) == ("retry_wait", "retry:unreachable")
