"""What the staff's channels answer to what only their providers say."""

from dataclasses import replace
from secrets import token_hex

import pytest

from notifications.channels.apprise_staff import StaffServices
from notifications.channels.wecom_app import AppMessage, marked
from notifications.rules import Cause, Outcome, Window
from server import db
from server import runtime as running
from server.config import Secret
from server.config import StaffServices as Services
from tests.notifications.channels.scenario import CONTENT
from tests.notifications.channels.scenarios_staff import at_webhook
from tests.notifications.channels.scenarios_wecom import at_app, shown_to_member
from tests.notifications.telling import calls, fault

SEND = "/cgi-bin/message/send"
TOKEN = "/cgi-bin/gettoken"


@pytest.fixture
async def company(hospital):
    """The hospital with its application in WeCom and a webhook."""
    opened = running.runtime()
    settings = at_webhook(at_app(hospital.settings, hospital.simulator), hospital.simulator)
    await db.fetch("DELETE FROM provider_token")
    running._running["runtime"] = replace(opened, settings=settings)
    yield hospital
    running._running["runtime"] = opened


def somebody() -> str:
    return f"member-{token_hex(4)}"


@pytest.mark.parametrize(
    ("errcode", "outcome", "cause", "window"),
    [
        (-1, Outcome.RETRY, None, None),
        (45009, Outcome.TROUBLE, None, Window.NEXT_MINUTE),
        (60020, Outcome.TROUBLE, Cause.CREDENTIALS, None),
        (40056, Outcome.TROUBLE, Cause.CREDENTIALS, None),
        (81013, Outcome.REFUSED, None, None),
        (82001, Outcome.REFUSED, None, None),
    ],
)
async def test_each_code_has_its_class(company, errcode, outcome, cause, window):
    await fault(company, SEND, "errcode", errcode=errcode)
    receipt = await AppMessage().send(CONTENT, somebody(), token_hex(16))
    assert (receipt.outcome, receipt.cause, receipt.window) == (outcome, cause, window)
    assert receipt.detail == ""  # the platform names our address in it


async def test_an_ok_that_reached_nobody_is_a_refusal(company):
    receipt = await AppMessage().send(CONTENT, "outside", token_hex(16))
    assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "invaliduser")
    assert (await AppMessage().send(CONTENT, "nobody", token_hex(16))).code == "81013"


async def test_an_expired_token_is_asked_for_once_and_the_message_goes(company):
    member = somebody()
    assert (await AppMessage().send(CONTENT, member, token_hex(16))).outcome is Outcome.ACCEPTED
    before = len(await calls(company, TOKEN))
    async with company.http.post(company.simulator + "/_sim/tokens/expire") as reply:
        assert reply.status == 200
    assert (await AppMessage().send(CONTENT, member, token_hex(16))).outcome is Outcome.ACCEPTED
    assert len(await shown_to_member(company, member)) == 2
    assert len(await calls(company, TOKEN)) == before + 1


async def test_two_alike_messages_are_two_and_one_sent_twice_is_one(company):
    member, key = somebody(), token_hex(16)
    for each in (key, key, token_hex(16)):
        assert (await AppMessage().send(CONTENT, member, each)).outcome is Outcome.ACCEPTED
    assert len(await shown_to_member(company, member)) == 2


def test_the_mark_survives_any_text():
    key = token_hex(16)
    for text in ("短", "很长的一句话，" * 400, "x" * 5000):
        told = marked(text, key)
        assert told.endswith(f"编号 {key[:8]}")
        assert len(told.encode()) <= 2048


async def use_addresses(site, *urls: str) -> None:
    opened = running.runtime()
    services = Services(tuple(Secret(url) for url in urls), 5.0)
    running._running["runtime"] = replace(opened, settings=replace(opened.settings, staff_services=services))


async def test_one_service_that_has_it_is_enough_and_is_not_told_again(company):
    good = f"{company.simulator.replace('http', 'json')}/staff-webhook"
    await use_addresses(company, good, "json://127.0.0.1:9/away", "nosuch://service")
    receipt = await StaffServices().send(CONTENT, "staff", token_hex(16))
    assert (receipt.outcome, receipt.detail) == (Outcome.ACCEPTED, "2 of 3 did not take it")


async def test_an_address_that_is_none_is_a_setting_to_mend(company):
    await use_addresses(company, "nosuch://service")
    receipt = await StaffServices().send(CONTENT, "staff", token_hex(16))
    assert (receipt.outcome, receipt.cause) == (Outcome.TROUBLE, Cause.CREDENTIALS)
