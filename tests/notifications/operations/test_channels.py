"""How the channels are doing, and that a long history costs nothing."""

import orjson
import pytest

from notifications.operations import channels
from server import db
from tests.cast import a_member_of_staff
from tests.notifications.telling import SEND, a_phone, booked, called, fault, happens, until


@pytest.fixture
async def operator(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管")


async def shown(operator, name: str = "wechat_subscribe"):
    return next(one for one in (await operator.get("/hub/channels"))["items"] if one["name"] == name)


async def test_what_waits_is_told_by_lane_with_its_lag(hospital, clock, operator):
    phone = await a_phone(hospital)
    await phone.accepts("queue_called", "appointment_booked")
    await happens(called(phone.account_id), booked(phone.account_id))
    await hospital.jobs["relay"].run()
    await clock.forward(minutes=2)
    channel = await shown(operator)
    lanes = {lane["lane"]: (lane["waiting"], lane["later"]) for lane in channel["lanes"]}
    assert lanes == {"urgent": (1, 0), "near": (1, 0), "bulk": (0, 0)}
    assert 120 <= channel["lag_seconds"] <= 125
    assert (channel["waiting"], channel["in_flight"], channel["rate_per_minute"]) == (2, 0, 0)


async def test_the_last_hour_shows_calls_failures_and_their_causes(hospital, operator):
    phone = await a_phone(hospital)
    await phone.accepts("queue_called", "appointment_booked")
    await fault(hospital, SEND, "errcode", errcode=43108, count=1)
    await happens(called(phone.account_id))
    await hospital.jobs["relay"].run()
    await hospital.jobs["dispatch_wechat_subscribe"].run()
    channel = await shown(operator)
    assert (channel["calls_hour"], channel["failed_hour"], channel["rate_per_minute"]) == (1, 1, 1)
    assert channel["bars"][-1] == {"calls": 1, "failed": 1}
    (cause,) = channel["causes"]
    assert (cause["outcome"], cause["code"], cause["calls"]) == ("retry", "43108", 1)
    assert "43108" in cause["text"]


async def test_a_paused_channel_says_so_and_since_when(hospital, operator):
    paused = await operator.post("/hub/channels/wecom_robot/pause")
    assert paused["is_paused"]
    assert paused["paused_at"]
    assert not (await operator.post("/hub/channels/wecom_robot/resume"))["is_paused"]


@pytest.mark.parametrize("statement", ["WAITING", "UNDER_WAY", "PULSE", "BORN"])
async def test_no_look_at_the_channels_reads_a_whole_table(hospital, statement):
    text = getattr(channels, statement)
    names = {"WAITING": (["wechat_subscribe"], [0, 1, 2], 1000), "UNDER_WAY": ()}
    given = names.get(statement, (channels.first_id(channels.HOUR),))
    (row,) = await db.fetch(f"EXPLAIN (FORMAT JSON) {_filled(text, given)}")
    plan = row["QUERY PLAN"]
    assert "Seq Scan" not in (plan if isinstance(plan, str) else orjson.dumps(plan).decode())


def _filled(text: str, given: tuple) -> str:
    for number, value in enumerate(given, 1):
        literal = f"ARRAY{value}" if isinstance(value, list) else str(value) if isinstance(value, int) else f"'{value}'"
        text = text.replace(f"${number}", literal)
    return text


async def test_the_story_of_a_message_tells_its_route_and_what_was_left_out(hospital, drain, operator):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    (message,) = (await operator.get("/hub/messages"))["items"]
    story = await operator.get(f"/hub/messages/{message['id']}")
    assert story["route"]["name"] == "visit:0"
    assert story["route"]["steps"][0]["channels"] == ["inbox", "wechat_subscribe"]
    assert {skip["channel"] for skip in story["route"]["skipped"]} >= {"sms_aliyun"}
    assert all(skip["reason_text"] for skip in story["route"]["skipped"])
    subscribe = next(one for one in story["deliveries"] if one["channel"] == "wechat_subscribe")
    assert subscribe["reason_text"] == "没有订阅授权"


async def test_a_story_tells_the_receipt(hospital, drain, operator):
    phone = await a_phone(hospital)
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await drain()
    (message,) = (await operator.get("/hub/messages"))["items"]

    async def receipts():
        await drain()
        return (await operator.get(f"/hub/messages/{message['id']}"))["receipts"]

    (receipt,) = await until(receipts)
    assert receipt["is_good"]
