"""From a fact to a text message through the outbox: once, whatever happens to the answer of its call."""

from dataclasses import replace
from typing import Any

import pytest

from server import runtime as running
from tests import props
from tests.notifications.channels.scenarios_sending import a_patient, came, everything
from tests.notifications.telling import booked, deliveries, fault, happens, states, until


@pytest.fixture
async def place(hospital):
    """The hospital with all three set up."""
    opened = running.runtime()
    running._running["runtime"] = replace(opened, settings=everything(hospital.settings, hospital.simulator))
    yield hospital
    running._running["runtime"] = opened


async def somebody_books(place: Any, phone: str) -> None:
    """Somebody who has allowed no notice books for a person with a number: the text message is the next way."""
    recipient = await a_patient(place, phone=phone, email="")
    await happens(booked(await props.an_account(), patient_id=recipient.patient_id))


async def texts(place: Any, phone: str) -> int:
    return len(await came(place, "sms", phone))


async def test_the_report_makes_it_delivered(place, drain):
    await somebody_books(place, "13712340001")

    async def is_delivered() -> bool:
        await drain()
        return await states("sms_aliyun") == ["delivered"]

    await until(is_delivered)
    assert await texts(place, "13712340001") == 1
    assert [await states(name) for name in ("sms_tencent", "email")] == [[], []]


@pytest.mark.parametrize("mode", ["accept_then_drop", "half_body", "http_5xx_after_accept", "drop"])
async def test_an_answer_that_never_came_is_asked_for_and_nothing_is_sent_twice(place, drain, clock, mode):
    phone = f"1371234010{('accept_then_drop', 'half_body', 'http_5xx_after_accept', 'drop').index(mode)}"
    await fault(place, "/aliyun/SendSms", mode, count=1)
    await somebody_books(place, phone)
    await drain()
    for _ in range(4):
        if await states("sms_aliyun") in (["accepted"], ["delivered"]):
            break
        await clock.forward(minutes=2)
        await drain()
    assert await states("sms_aliyun") in (["accepted"], ["delivered"]), await deliveries("sms_aliyun")
    assert await texts(place, phone) == 1


async def test_a_number_that_is_none_ends_with_a_reason(place, drain):
    await somebody_books(place, "17000000006")
    await drain()
    (ended,) = await deliveries("sms_aliyun")
    assert (ended["state"], ended["reason"]) == ("failed", "refused:isv.MOBILE_NUMBER_ILLEGAL")
