"""What every channel keeps, by being in the registry: one call, one outcome, at most one arrival, and no gossip.

Definite is only what a provider's code said or what never left; all else is unknown.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
import structlog

from notifications.channels import CHANNELS
from notifications.channels.content import Channel, Content, Receipt, Recipient
from notifications.rules import Outcome
from server import clock, db
from server import runtime as running
from server.ids import new_id
from server.wechat import Wechat
from tests import props
from tests.notifications.channels.scenario import NOWHERE, SECONDS, USUAL, Scenario
from tests.notifications.channels.scenarios import SCENARIOS

INSTANT = sorted(name for name, channel in CHANNELS.items() if channel.capabilities.is_instant)
CALLING = sorted(set(CHANNELS) & set(SCENARIOS) - set(INSTANT))
LATE_MS = int(SECONDS * 1000) + 300
QUOTA_AT_MOST = timedelta(days=1)


@dataclass
class Line:
    """A channel with its scenario, set up at the simulator, and somebody at its other end."""

    channel: Channel
    scenario: Scenario
    site: object
    recipient: Recipient
    address: str

    async def send(self, content: Content | None = None, *, key: str = "") -> Receipt:
        return await self.channel.send(content or self.scenario.content, self.address, key or new_id().hex)

    async def arrived(self) -> list[str]:
        return await self.scenario.arrivals(self.site, self.address)


async def use(site, settings) -> None:
    """Run with other settings; a token of other credentials is not taken for one of these."""
    await db.fetch("DELETE FROM provider_token")
    wechat = Wechat(settings.wechat, site.opened.http)
    running._running["runtime"] = replace(site.opened, settings=settings, wechat=wechat)


async def a_message(recipient: Recipient, content: Content) -> UUID:
    """Write the message down as the hub does before it places it."""
    return await props.insert(
        "message",
        event="appointment_booked",
        event_key=f"contract:{new_id()}",
        **{"class": "alert" if recipient.account_id is None and recipient.patient_id is None else "visit"},
        account_id=recipient.account_id,
        staff_id=recipient.staff_id,
        patient_id=recipient.patient_id,
        subject_kind="appointment",
        subject_id=new_id(),
        title=content.title,
        lines=orjson.dumps(content.lines).decode(),
        fields="{}",
        deadline=clock.now() + timedelta(days=1),
    )


async def made(site, name: str) -> Line:
    """Set a channel up and find somebody for it."""
    channel, scenario = CHANNELS[name], SCENARIOS[name]
    await use(site, scenario.settings(site.settings, site.simulator))
    recipient = await scenario.recipient(site)
    address = channel.address(recipient)
    assert address
    return Line(channel, scenario, site, recipient, address)


@pytest.fixture
async def place(hospital) -> AsyncIterator:
    """The hospital, whose settings and tokens come back in the end."""
    hospital.opened = running.runtime()
    yield hospital
    running._running["runtime"] = hospital.opened


def test_every_channel_has_a_scenario_and_no_scenario_is_left_over():
    assert sorted(SCENARIOS) == sorted(name for name in CHANNELS if name not in ELSEWHERE)


ELSEWHERE = ("webhook",)  # not for people: it has a contract of its own in tests/notifications/webhooks


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_it_is_set_up_and_carries_what_is_meant_for_it(place, name):
    line = await made(place, name)
    assert line.channel.name == name
    assert line.channel.is_set_up()
    assert line.channel.carries(line.scenario.content)
    assert not line.channel.carries(Content(title="", lines=()))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_it_reaches_those_of_whom_it_knows_enough(place, name):
    line = await made(place, name)
    assert not any(text in line.address for text in line.scenario.private)
    assert (line.channel.address(Recipient()) is not None) == line.scenario.is_group
    stranger = new_id()
    assert line.channel.address(Recipient(account_id=stranger)) in (None, str(stranger))


@pytest.mark.parametrize("name", INSTANT)
async def test_what_is_written_down_is_there(place, name):
    line = await made(place, name)
    async with db.transaction():
        message_id = await a_message(line.recipient, line.scenario.content)
        await line.channel.place(message_id, line.scenario.content, line.address)
    arrived = await line.arrived()
    assert len(arrived) == 1
    assert all(word in arrived[0] for word in line.scenario.words)
    assert (await line.send()).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("name", INSTANT)
async def test_what_is_rolled_back_was_never_there(place, name):
    line = await made(place, name)
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            message_id = await a_message(line.recipient, line.scenario.content)
            await line.channel.place(message_id, line.scenario.content, line.address)
            raise ZeroDivisionError
    assert await line.arrived() == []


@pytest.mark.parametrize("name", CALLING)
async def test_what_is_sent_arrives_once(place, name):
    line = await made(place, name)
    receipt = await line.send()
    assert receipt.outcome is Outcome.ACCEPTED, receipt
    arrived = await line.arrived()
    assert len(arrived) == 1
    assert all(word in arrived[0] for word in line.scenario.words)


@pytest.mark.parametrize("mode", sorted(USUAL))
@pytest.mark.parametrize("name", CALLING)
async def test_a_failure_is_definite_only_when_it_is(place, name, mode):
    line = await made(place, name)
    if (expected := line.scenario.expected(mode)) is None:
        assert mode in line.scenario.outcomes  # said, not forgotten
        return
    await line.scenario.breaks(place, mode, **({"delay_ms": LATE_MS} if mode == "slow" else {}))
    receipt = await line.send()
    outcome, arrivals = expected
    assert receipt.outcome is outcome, receipt
    assert len(await line.arrived()) == arrivals
    if receipt.outcome is Outcome.TROUBLE and mode == "quota":
        assert receipt.window is not None or timedelta(0) < (receipt.pause or timedelta(0)) <= QUOTA_AT_MOST


@pytest.mark.parametrize("name", CALLING)
async def test_a_provider_that_cannot_be_reached_took_nothing(place, name):
    line = await made(place, name)
    await use(place, line.scenario.settings(place.settings, NOWHERE))
    receipt = await line.send()
    assert receipt.outcome is line.scenario.away, receipt
    assert await line.arrived() == []


@pytest.mark.parametrize("name", [name for name in CALLING if SCENARIOS[name].wrong])
async def test_wrong_credentials_are_nobodys_message_lost(place, name):
    line = await made(place, name)
    await use(place, line.scenario.wrong(line.scenario.settings(place.settings, place.simulator)))
    receipt = await line.send()
    assert receipt.outcome is Outcome.TROUBLE, receipt
    assert receipt.cause is not None
    assert await line.arrived() == []


@pytest.mark.parametrize("name", [name for name in CALLING if CHANNELS[name].capabilities.remembers])
async def test_the_same_key_again_arrives_once(place, name):
    line = await made(place, name)
    key = new_id().hex
    for mode in ("accept_then_drop", "ok"):
        await line.scenario.breaks(place, mode)
        await line.send(key=key)
    assert len(await line.arrived()) == 1


@pytest.mark.parametrize("name", [name for name in CALLING if CHANNELS[name].capabilities.is_asked])
async def test_asked_about_a_key_it_tells_the_truth(place, name):
    line = await made(place, name)
    key, began_at = new_id().hex, clock.now()
    await line.send(key=key)
    assert await line.channel.find(line.address, key, began_at) is True
    assert await line.channel.find(line.address, new_id().hex, began_at) is not True


@pytest.mark.parametrize("name", CALLING)
async def test_what_is_far_too_long_is_cut_and_arrives(place, name):
    line = await made(place, name)
    receipt = await line.send(line.scenario.endless)
    assert receipt.outcome is Outcome.ACCEPTED, receipt
    arrived = await line.arrived()
    assert len(arrived) == 1
    assert line.scenario.fits(arrived[0])


@pytest.mark.parametrize("name", CALLING)
async def test_logs_and_receipts_hold_no_secret_and_nobodys_data(place, name, caplog):
    line = await made(place, name)
    private = (*line.scenario.private, *(() if line.scenario.is_group else (line.address,)))
    caplog.set_level(logging.DEBUG)
    receipts = []
    with structlog.testing.capture_logs() as said:
        for mode in ("ok", "accept_then_drop", "quota", "half_body"):
            if mode == "ok" or line.scenario.expected(mode):
                await line.scenario.breaks(place, mode)
                receipts.append(await line.send())
        await use(place, line.scenario.settings(place.settings, NOWHERE))
        receipts.append(await line.send())
        if line.scenario.wrong:
            await use(place, line.scenario.wrong(line.scenario.settings(place.settings, place.simulator)))
            await line.scenario.breaks(place, "ok")
            receipts.append(await line.send())
    ours = [record.getMessage() for record in caplog.records if is_shown(record.name.split(".")[0])]
    told = f"{said} {ours} {[(receipt.code, receipt.detail) for receipt in receipts]}"
    assert [text for text in private if text in told] == []


def is_shown(logger: str) -> bool:
    """Tell whether a line reaches the output: of some, server/logs.py shows only warnings, and they name nothing."""
    return logger not in ("tortoise", "asyncio", "aiohttp", "sanic", "urllib3") and logging.getLogger(logger).propagate
