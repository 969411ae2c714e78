"""The ledger of credits in the database: late, early, doubled and lost reports; never more messages than taps."""

import asyncio
import time as wall
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from notifications.consents import ledger
from notifications.errors import ForgedPush
from notifications.pushes.reading import open_push
from server import clock as time
from server import db
from server.errors import Unreadable
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.telling import SEND, a_phone, booked, fault, happens, states
from tests.notifications.test_pushes import event, push, signed

KEY = "appointment_booked"


@pytest.fixture
def template_id(hospital):
    return hospital.settings.wechat.template_ids[KEY]


async def free() -> int:
    return await props.count("consent_credit", "spent_at IS NULL AND void_at IS NULL")


async def tap(account_id, source: str, ago: float, result: str = "accept") -> None:
    await ledger.take_results(account_id, {KEY: result}, source, at=time.now() - timedelta(seconds=ago))


async def test_reports_that_pair_crosswise_still_count_each_tap_once(hospital):
    """Paired one by one as they come, these three taps would count four times."""
    account_id = await props.an_account()
    for source, minute in (("event", 9), ("client", 0), ("event", 18), ("client", 9), ("event", 0), ("client", 18)):
        await tap(account_id, source, 3600 - 60 * minute)
    assert await free() == 3


async def test_a_push_that_waited_for_an_hour_is_still_the_tap_of_the_phone(hospital, drain, template_id, clock):
    phone = await a_phone(hospital)
    await phone.post("/consents", {"results": [{"template_id": template_id, "result": "accept"}]})
    assert await push(hospital, event(phone.openid, template_id)) == (200, "success")
    await clock.forward(hours=1)
    said = await db.fetch_one("SELECT payload FROM platform_event")
    assert said is not None
    await ledger.take_results(phone.account_id, {KEY: "accept"}, "event", at=time.now() - timedelta(hours=1))
    assert await free() == 1


async def test_switching_off_that_comes_before_the_tap_leaves_nothing(hospital):
    account_id = await props.an_account()
    await ledger.switch_off(account_id, KEY, at=time.now() - timedelta(seconds=10))
    await tap(account_id, "event", 20)
    assert await free() == 0
    row = await db.fetch_one("SELECT status FROM consent")
    assert row["status"] == "rejected"


async def test_switching_off_that_comes_late_leaves_the_newer_yes(hospital):
    account_id = await props.an_account()
    await tap(account_id, "client", 20)
    await tap(account_id, "client", 5)
    await ledger.switch_off(account_id, KEY, at=time.now() - timedelta(seconds=10))
    assert await free() == 1
    row = await db.fetch_one("SELECT status FROM consent")
    assert row["status"] == "accepted"


async def test_what_the_platform_does_not_know_empties_the_ledger_of_this_person_and_template(hospital, drain):
    phone, other = await a_phone(hospital), await a_phone(hospital)
    for _ in range(3):
        await phone.accepts(KEY)
    await phone.accepts("queue_called")
    await other.accepts(KEY)
    await fault(hospital, SEND, "errcode", errcode=43101, times=1)
    await happens(booked(phone.account_id))
    await drain()
    assert await states() == ["suppressed"]
    rows = await db.fetch(
        "SELECT account_id, template_key FROM consent_credit WHERE spent_at IS NULL AND void_at IS NULL"
    )
    assert {(str(row["account_id"]), row["template_key"]) for row in rows} == {
        (phone.account_id, "queue_called"),
        (other.account_id, KEY),
    }
    # the platform's own report of a tap from before comes after that: it is worth nothing
    await tap(phone.account_id, "event", 3600 * 2)
    assert await props.count("consent_credit", "template_key = $1 AND void_at IS NULL", KEY) == 1
    await phone.accepts(KEY)
    assert await props.count("consent_credit", "template_key = $1 AND void_at IS NULL", KEY) == 2


async def one_tap_reported_twice_at_once(hospital) -> None:
    """Both are under way before either has written its credit."""
    account_id = await props.an_account()
    await ledger.switch_off(account_id, KEY, at=time.now() - timedelta(hours=1))
    url = hospital.settings.database_url
    async with db.alone(url) as holder, asyncio.TaskGroup() as reports, holder.transaction():
        await holder.execute("LOCK TABLE consent_credit IN SHARE MODE")  # it can be read, and nothing written
        for source in ("client", "event"):
            reports.create_task(tap(account_id, source, 0))
        await somebody_waits(2)
    assert await free() == 1


async def test_one_tap_that_is_reported_twice_at_once_is_one_credit(hospital):
    await one_tap_reported_twice_at_once(hospital)


@pytest.mark.mutant
async def test_without_the_word_first_it_counts_twice(hospital, monkeypatch):
    update = ledger.SAY[ledger.SAY.index("DO UPDATE SET") :]
    await is_killed(
        Mutant("the word before the credit", ledger, "SAY", ((update, "DO NOTHING"),), one_tap_reported_twice_at_once),
        monkeypatch,
        hospital,
    )


async def test_no_more_messages_are_sent_than_were_tapped(hospital, drain):
    phone = await a_phone(hospital)
    for _ in range(2):
        await phone.accepts(KEY)
    await happens(*(booked(phone.account_id) for _ in range(5)))
    await drain()
    assert (await states()).count("suppressed") == 3
    assert len(await phone.phone_shows()) == 2
    assert await free() == 0


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE consent_credit SET spent_at = app_now()",  # spent on nothing
        "UPDATE consent_credit SET spent_at = app_now(), void_at = app_now(), delivery_id = gen_random_uuid()",
        "INSERT INTO consent_credit (id, account_id, template_key) SELECT id, account_id, 'x' FROM consent",
    ],
    ids=["spent on nothing", "spent and void", "nobody tapped"],
)
async def test_the_database_refuses_a_credit_that_cannot_be(hospital, broken):
    account_id = await props.an_account()
    await tap(account_id, "client", 0)
    with pytest.raises(Exception, match="consent_credit"):
        await db.fetch(broken)


# ---- pushes without encryption -------------------------------------------------------------------------------------


def plain(settings, said: dict, **query: str):
    return open_push(settings, {**signed(settings), **query}, orjson.dumps(said), now=wall.time())


async def test_a_push_without_encryption_is_refused_unless_a_setting_takes_it(hospital, template_id):
    settings = hospital.settings.wechat
    said = event("o-1", template_id)
    with pytest.raises(ForgedPush):
        plain(settings, said)
    open_settings = replace(settings, push_plain=True)
    assert plain(open_settings, said)["Event"] == "subscribe_msg_popup_event"
    with pytest.raises(ForgedPush):
        plain(open_settings, said, signature="0" * 40)
    with pytest.raises(ForgedPush):
        plain(open_settings, {**said, "Encrypt": ""})
    with pytest.raises(ForgedPush):
        plain(open_settings, {**said, "Encrypt": "rubbish"}, msg_signature="0" * 40)
    with pytest.raises(Unreadable):
        open_push(open_settings, signed(settings), b"<xml>", now=wall.time())


async def test_plain_xml_is_read_where_it_is_taken(hospital, template_id):
    settings = replace(hospital.settings.wechat, push_plain=True)
    body = (
        "<xml><FromUserName>o-1</FromUserName><MsgType>event</MsgType><Event>subscribe_msg_change_event</Event>"
        f"<SubscribeMsgChangeEvent><List><TemplateId>{template_id}</TemplateId>"
        "<SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>"
    )
    said = open_push(settings, signed(settings), body.encode(), now=wall.time())
    assert said["SubscribeMsgChangeEvent"]["List"]["SubscribeStatusString"] == "reject"
