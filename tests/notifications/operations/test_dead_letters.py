"""Dead letters: by cause, and what many at once may be done with."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from notifications.operations import dead
from notifications.operations.rules import Act, Letter, why_not
from notifications.rules import DeliveryState
from server import db
from tests.cast import a_member_of_staff
from tests.notifications.telling import a_phone, booked, called, happens

SUPPRESSED = {"channel": "wechat_subscribe", "state": "suppressed", "reason": "no_consent"}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


@pytest.fixture
async def operator(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管")


async def suppressed(hospital, drain, count: int = 1):
    """Let some messages come to nothing for want of consent."""
    phone = await a_phone(hospital)
    await happens(*(booked(phone.account_id) for _ in range(count)))
    await drain()
    return phone


def asks(act: str, **values):
    return {**SUPPRESSED, "act": act, "why": "患者来电要求重发", **values}


def letter(state: str, *, reason: str = "", deadline: datetime = LATER, arrived_otherwise: bool = False) -> Letter:
    return Letter(DeliveryState(state), reason, deadline, arrived_otherwise)


@pytest.mark.parametrize(
    ("act", "one", "code"),
    [
        ("retry", letter("failed"), ""),
        ("retry", letter("retry_wait"), ""),
        ("retry", letter("suppressed", reason="no_consent"), ""),
        ("retry", letter("failed", deadline=BEFORE), "deadline"),
        ("retry", letter("failed", deadline=NOW), "deadline"),
        ("retry", letter("expired"), "deadline"),
        ("retry", letter("unknown"), "may_have_arrived"),
        ("retry", letter("undelivered"), "may_have_arrived"),
        ("retry", letter("failed", arrived_otherwise=True), "arrived_otherwise"),
        ("retry", letter("suppressed", reason="consent_withdrawn"), "consent_withdrawn"),
        ("retry", letter("suppressed", reason="cap"), "limited"),
        ("cancel", letter("retry_wait"), ""),
        ("cancel", letter("failed"), "has_left"),
        ("done", letter("expired"), ""),
        ("take", letter("unknown"), ""),
        ("done", letter("retry_wait"), "still_tried"),
    ],
)
def test_an_act_is_refused_where_it_would_do_harm(act, one, code):
    assert why_not(Act(act), one, now=NOW) == code


async def test_what_came_to_nothing_is_told_by_cause_in_words(hospital, drain, operator):
    await suppressed(hospital, drain, 3)
    (cause,) = (await operator.get("/hub/dead-letters/causes"))["items"]
    assert {**SUPPRESSED, "letters": 3, "in_time": 3, "taken": 0}.items() <= cause.items()
    assert cause["reason_text"] == "没有订阅授权"
    query = "&".join(f"{name}={value}" for name, value in SUPPRESSED.items())
    page = await operator.get(f"/hub/dead-letters?{query}&limit=2")
    rest = await operator.get(f"/hub/dead-letters?{query}&limit=2&cursor={page['next']}")
    assert len({one["id"] for one in page["items"] + rest["items"]}) == 3
    assert "张小三" not in str(page)


async def test_many_are_retried_once_they_may_with_author_and_words(hospital, drain, operator):
    phone = await suppressed(hospital, drain, 2)
    for _ in range(2):
        await phone.accepts("appointment_booked")
    done = await operator.post("/hub/dead-letters/acts", asks("retry"))
    assert done == {"done": 2, "refused": [], "after": None}
    await drain()
    assert len(await phone.phone_shows()) == 2
    assert (await operator.get("/hub/dead-letters/causes"))["items"] == []
    (message, _) = (await operator.get("/hub/messages"))["items"]
    (act,) = (await operator.get(f"/hub/messages/{message['id']}"))["acts"]
    assert (act["to_state"], act["by_name"], act["why"]) == ("ready", "何主管", "retry: 患者来电要求重发")


async def test_a_batch_is_bounded_and_goes_on_where_it_ended(hospital, drain, operator, monkeypatch):
    monkeypatch.setattr(dead, "BATCH", 2)
    await suppressed(hospital, drain, 3)
    first = await operator.post("/hub/dead-letters/acts", asks("done"))
    assert first["done"] == 2
    second = await operator.post("/hub/dead-letters/acts", asks("done", after=first["after"]))
    assert (second["done"], second["after"]) == (1, None)


async def test_what_is_too_old_stays_dead(hospital, drain, clock, operator):
    await suppressed(hospital, drain)
    await clock.forward(days=4)
    done = await operator.post("/hub/dead-letters/acts", asks("retry"))
    assert (done["done"], [(one["code"], one["letters"]) for one in done["refused"]]) == (0, [("deadline", 1)])


async def test_who_was_reached_by_another_way_is_not_told_again(hospital, drain, operator):
    await suppressed(hospital, drain)
    (row,) = await db.fetch("SELECT message_id, deadline FROM delivery WHERE channel = 'wechat_subscribe'")
    await db.fetch(
        "INSERT INTO delivery (id, message_id, channel, address, state, due_at, deadline)"
        " VALUES (gen_random_uuid(), $1, 'sms_aliyun', 'patient:x', 'accepted', app_now(), $2)",
        row["message_id"],
        row["deadline"],
    )
    done = await operator.post("/hub/dead-letters/acts", asks("retry"))
    assert [one["code"] for one in done["refused"]] == ["arrived_otherwise"]


async def test_a_cap_holds_for_what_is_sent_again_by_hand(hospital, drain, operator, monkeypatch):
    await suppressed(hospital, drain, 2)
    (first, second) = await db.fetch("SELECT id FROM delivery WHERE channel = 'wechat_subscribe' ORDER BY id")

    async def only_one(delivery_ids):
        assert delivery_ids == [first["id"], second["id"]]
        return frozenset({second["id"]})

    monkeypatch.setattr(dead, "take_where_free", only_one)
    done = await operator.post("/hub/dead-letters/acts", asks("retry"))
    assert (done["done"], [(one["code"], one["letters"]) for one in done["refused"]]) == (1, [("limited", 1)])
    rows = await db.fetch("SELECT state FROM delivery WHERE channel = 'wechat_subscribe' ORDER BY id")
    assert [row["state"] for row in rows] == ["ready", "suppressed"]


async def test_one_takes_them_over_and_puts_them_aside(hospital, drain, operator):
    await suppressed(hospital, drain)
    other = await a_member_of_staff(hospital, "admin", name="管理员")
    await operator.post("/hub/dead-letters/acts", asks("take"))
    query = "&".join(f"{name}={value}" for name, value in SUPPRESSED.items()) + "&is_mine=true"
    (mine,) = (await operator.get(f"/hub/dead-letters?{query}"))["items"]
    assert (mine["owner_name"], mine["note"]) == ("何主管", "患者来电要求重发")
    assert (await other.get(f"/hub/dead-letters?{query}"))["items"] == []
    await other.post("/hub/dead-letters/acts", asks("done", why="已电话通知"))
    assert (await operator.get("/hub/dead-letters/causes"))["items"] == []
    (kept,) = await db.fetch("SELECT owner_id, done_by, note FROM dead_letter")
    assert (str(kept["owner_id"]), str(kept["done_by"]), kept["note"]) == (
        operator.staff_id,
        other.staff_id,
        "已电话通知",
    )


async def test_two_at_once_retry_each_one_once(hospital, drain, operator):
    phone = await suppressed(hospital, drain, 3)
    await phone.accepts("appointment_booked")
    both = await asyncio.gather(*(operator.post("/hub/dead-letters/acts", asks("retry")) for _ in range(2)))
    assert sorted(one["done"] for one in both) == [0, 3]


async def test_what_waits_for_its_next_try_is_called_off_by_cause(hospital, drain, operator):
    phone = await a_phone(hospital)
    await phone.accepts("queue_called")
    await happens(called(phone.account_id))
    await hospital.jobs["relay"].run()
    await db.fetch(
        "UPDATE delivery SET state = 'retry_wait', reason = 'trouble:unreachable', due_at = app_now() + interval '9m'"
        " WHERE channel = 'wechat_subscribe'"
    )
    body = {"channel": "wechat_subscribe", "state": "retry_wait", "reason": "trouble:unreachable"}
    (cause,) = (await operator.get("/hub/dead-letters/causes"))["items"]
    assert body.items() <= cause.items()
    await operator.post("/hub/dead-letters/acts", {**body, "act": "cancel", "why": "服务商停机"})
    rows = await db.fetch("SELECT state, reason FROM delivery WHERE channel = 'wechat_subscribe'")
    assert [(row["state"], row["reason"]) for row in rows] == [("cancelled", "by_hand")]


@pytest.mark.parametrize("wrong", [{"why": ""}, {"act": "delete"}, {"state": "lost"}, {"reason": None}])
async def test_an_act_without_sense_is_refused(operator, wrong):
    assert (await operator.refused("/hub/dead-letters/acts", {**asks("retry"), **wrong})).status == 422


async def test_only_operators_look_at_dead_letters(hospital):
    guide = await a_member_of_staff(hospital, "guide")
    for path in ("/hub/dead-letters/causes", "/hub/troubles", "/hub/dry-run/facts"):
        assert (await guide.call("GET", path)).status == 403
    assert (await guide.refused("/hub/dead-letters/acts", asks("retry"))).status == 403


async def test_who_was_reached_by_another_way_is_no_dead_letter(hospital, drain, operator):
    await suppressed(hospital, drain)
    await db.fetch(
        "INSERT INTO delivery (id, message_id, channel, address, state, due_at, deadline)"
        " SELECT gen_random_uuid(), message_id, 'sms_aliyun', 'patient:x', 'delivered', app_now(), deadline"
        " FROM delivery WHERE channel = 'wechat_subscribe'"
    )
    assert (await operator.get("/hub/dead-letters/causes"))["items"] == []


async def test_a_story_is_told_when_its_deliveries_are_archived(hospital, drain, clock, operator):
    phone = await suppressed(hospital, drain)
    (message,) = (await operator.get("/hub/messages"))["items"]
    await clock.forward(days=40)
    await db.fetch(
        "WITH gone AS (DELETE FROM delivery RETURNING id, message_id, channel, address, template_key, step, state,"
        " priority, due_at, deadline, fence, tries, reason, provider_id, is_settled, created_at, changed_at)"
        " INSERT INTO delivery_archive SELECT gone.*, app_now() FROM gone"
    )
    story = await operator.get(f"/hub/messages/{message['id']}")
    assert {one["channel"] for one in story["deliveries"]} == {"inbox", "wechat_subscribe"}
    assert (await operator.get(f"/hub/messages?state=suppressed&recipient={phone.account_id}"))["items"] != []
