"""The two channels of WeCom to staff."""

from dataclasses import replace
from typing import Any

from notifications.channels.content import Recipient
from notifications.rules import Outcome
from server.config import Secret, Settings
from server.ids import new_id
from tests.notifications.channels.scenario import SECONDS, Scenario
from tests.notifications.telling import ROBOT as ROBOT_PATH

TEXT_BYTES = 2048


def at_wecom(settings: Settings, base_url: str) -> Settings:
    return replace(settings, wecom=replace(settings.wecom, base_url=base_url, timeout_seconds=SECONDS))


async def the_group(site: Any) -> Recipient:
    async with site.http.get(f"{site.simulator}/_sim/robots/sim-robot/messages") as reply:
        _said_before[site.simulator] = len((await reply.json())["items"])
    return Recipient()


_said_before: dict[str, int] = {}


async def said_in_the_group(site: Any, address: str) -> list[str]:
    async with site.http.get(f"{site.simulator}/_sim/robots/sim-robot/messages") as reply:
        items = (await reply.json())["items"][_said_before[site.simulator] :]
    return [message["content"] for message in items]


def at_app(settings: Settings, base_url: str) -> Settings:
    app = {"corp_id": "wwsim0000000000001", "agent_id": 1000002, "app_secret": Secret("sim-corp-secret")}
    return replace(settings, wecom=replace(settings.wecom, base_url=base_url, timeout_seconds=SECONDS, **app))


async def a_member(site: Any) -> Recipient:
    return Recipient(staff_id=new_id(), wecom_userid=f"member-{new_id().hex[-8:]}")


async def shown_to_member(site: Any, address: str) -> list[str]:
    async with site.http.get(f"{site.simulator}/_sim/wecom/{address}/messages") as reply:
        return [message["content"] for message in (await reply.json())["items"]]


def with_wrong_app_secret(settings: Settings) -> Settings:
    return replace(settings, wecom=replace(settings.wecom, app_secret=Secret("no-such-secret")))


APP = Scenario(
    settings=at_app,
    recipient=a_member,
    arrivals=shown_to_member,
    path="/cgi-bin/message/send",
    wrong=with_wrong_app_secret,
    private=("sim-corp-secret", "no-such-secret", "wwsim0000000000001"),
    fits=lambda text: len(text.encode()) <= TEXT_BYTES,
)


def with_wrong_key(settings: Settings) -> Settings:
    return replace(settings, wecom=replace(settings.wecom, robot_key=Secret("no-such-robot")))


ROBOT = Scenario(
    settings=at_wecom,
    recipient=the_group,
    arrivals=said_in_the_group,
    path=ROBOT_PATH,
    outcomes={"token_expired": (Outcome.REFUSED, 0)},  # a robot has no token: such a code it never says
    wrong=with_wrong_key,
    is_group=True,
    private=("sim-robot", "no-such-robot"),
    fits=lambda text: len(text.encode()) <= TEXT_BYTES,
)
