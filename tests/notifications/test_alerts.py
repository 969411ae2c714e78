"""Alerts: on my screen, until I take them, again and again when nobody does."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import orjson
import pytest

from server import live
from tests import props
from tests.cast import a_member_of_staff
from tests.notifications.telling import deliveries, escalated, filed, happens, messaged, states, until


@pytest.fixture
async def handler(hospital):
    return await a_member_of_staff(hospital, "complaint_handler", name="陈静")


@asynccontextmanager
async def listening(staff, last: int | None = None):
    """Read somebody's stream; gives a function that waits for the next event."""
    headers = {"Authorization": f"Bearer {staff.token}", **({"Last-Event-ID": str(last)} if last is not None else {})}
    async with staff.site.http.get(staff.site.base + "/api/v1/live", headers=headers) as reply:
        assert (reply.status, reply.content_type) == (200, "text/event-stream")

        async def next_event() -> tuple[int, str, dict]:
            event: dict[str, str] = {}
            async with asyncio.timeout(5):
                while True:
                    line = (await reply.content.readline()).decode().rstrip("\n")
                    if line:
                        name, _, value = line.partition(": ")
                        event[name] = value
                    elif "data" in event:
                        return int(event["id"]), event["event"], orjson.loads(event["data"])

        yield next_event


async def test_an_alert_is_mine_alone_and_taken_once(hospital, drain, handler):
    other = await a_member_of_staff(hospital, "complaint_handler")
    complaint = filed(handler_id=handler.staff_id)
    await happens(complaint)
    await drain()
    (alert,) = (await handler.get("/alerts"))["items"]
    assert (alert["subject_id"], alert["state"]) == (str(complaint.complaint_id), "raised")
    assert complaint.number in alert["title"]
    assert (await other.get("/alerts"))["items"] == []
    assert (await other.refused(f"/alerts/{alert['id']}/acknowledgement")).status == 404
    assert (await handler.refused(f"/alerts/{uuid4()}/acknowledgement")).status == 404
    first = await handler.post(f"/alerts/{alert['id']}/acknowledgement")
    assert (first["state"], first["acknowledged_at"] is not None) == ("acknowledged", True)
    assert await handler.post(f"/alerts/{alert['id']}/acknowledgement") == first
    assert await props.count("fact", "name = 'AlertAcknowledged'") == 1


async def test_the_screen_hears_at_once_and_after_a_break_without_a_gap(hospital, drain, handler):
    async with listening(handler) as next_event:
        await happens(filed(handler_id=handler.staff_id))
        await drain()
        seq, kind, alert = await next_event()
        assert (kind, alert["state"]) == ("alert", "raised")
    await handler.post(f"/alerts/{alert['id']}/acknowledgement")
    async with listening(handler, last=seq) as next_event:
        assert (await next_event())[1:] == ("alert_resolved", (await handler.get("/alerts"))["items"][0])


async def test_it_sounds_again_until_it_is_taken(hospital, drain, clock, handler):
    await happens(messaged(handler.staff_id))
    await drain()
    topic = live.staff_topic(handler.staff_id)
    heard = [await live.seq_of(topic)]
    for minutes in (1.9, 0.2, 3, 5, 10, 39, 1):
        await clock.forward(minutes=minutes)
        await hospital.jobs["repeat_alerts"].run()
        await hospital.jobs["repeat_alerts"].run()
        heard.append(await live.seq_of(topic))
    assert heard == [1, 1, 2, 3, 4, 5, 5, 6]
    (alert,) = (await handler.get("/alerts"))["items"]
    assert alert["repeats"] == 5
    await handler.post(f"/alerts/{alert['id']}/acknowledgement")
    seq = await live.seq_of(topic)
    await clock.forward(hours=2)
    await hospital.jobs["repeat_alerts"].run()
    assert await live.seq_of(topic) == seq


async def test_alerts_that_sound_come_first_and_have_pages(hospital, drain, handler):
    complaints = [filed(handler_id=handler.staff_id, number=f"TS{number}") for number in range(5)]
    await happens(*complaints)
    await drain()
    alerts = (await handler.get("/alerts"))["items"]
    await handler.post(f"/alerts/{alerts[0]['id']}/acknowledgement")
    first = await handler.get("/alerts?limit=3")
    rest = await handler.get(f"/alerts?limit=3&cursor={first['next']}")
    listed = [alert["state"] for alert in first["items"] + rest["items"]]
    assert listed == ["raised"] * 4 + ["acknowledged"]


async def test_the_robot_names_who_is_meant(hospital, drain):
    boss = await a_member_of_staff(hospital, "supervisor", name="何主管", wecom_userid="hezhuguan")
    complaint = filed(number=f"TS{uuid4().hex[:8]}")
    await happens(escalated(complaint, boss.staff_id))

    async def is_taken():  # a call that meets a busy machine is made again, as the outbox does
        await drain()
        return "accepted" in await states("wecom_robot")

    with suppress(TimeoutError):
        await until(is_taken)
    assert [(row["state"], row["reason"]) for row in await deliveries("wecom_robot")] == [("accepted", "")]
    async with hospital.http.get(hospital.simulator + "/_sim/robots/sim-robot/messages") as reply:
        said = [item for item in (await reply.json())["items"] if complaint.number in item["content"]]
    assert said[0]["body"]["text"]["mentioned_list"] == ["hezhuguan"]
    assert "何主管" in said[0]["content"]
