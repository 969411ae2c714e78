"""The routes of the hub: consents, the inbox, and the operator's page."""

from uuid import uuid4

import pytest

from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.notifications.telling import SEND, a_phone, booked, calls, fault, filed, happens, states


@pytest.fixture
async def phone(hospital):
    return await a_phone(hospital)


@pytest.fixture
async def operator(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管")


def tap(site, key: str, result: str = "accept") -> dict:
    return {"template_id": site.settings.wechat.template_ids[key], "result": result}


# ---- consents ------------------------------------------------------------------------------------------------------


async def test_consents_are_counted_for_each_template(hospital, phone):
    answer = await phone.post(
        "/consents",
        {
            "results": [
                tap(hospital, "queue_called"),
                tap(hospital, "queue_joined", "acceptWithAudio"),
                tap(hospital, "visit_finished", "reject"),
                tap(hospital, "survey_invitation", "ban"),
                tap(hospital, "revisit_reminder", "filter"),
            ]
        },
    )
    found = {item["key"]: (item["credits"], item["status"]) for item in answer["items"]}
    assert found["queue_called"] == found["queue_joined"] == (1, "accepted")
    assert found["visit_finished"] == (0, "rejected")
    assert found["survey_invitation"] == (0, "banned")
    assert found["revisit_reminder"] == found["appointment_booked"] == (0, "unknown")
    assert answer == await phone.get("/consents")
    assert {item["title"] for item in answer["items"]} >= {"叫号提醒", "预约成功通知"}


async def test_the_same_report_with_the_same_key_counts_once(hospital, phone):
    key, body = str(uuid4()), {"results": [tap(hospital, "queue_called")]}
    assert await phone.post("/consents", body, key=key) == await phone.post("/consents", body, key=key)
    assert await props.count("consent_credit") == 1


async def test_an_unknown_template_is_named_and_nothing_is_counted(hospital, phone):
    body = {"results": [tap(hospital, "queue_called"), {"template_id": "nope", "result": "accept"}]}
    refusal = await phone.refused("/consents", body)
    assert (refusal.status, refusal.code) == (422, "unknown_template")
    assert refusal.body["errors"][0]["pointer"] == "/results/1/template_id"
    assert await props.count("consent_credit") == 0


@pytest.mark.parametrize("body", [{}, {"results": []}, {"results": [{"template_id": "x", "result": "maybe"}]}])
async def test_a_report_without_sense_is_refused(phone, body):
    assert (await phone.refused("/consents", body)).status == 422


# ---- the inbox -----------------------------------------------------------------------------------------------------


async def test_the_inbox_has_pages_and_counts_the_unread(hospital, drain, phone):
    await happens(*(booked(phone.account_id, number=number) for number in range(5)))
    await drain()
    first = await phone.get("/messages?limit=2")
    second = await phone.get(f"/messages?limit=2&cursor={first['next']}")
    third = await phone.get(f"/messages?limit=2&cursor={second['next']}")
    items = first["items"] + second["items"] + third["items"]
    numbers = [line["text"] for item in items for line in item["lines"] if line["label"] == "预约序号"]
    assert (numbers, third["next"], first["unread"]) == (["4", "3", "2", "1", "0"], None, 5)
    read = await phone.post(f"/messages/{items[0]['id']}/reading")
    assert read["read_at"]
    assert await phone.post(f"/messages/{items[0]['id']}/reading") == read
    assert (await phone.get("/messages"))["unread"] == 4


async def test_somebody_elses_message_is_not_found(hospital, drain, phone):
    other = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    (message,) = await phone.inbox()
    assert await other.inbox() == []
    assert (await other.refused(f"/messages/{message['id']}/reading")).status == 404


# ---- the operator's page -------------------------------------------------------------------------------------------


async def test_only_operators_look_at_the_hub(hospital, phone):
    guide = await a_member_of_staff(hospital, "guide")
    for path in ("/hub/messages", "/hub/channels", f"/hub/messages/{uuid4()}"):
        assert (await guide.call("GET", path)).status == 403
        assert (await phone.call("GET", path)).status == 403


async def test_the_story_of_a_message_is_whole_and_masked(hospital, drain, phone, operator):
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await drain()
    page = await operator.get(f"/hub/messages?event=appointment_booked&recipient={phone.openid}")
    (listed,) = page["items"]
    assert listed["recipient"]["shown"] == f"…{phone.openid[-4:]}"
    assert {delivery["channel"] for delivery in listed["deliveries"]} == {"inbox", "wechat_subscribe"}
    story = await operator.get(f"/hub/messages/{listed['id']}")
    assert [attempt["outcome"] for attempt in story["attempts"]] == ["accepted"]
    assert ["就诊人", "张*三"] in story["lines"]
    assert phone.openid not in str(story)


async def test_messages_are_found_by_state_event_and_recipient(hospital, drain, phone, operator):
    other = await a_phone(hospital)
    await happens(booked(phone.account_id), filed(other.account_id))
    await drain()

    async def found(query):
        return [item["event"] for item in (await operator.get(f"/hub/messages?{query}"))["items"]]

    assert await found("state=suppressed") == ["complaint_progress", "appointment_booked"]
    assert await found(f"recipient={phone.account_id}") == ["appointment_booked"]
    assert await found("event=complaint_progress") == ["complaint_progress"]
    assert await found("recipient=nobody") == []
    assert await found("channel=inbox") == ["complaint_progress", "appointment_booked"]
    assert await found("channel=inbox&state=delivered&event=complaint_progress") == ["complaint_progress"]
    assert await found("channel=inbox&state=suppressed") == []
    assert await found("channel=pigeon") == []
    assert (await operator.call("GET", "/hub/messages?state=lost")).status == 422


async def test_a_suppressed_message_is_retried_once_there_is_consent(hospital, drain, phone, operator):
    await happens(booked(phone.account_id))
    await drain()
    (message,) = (await operator.get("/hub/messages"))["items"]
    await phone.accepts("appointment_booked")
    assert (await operator.get(f"/hub/messages/{message['id']}"))["possible"] == ["retry"]
    story = await operator.post(f"/hub/messages/{message['id']}/retry")
    assert story["possible"] == ["cancel"]
    assert "ready" in [delivery["state"] for delivery in story["deliveries"]]
    await drain()
    assert len(await phone.phone_shows()) == 1
    assert (await operator.refused(f"/hub/messages/{message['id']}/retry")).code == "nothing_to_retry"
    story = await operator.get(f"/hub/messages/{message['id']}")
    assert [(act["to_state"], act["by_id"]) for act in story["acts"]] == [("ready", operator.staff_id)]


async def test_what_may_have_arrived_is_not_retried(hospital, drain, phone, operator):
    await phone.accepts("appointment_booked")
    await fault(hospital, SEND, "drop")
    await happens(booked(phone.account_id))
    await drain()
    assert await states() == ["unknown"]
    (message,) = (await operator.get("/hub/messages"))["items"]
    assert (await operator.refused(f"/hub/messages/{message['id']}/retry")).code == "nothing_to_retry"


async def test_an_old_message_is_not_retried(hospital, drain, clock, phone, operator):
    await happens(booked(phone.account_id))
    await drain()
    await clock.forward(days=4)
    (message,) = (await operator.get("/hub/messages"))["items"]
    assert (await operator.get(f"/hub/messages/{message['id']}"))["possible"] == []
    assert (await operator.refused(f"/hub/messages/{message['id']}/retry")).code == "message_too_old"


async def test_a_message_is_cancelled_before_it_leaves(hospital, drain, phone, operator):
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    (message,) = (await operator.get("/hub/messages"))["items"]
    await operator.post(f"/hub/messages/{message['id']}/cancellation")
    await drain()
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert (await operator.refused(f"/hub/messages/{message['id']}/cancellation")).code == "nothing_to_cancel"
    assert (await operator.refused(f"/hub/messages/{uuid4()}/cancellation")).status == 404


async def test_a_paused_channel_waits_and_goes_on(hospital, drain, phone, operator):
    await phone.accepts("appointment_booked")
    paused = await operator.post("/hub/channels/wechat_subscribe/pause")
    assert paused["is_paused"]
    await operator.post("/hub/channels/wechat_subscribe/pause")
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    await hospital.jobs["dispatch_wechat_subscribe"].run()
    assert await states() == ["planned"]
    (channel,) = [item for item in (await operator.get("/hub/channels"))["items"] if item["name"] == "wechat_subscribe"]
    assert (channel["is_paused"], channel["waiting"], channel["counts"]) == (True, 1, {"planned": 1})
    resumed = await operator.post("/hub/channels/wechat_subscribe/resume")
    assert not resumed["is_paused"]
    await drain()
    assert len(await phone.phone_shows()) == 1
    row = await db.fetch_one("SELECT is_paused, paused_by FROM channel_state WHERE channel = 'wechat_subscribe'")
    assert (row["is_paused"], row["paused_by"]) == (False, None)
    assert (await operator.refused("/hub/channels/inbox/pause")).status == 404
