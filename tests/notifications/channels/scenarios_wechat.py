"""The two channels of the WeChat platform to patients."""

from dataclasses import replace
from typing import Any

from infra.simulator.official import OFFICIAL_TEMPLATE_IDS
from notifications.channels.content import Recipient
from server.config import Secret, Settings, Wechat
from tests.notifications.channels.scenario import SECONDS, Scenario
from tests.notifications.telling import SEND, a_phone


def at_platform(settings: Settings, base_url: str) -> Settings:
    return replace(settings, wechat=replace(settings.wechat, base_url=base_url, timeout_seconds=SECONDS))


async def somebody_who_allowed(site: Any) -> Recipient:
    phone = await a_phone(site)
    await phone.accepts("appointment_booked", "appointment_booked")
    return Recipient(account_id=phone.account_id, openid=phone.openid)


async def shown_on_phone(site: Any, address: str) -> list[str]:
    async with site.http.get(f"{site.simulator}/_sim/users/{address}/messages") as reply:
        return [str(message) for message in (await reply.json())["items"]]


def at_official(settings: Settings, base_url: str) -> Settings:
    official = Wechat(
        base_url=base_url,
        app_id="wx00000000000000ff",
        secret=Secret("sim-official-secret"),
        push_token=Secret("officialtoken"),
        push_aes_key=Secret("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA"),
        template_ids=OFFICIAL_TEMPLATE_IDS,
        timeout_seconds=SECONDS,
    )
    return replace(settings, official=official)


async def a_follower(site: Any) -> Recipient:
    phone = await a_phone(site)
    async with site.http.post(f"{site.simulator}/_sim/users/{phone.openid}/following") as reply:
        followed = await reply.json()
    return Recipient(account_id=phone.account_id, official_openid=followed["official_openid"])


async def shown_to_follower(site: Any, address: str) -> list[str]:
    async with site.http.get(f"{site.simulator}/_sim/official/{address}/messages") as reply:
        return ["\n".join(message["data"].values()) for message in (await reply.json())["items"]]


def with_wrong_official_secret(settings: Settings) -> Settings:
    return replace(settings, official=replace(settings.official, secret=Secret("no-such-secret")))


OFFICIAL = Scenario(
    settings=at_official,
    recipient=a_follower,
    arrivals=shown_to_follower,
    path="/cgi-bin/message/template/send",
    wrong=with_wrong_official_secret,
    private=("张小三", "sim-official-secret", "no-such-secret", "officialtoken"),
    fits=lambda text: all(1 <= len(line) <= 20 for line in text.split("\n")),
)


def with_wrong_secret(settings: Settings) -> Settings:
    return replace(settings, wechat=replace(settings.wechat, secret=Secret("no-such-secret")))


SUBSCRIBE = Scenario(
    settings=at_platform,
    recipient=somebody_who_allowed,
    arrivals=shown_on_phone,
    path=SEND,
    wrong=with_wrong_secret,
    cuts_fields=False,
    private=("张小三", "sim-secret", "no-such-secret"),
)
