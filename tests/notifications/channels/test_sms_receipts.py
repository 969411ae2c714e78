"""What the providers report of text messages: who may, once, whichever comes first, and to nobody else's delivery."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from notifications.channels import CHANNELS
from notifications.receipts import actions
from notifications.receipts.reading import Report
from server import clock as time
from server import db
from server import runtime as running
from server.ids import new_id
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.channels.scenario import CONTENT
from tests.notifications.channels.scenarios_sending import PHONE, a_patient, everything
from tests.notifications.telling import until

ALIYUN = CHANNELS["sms_aliyun"]


@pytest.fixture
async def place(hospital):
    """The hospital with both providers set up."""
    opened = running.runtime()
    running._running["runtime"] = replace(opened, settings=everything(hospital.settings, hospital.simulator))
    yield hospital
    running._running["runtime"] = opened


async def a_delivery(channel: str, address: str, *, state: str, provider_id: str | None = None):
    """A delivery as the lane leaves it after its call."""
    message_id = await props.insert(
        "message",
        event="appointment_booked",
        event_key=f"text:{new_id()}",
        **{"class": "visit"},
        subject_kind="appointment",
        subject_id=new_id(),
        title="预约成功",
        lines="[]",
        deadline=time.now() + timedelta(days=1),
    )
    return await props.insert(
        "delivery",
        message_id=message_id,
        channel=channel,
        address=address,
        state=state,
        reason="no_answer" if state == "unknown" else "",
        provider_id=provider_id,
        due_at=time.now() + timedelta(hours=1),
        deadline=time.now() + timedelta(days=1),
    )


async def state_of(delivery_id) -> tuple[str, str]:
    row = await db.fetch_one("SELECT state, reason FROM delivery WHERE id = $1", delivery_id)
    return row["state"], row["reason"]


async def report(place, path: str, *reports: dict, token: str = "sim-receipts") -> tuple[int, dict]:
    async with place.http.post(f"{place.base}{path}", params={"token": token}, data=orjson.dumps(reports)) as reply:
        return reply.status, orjson.loads(await reply.read())


def by_aliyun(serial: str, *, key: str = "", is_good: bool = True, code: str = "DELIVERED") -> dict:
    said = {"phone_number": PHONE, "send_time": "2026-11-22 10:00:00", "report_time": "2026-11-22 10:00:01"}
    return {**said, "success": is_good, "err_code": code, "biz_id": serial, "out_id": key, "sms_size": "1"}


async def settle(place) -> None:
    await place.jobs["settle_texts"].run()


@pytest.mark.parametrize(("is_good", "state"), [(True, "delivered"), (False, "undelivered")])
async def test_a_report_ends_its_delivery_once(place, is_good, state):
    delivery_id = await a_delivery("sms_aliyun", f"patient:{new_id()}", state="accepted", provider_id="s^1")
    for code in ("FIRST", "SECOND"):
        assert (await report(place, "/aliyun/sms-receipts", by_aliyun("s^1", is_good=is_good, code=code)))[0] == 200
        await settle(place)
    assert await state_of(delivery_id) == (state, "" if is_good else "receipt:FIRST")
    assert await props.count("sms_receipt") == 1


async def test_a_report_that_comes_first_waits_for_its_delivery(place):
    await report(place, "/aliyun/sms-receipts", by_aliyun("s^2"))
    await settle(place)
    delivery_id = await a_delivery("sms_aliyun", f"patient:{new_id()}", state="accepted", provider_id="s^2")
    await settle(place)
    assert (await state_of(delivery_id))[0] == "delivered"


async def test_a_report_finds_by_our_key_whose_answer_never_came(place):
    delivery_id = await a_delivery("sms_aliyun", f"patient:{new_id()}", state="unknown")
    another = await a_delivery("sms_aliyun", f"patient:{new_id()}", state="unknown")
    row = await db.fetch_one("SELECT left(encode(sha256(uuid_send($1::uuid)), 'hex'), 32) AS key", delivery_id)
    await report(place, "/aliyun/sms-receipts", by_aliyun("s^3", key=row["key"]))
    await settle(place)
    assert ((await state_of(delivery_id))[0], (await state_of(another))[0]) == ("delivered", "unknown")


async def test_a_report_does_not_touch_another_providers_delivery(place):
    delivery_id = await a_delivery("sms_tencent", f"patient:{new_id()}", state="accepted", provider_id="s^4")
    await report(place, "/aliyun/sms-receipts", by_aliyun("s^4"))
    await settle(place)
    assert (await state_of(delivery_id))[0] == "accepted"


async def test_tencent_reports_in_its_own_words(place):
    delivery_id = await a_delivery("sms_tencent", f"patient:{new_id()}", state="accepted", provider_id="17:5")
    said = {"sid": "17:5", "mobile": PHONE, "nationcode": "86", "report_status": "FAIL", "errmsg": "MK:0000"}
    assert await report(place, "/tencent/sms-receipts", said) == (200, {"result": 0, "errmsg": "OK"})
    await settle(place)
    assert await state_of(delivery_id) == ("undelivered", "receipt:MK:0000")


@pytest.mark.parametrize("path", ["/aliyun/sms-receipts", "/tencent/sms-receipts"])
@pytest.mark.parametrize("token", ["", "another", "sim-receipt"])
async def test_nobody_reports_without_the_secret(place, path, token):
    status, said = await report(place, path, by_aliyun("s^5"), token=token)
    assert (status, said["code"]) == (403, "forged_push")
    assert await props.count("sms_receipt") == 0


async def test_without_a_secret_of_ours_no_secret_is_right(hospital):
    assert (await report(hospital, "/aliyun/sms-receipts", by_aliyun("s^6"), token=""))[0] == 403


@pytest.mark.parametrize("body", [b"", b"x", b"7", b'["a"]', b"[{}]", b'[{"biz_id": "1"}]'])
async def test_what_cannot_be_read_is_no_server_error(place, body):
    async with place.http.post(f"{place.base}/aliyun/sms-receipts?token=sim-receipts", data=body) as reply:
        assert reply.status == 400


async def test_no_number_is_kept_with_a_report(place):
    await report(place, "/aliyun/sms-receipts", by_aliyun("s^7"))
    row = await db.fetch_one("SELECT to_jsonb(r)::text AS said FROM sms_receipt r")
    assert PHONE not in row["said"]


async def test_a_dead_number_reported_later_is_not_tried_again(place):
    recipient = await a_patient(place, phone="17000000002")  # its carrier says that it is out of service
    address = ALIYUN.address(recipient)
    receipt = await ALIYUN.send(CONTENT, address, new_id().hex)
    await a_delivery("sms_aliyun", address, state="accepted", provider_id=receipt.provider_id)

    async def marked():
        await settle(place)
        return await props.count("bad_address") == 1

    await until(marked)
    assert (await ALIYUN.send(CONTENT, address, new_id().hex)).code == "known_bad"


# --- two at once, and each guard taken out


async def the_same_report_twice_at_once(place) -> None:
    """Two copies are kept while the first is not yet committed: one row, and no error to either."""
    one = Report("s^8", "", True, "DELIVERED")

    async def second() -> None:
        await actions.keep("sms_aliyun", [one])

    async with db.transaction():
        await actions.keep("sms_aliyun", [one])
        copy = asyncio.create_task(db.detached(second))
        await somebody_waits()
    await copy
    assert await props.count("sms_receipt") == 1


async def a_late_no_after_a_yes(place) -> None:
    """A second report with another serial that claims our key changes nothing: delivered stays delivered."""
    delivery_id = await a_delivery("sms_aliyun", f"patient:{new_id()}", state="unknown")
    row = await db.fetch_one("SELECT left(encode(sha256(uuid_send($1::uuid)), 'hex'), 32) AS key", delivery_id)
    for serial, is_good in (("s^9", True), ("s^10", False)):
        await actions.keep("sms_aliyun", [Report(serial, row["key"], is_good, "X")])
        await settle(place)
    assert await state_of(delivery_id) == ("delivered", "")
    assert await props.count("sms_receipt", "delivery_id IS NOT NULL") == 1


async def one_for_each_of_two_providers(place) -> None:
    """The same serial at two providers is two messages."""
    theirs = await a_delivery("sms_tencent", f"patient:{new_id()}", state="accepted", provider_id="s^11")
    await actions.keep("sms_aliyun", [Report("s^11", "", True, "")])
    await settle(place)
    assert (await state_of(theirs))[0] == "accepted"


STORIES = [the_same_report_twice_at_once, a_late_no_after_a_yes, one_for_each_of_two_providers]
MUTANTS = [
    Mutant("once", actions, "KEEP", (("ON CONFLICT (channel, provider_id) DO NOTHING", ""),), STORIES[0]),
    Mutant(
        "not_after_the_end",
        actions,
        "MATCH",
        (
            ("AND d.state = 'unknown' AND open.key", "AND open.key"),
            ("AND d.provider_id IS NULL", ""),
            ("WHERE d.id = taken.delivery_id AND d.state IN ('accepted', 'unknown')", "WHERE d.id = taken.delivery_id"),
            ("AND NOT EXISTS (SELECT FROM sms_receipt o WHERE o.delivery_id = pairs.delivery_id)", ""),
        ),
        STORIES[1],
    ),
    Mutant(
        "own_provider",
        actions,
        "MATCH",
        (("d.channel = open.channel AND d.provider_id = open", "d.provider_id = open"),),
        STORIES[2],
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_reports_are_kept_and_given_once(place, story):
    await story(place)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_without_its_guard_a_report_does_harm(place, monkeypatch, mutant):
    await is_killed(mutant, monkeypatch, place)
