"""The official account: who follows it is found by the union id, and receipts settle what was sent to them."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from notifications.channels.wechat_official import OfficialMessage, shown
from notifications.official import actions
from notifications.official.reading import finished, read_official
from notifications.pushes.actions import keep
from notifications.rules import Outcome
from server import db
from server import runtime as running
from server.ids import new_id
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.channels.scenario import CONTENT
from tests.notifications.channels.scenarios_wechat import at_official, shown_to_follower
from tests.notifications.telling import a_phone, called, happens, states, until


@pytest.fixture
async def account(hospital):
    """The hospital with an official account."""
    opened = running.runtime()
    running._running["runtime"] = replace(opened, settings=at_official(hospital.settings, hospital.simulator))
    yield hospital
    running._running["runtime"] = opened


async def follows(site, openid: str, *, no_longer: bool = False) -> str:
    url = f"{site.simulator}/_sim/users/{openid}/following"
    async with site.http.request("DELETE" if no_longer else "POST", url) as reply:
        assert reply.status < 300, await reply.text()
        return "" if no_longer else (await reply.json())["official_openid"]


async def official_openid(account_id: str) -> str | None:
    row = await db.fetch_one("SELECT official_openid FROM account WHERE id = $1", account_id)
    return row["official_openid"]


async def signed_in(site, openid: str) -> str:
    """Sign in through the platform, which tells the union id; give the account."""
    async with site.http.post(f"{site.simulator}/_sim/users/{openid}/login") as reply:
        code = (await reply.json())["code"]
    async with site.http.post(f"{site.base}/api/v1/sessions", json={"code": code}) as reply:
        assert reply.status == 201, await reply.text()
        return (await reply.json())["account"]["id"]


async def sent_to(site, official: str) -> str:
    """Send a message and write its delivery down as the outbox does; give its id."""
    receipt = await OfficialMessage().send(CONTENT, official, new_id().hex)
    assert receipt.outcome is Outcome.ACCEPTED
    message_id = await props.insert(
        "message",
        event="appointment_booked",
        event_key=f"official:{new_id()}",
        **{"class": "visit"},
        subject_kind="appointment",
        subject_id=new_id(),
        title=CONTENT.title,
        lines="[]",
        fields="{}",
        deadline=await moment("1 day"),
    )
    delivery_id = await props.insert(
        "delivery",
        message_id=message_id,
        channel="wechat_official",
        address=official,
        state="accepted",
        provider_id=receipt.provider_id,
        due_at=await moment("0"),
        deadline=await moment("1 day"),
    )
    return str(delivery_id)


async def moment(after: str):
    row = await db.fetch_one("SELECT app_now() + $1::text::interval AS at", after)
    return row["at"]


async def test_who_follows_is_found_by_the_union_id_and_leaves_again(account, drain):
    phone = await a_phone(account)
    account_id = await signed_in(account, phone.openid)
    official = await follows(account, phone.openid)

    async def is_known():
        await drain()
        return await official_openid(account_id) == official

    await until(is_known)
    await follows(account, phone.openid, no_longer=True)

    async def is_gone():
        await drain()
        return await official_openid(account_id) is None

    await until(is_gone)


async def test_who_followed_first_is_known_at_the_first_sign_in(account, drain):
    phone = await a_phone(account)
    official = await follows(account, phone.openid)

    async def is_told():
        await drain()
        return await props.count("official_follower", "unionid IS NOT NULL")

    await until(is_told)
    assert await official_openid(await signed_in(account, phone.openid)) == official


async def said(openid: str, event: str, at: int, **more: str) -> None:
    """Let the account push an event, as the product reads it."""
    told = {"FromUserName": openid, "MsgType": "event", "Event": event, "CreateTime": at, **more}
    pushed = read_official(told)
    assert pushed is not None
    await keep(pushed)


async def a_late_word_changes_nothing(drain) -> None:
    """They left at 200; that they had come at 100 is heard later."""
    await said("oLate", "unsubscribe", 200)
    await drain()
    await said("oLate", "subscribe", 100)
    await drain()
    assert await props.count("official_follower", "openid = 'oLate' AND NOT is_following") == 1


async def test_a_late_word_changes_nothing(hospital, drain):
    await a_late_word_changes_nothing(drain)


@pytest.mark.mutant
async def test_without_the_look_at_its_moment_a_late_word_counts(hospital, drain, monkeypatch):
    """The mutant of the test above."""
    guard = ("WHERE f.said_at <= excluded.said_at", "")
    await is_killed(Mutant("moment", actions, "SAY", (guard,), a_late_word_changes_nothing), monkeypatch, drain)


async def one_waits() -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            await somebody_waits()
            return True
    return False


async def two_come_at_once() -> None:
    """Somebody signs in while the platform tells who follows: each sees the other, whoever is first."""
    await said("oRace", "subscribe", 100)
    account_id, is_written, may_end = new_id(), asyncio.Event(), asyncio.Event()

    async def sign_in() -> None:
        async with db.transaction():
            await props.insert("account", id=account_id, openid="openid-race", unionid="union-race")
            is_written.set()
            await may_end.wait()

    signing_in = asyncio.create_task(sign_in())
    await is_written.wait()
    await db.fetch(
        "INSERT INTO official_follower (openid, is_following, said_at, changed_at)"
        " VALUES ('oRace', true, app_now(), app_now())"
    )
    knowing = asyncio.create_task(db.fetch(actions.KNOW, ["oRace"], ["union-race"]))
    while not knowing.done() and not await one_waits():
        await asyncio.sleep(0.005)
    may_end.set()
    await asyncio.gather(signing_in, knowing)
    assert await official_openid(str(account_id)) == "oRace"


async def test_two_who_come_at_once_meet(hospital):
    await two_come_at_once()


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('union:' || unionid, 0))"


@pytest.mark.mutant
async def test_without_their_turn_two_who_come_at_once_miss_each_other(hospital):
    """The mutant of the test above: its guard stands in the database."""
    define = "CREATE OR REPLACE FUNCTION take_turn_of_person(unionid text) RETURNS void LANGUAGE sql AS $f$ {} $f$"
    await db.fetch(define.format("SELECT NULL::void"))
    try:
        with pytest.raises(AssertionError):
            await two_come_at_once()
    finally:
        await db.fetch(define.format(TURN))
    assert await official_openid_of("openid-race") is None


async def official_openid_of(openid: str) -> str | None:
    row = await db.fetch_one("SELECT official_openid FROM account WHERE openid = $1", openid)
    return row["official_openid"]


@pytest.mark.parametrize(("blocks", "state"), [(False, "delivered"), (True, "undelivered")])
async def test_a_receipt_settles_what_was_sent(account, drain, blocks, state):
    phone = await a_phone(account)
    official = await follows(account, phone.openid)
    async with account.http.patch(f"{account.simulator}/_sim/official/{official}", json={"blocks": blocks}) as reply:
        assert reply.status == 200
    delivery_id = await sent_to(account, official)

    async def is_settled():
        await drain()
        row = await db.fetch_one("SELECT state, reason FROM delivery WHERE id = $1", delivery_id)
        return (row["state"], row["reason"]) == (state, "receipt:user block" if blocks else "")

    await until(is_settled)


async def test_a_call_that_nobody_allowed_comes_over_the_official_account(account, drain):
    """From the fact to the follower's phone: the first way needs a consent, the next one does not."""
    phone = await a_phone(account)
    account_id = await signed_in(account, phone.openid)
    official = await follows(account, phone.openid)

    async def is_known():
        await drain()
        return await official_openid(account_id) == official

    await until(is_known)
    await happens(called(account_id))

    async def is_delivered():
        await drain()
        return await states("wechat_official") == ["delivered"]

    await until(is_delivered)
    assert await states("wechat_subscribe") == ["suppressed"]
    (told,) = await shown_to_follower(account, official)
    assert "A012" in told


async def test_two_messages_of_one_second_have_two_receipts(account, drain):
    phone = await a_phone(account)
    official = await follows(account, phone.openid)
    for _ in range(2):
        await sent_to(account, official)

    async def are_settled():
        await drain()
        return await props.count("delivery", "state = 'delivered'") == 2

    await until(are_settled)


async def test_a_receipt_that_comes_before_the_answer_waits_for_it(account, drain):
    await said("oEarly", "TEMPLATESENDJOBFINISH", 100, MsgID="77", Status="success")
    await drain()
    assert await props.count("official_receipt", "delivery_id IS NULL") == 1
    phone = await a_phone(account)
    delivery_id = await sent_to(account, await follows(account, phone.openid))
    await db.fetch("UPDATE delivery SET address = 'oEarly', provider_id = '77' WHERE id = $1", delivery_id)
    await actions.settle_official()
    assert await props.count("delivery", "state = 'delivered'") == 1


async def test_who_has_left_without_a_word_is_forgotten_at_the_first_refusal(account, drain):
    phone = await a_phone(account)
    account_id = await signed_in(account, phone.openid)
    official = await follows(account, phone.openid)

    async def is_known():
        await drain()
        return await official_openid(account_id) == official

    await until(is_known)
    async with account.http.delete(f"{account.simulator}/_sim/pushes") as reply:
        assert reply.status == 200
    await follows(account, phone.openid, no_longer=True)
    receipt = await OfficialMessage().send(CONTENT, official, new_id().hex)
    assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "43004")
    assert await official_openid(account_id) is None


async def test_what_the_account_did_not_sign_is_refused(account):
    async with account.http.post(
        f"{account.base}/wechat/official/push", data=b"<xml><Event>subscribe</Event></xml>"
    ) as reply:
        assert (reply.status, (await reply.json())["code"]) == (403, "forged_push")
    assert await props.count("official_follower") == 0


@pytest.mark.parametrize(
    ("status", "is_good", "code"),
    [
        ("success", True, ""),
        ("failed:user block", False, "user block"),
        ("failed: system failed", False, "system failed"),
        ("failed:freq limit", False, "freq limit"),
        ("", False, "failed"),
    ],
)
def test_what_became_of_a_message_is_read_in_every_wording(status, is_good, code):
    told = finished({"MsgID": 0, "Status": status})
    assert (told.msgid, told.is_good, told.code) == ("", is_good, code)


def test_what_people_write_to_the_account_is_no_event():
    assert read_official({"FromUserName": "oX", "MsgType": "text", "Content": "你好"}) is None


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("心血管内科", "心血管内科"),
        ("请带\n医保卡", "请带 医保卡"),
        ("记得哦😀👍🏽", "记得哦"),
        ("👨‍👩‍👧", "-"),
        ("一" * 21, "一" * 19 + "…"),
    ],
)
def test_a_value_is_what_the_phone_would_show(value, seen):
    assert shown(value) == seen


async def test_a_message_opens_the_mini_app_and_carries_our_key(account):
    phone = await a_phone(account)
    official, key = await follows(account, phone.openid), new_id().hex
    assert (await OfficialMessage().send(CONTENT, official, key)).outcome is Outcome.ACCEPTED
    async with account.http.get(f"{account.simulator}/_sim/official/{official}/messages") as reply:
        (told,) = (await reply.json())["items"]
    assert (told["pagepath"], told["client_msg_id"]) == (CONTENT.link, key)
