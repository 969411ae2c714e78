"""What the tests of the hub use: facts with good defaults, a phone that allows, a look at what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from server import clock, db
from server.events import publish
from server.facts import AppointmentBooked, Fact, TicketCalled
from server.ids import new_id
from tests import props
from tests.cast import PatientClient

SEND = "/cgi-bin/message/subscribe/send"
TOKEN = "/cgi-bin/stable_token"
ROBOT = "/cgi-bin/webhook/send"


async def happens(*facts: Fact) -> None:
    """Let facts happen, in one transaction."""
    async with db.transaction():
        for fact in facts:
            await publish(fact)


def booked(account_id: UUID | str | None, **values: Any) -> AppointmentBooked:
    """A booking for tomorrow night, so that no reminder is due."""
    starts_at = values.pop("starts_at", clock.now() + timedelta(days=3))
    return AppointmentBooked(
        **{
            "appointment_id": new_id(),
            "version": 1,
            "account_id": UUID(str(account_id)) if account_id else None,
            "patient_id": new_id(),
            "patient_name": "张小三",
            "department_id": new_id(),
            "department_name": "心血管内科",
            "practitioner_name": "王敏",
            "location": "门诊楼2层A区",
            "number": 7,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30),
            **values,
        }
    )


def called(account_id: UUID | str | None, **values: Any) -> TicketCalled:
    """A call into room 2."""
    return TicketCalled(
        **{
            "ticket_id": new_id(),
            "account_id": UUID(str(account_id)) if account_id else None,
            "patient_id": new_id(),
            "patient_name": "张小三",
            "department_id": new_id(),
            "department_name": "心血管内科",
            "label": "A012",
            "room_name": "2诊室",
            "room_location": "门诊楼2层",
            "call_count": 1,
            "called_at": clock.now(),
            **values,
        }
    )


async def a_phone(site: Any, **account: Any) -> PatientClient:
    """Somebody whom the simulated platform knows, signed in by row."""
    async with site.http.post(site.simulator + "/_sim/users", json={}) as reply:
        openid = (await reply.json())["openid"]
    account_id = await props.an_account(openid=openid, **account)
    token = await props.a_token(account_id=account_id)
    return PatientClient(site=site, token=token, openid=openid, account_id=str(account_id))


async def fault(site: Any, path: str, mode: str, **more: Any) -> None:
    """Break a path of the simulated platform."""
    async with site.http.put(site.simulator + "/_sim/faults", json={"path": path, "mode": mode, **more}) as reply:
        assert reply.status < 300, await reply.text()


async def calls(site: Any, path: str = SEND, *, openid: str = "") -> list[dict[str, Any]]:
    """List what the platform was asked, for one person when named."""
    async with site.http.get(f"{site.simulator}/_sim/calls?path={path}&limit=1000") as reply:
        items = (await reply.json())["items"]
    return [item for item in items if openid in str(item)]


async def deliveries(channel: str = "wechat_subscribe") -> list[dict[str, Any]]:
    """List the deliveries of a channel, oldest first."""
    return await db.fetch("SELECT * FROM delivery WHERE channel = $1 ORDER BY id", channel)


async def states(channel: str = "wechat_subscribe") -> list[str]:
    """List the states of the deliveries of a channel, oldest first."""
    return [row["state"] for row in await deliveries(channel)]


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 10.0) -> Any:
    """Look until there is something true, and give it."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found
