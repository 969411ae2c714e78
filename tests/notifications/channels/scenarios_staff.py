"""The staff's other chats, over a library that tells little: most of what goes wrong is unknown."""

from dataclasses import replace
from typing import Any

from notifications.channels.content import Recipient
from notifications.rules import Outcome
from server.config import Secret, Settings, StaffServices
from tests.notifications.channels.scenario import SECONDS, Scenario

SECRET = "hook-secret-7"


def at_webhook(settings: Settings, base_url: str) -> Settings:
    address = f"{base_url.replace('http://', 'json://')}/staff-webhook?-key={SECRET}"
    return replace(settings, staff_services=StaffServices((Secret(address),), SECONDS))


def at_no_such_webhook(settings: Settings) -> Settings:
    address = settings.staff_services.urls[0].replace("/staff-webhook", "/no-such-webhook")
    return replace(settings, staff_services=StaffServices((Secret(address),), SECONDS))


async def the_chats(site: Any) -> Recipient:
    _told_before[site.simulator] = len(await _all(site))
    return Recipient()


_told_before: dict[str, int] = {}


async def told(site: Any, address: str) -> list[str]:
    return (await _all(site))[_told_before[site.simulator] :]


async def _all(site: Any) -> list[str]:
    async with site.http.get(f"{site.simulator}/_sim/staff-webhook/messages") as reply:
        return [f"{message['title']}\n{message['message']}" for message in (await reply.json())["items"]]


SERVICES = Scenario(
    settings=at_webhook,
    recipient=the_chats,
    arrivals=told,
    path="/staff-webhook",
    outcomes={"token_expired": (Outcome.TROUBLE, 0), "system_busy": (Outcome.UNKNOWN, 0)},
    wrong=at_no_such_webhook,
    away=Outcome.UNKNOWN,  # the library does not say whether it had begun
    is_group=True,
    private=(SECRET, "staff-webhook"),
    fits=lambda text: len(text) <= 1700,
)
