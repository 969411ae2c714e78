"""What the tests of the hub use: facts with good defaults, a phone that allows, a look at what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from server import clock, db
from server.events import publish
from server.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintMessaged,
    Fact,
    PatientArrived,
    SurveyInvited,
    TicketCalled,
    VisitFinished,
)
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


def _id(value: UUID | str | None) -> UUID | None:
    return UUID(str(value)) if value else None


def booked(account_id: UUID | str | None, **values: Any) -> AppointmentBooked:
    """A booking in three days, so that no reminder is due."""
    starts_at = values.pop("starts_at", clock.now() + timedelta(days=3))
    person = {"account_id": _id(account_id), "patient_id": new_id(), "patient_name": "张小三"}
    place = {"department_id": new_id(), "department_name": "心血管内科", "location": "门诊楼2层A区"}
    own = {"appointment_id": new_id(), "version": 1, "practitioner_name": "王敏", "number": 7}
    return AppointmentBooked(
        **{**person, **place, **own, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30), **values}
    )


def cancelled(booking: AppointmentBooked, **values: Any) -> AppointmentCancelled:
    """The end of a booking."""
    names = ("appointment_id", "account_id", "patient_id", "patient_name", "department_name", "starts_at")
    return AppointmentCancelled(**{**{name: getattr(booking, name) for name in names}, "by_clinic": False, **values})


def arrived(account_id: UUID | str | None, **values: Any) -> PatientArrived:
    """A check-in."""
    person = {"account_id": _id(account_id), "patient_id": new_id(), "patient_name": "张小三"}
    place = {"department_id": new_id(), "department_name": "心血管内科", "location": "门诊楼2层A区"}
    return PatientArrived(
        **{**person, **place, "ticket_id": new_id(), "appointment_id": None, "label": "A012", **values}
    )


def called(account_id: UUID | str | None, **values: Any) -> TicketCalled:
    """A call into room 2."""
    person = {"account_id": _id(account_id), "patient_id": new_id(), "patient_name": "张小三"}
    place = {"department_id": new_id(), "department_name": "心血管内科", "room_name": "2诊室", "room_location": "2层"}
    own = {"ticket_id": new_id(), "label": "A012", "call_count": 1, "called_at": clock.now()}
    return TicketCalled(**{**person, **place, **own, **values})


def finished(account_id: UUID | str | None, **values: Any) -> VisitFinished:
    """A visit that took place."""
    person = {"account_id": _id(account_id), "patient_id": new_id(), "patient_name": "张小三"}
    place = {"department_id": new_id(), "department_name": "心血管内科", "practitioner_id": new_id()}
    own = {"encounter_id": new_id(), "ticket_id": new_id(), "appointment_id": None, "practitioner_name": "王敏"}
    rest = {"has_advice": True, "revisit_on": None, "survey_delay_minutes": 0}
    times = {"started_at": clock.now() - timedelta(minutes=9), "finished_at": clock.now()}
    return VisitFinished(**{**person, **place, **own, **rest, **times, **values})


def invited(account_id: UUID | str, **values: Any) -> SurveyInvited:
    """An invitation to rate."""
    person = {"account_id": _id(account_id), "patient_id": new_id(), "patient_name": "张小三"}
    times = {"visited_at": clock.now(), "deadline": clock.now() + timedelta(days=7)}
    return SurveyInvited(**{**person, "invitation_id": new_id(), "department_name": "心血管内科", **times, **values})


def filed(account_id: UUID | str | None = None, handler_id: UUID | str | None = None, **values: Any) -> ComplaintFiled:
    """A complaint of level A."""
    now = clock.now()
    what = {"complaint_id": new_id(), "number": "TS20261122-0001", "source": "low_rating", "severity": "A"}
    who = {"account_id": _id(account_id), "handler_id": _id(handler_id), "handler_name": "陈静" if handler_id else ""}
    more = {"topic": "等候时间", "patient_name": "张小三", "department_name": "心血管内科", "cycle": 1}
    due = {"acknowledge_due_at": now + timedelta(minutes=10), "response_due_at": now + timedelta(hours=2)}
    return ComplaintFiled(**{**what, **who, **more, **due, "wants_contact": True, "received_at": now, **values})


def messaged(handler_id: UUID | str) -> ComplaintMessaged:
    """The patient wrote about an open complaint."""
    return ComplaintMessaged(new_id(), "TS20261122-0001", _id(handler_id), "等候时间", clock.now())


def assigned(complaint: ComplaintFiled, handler_id: UUID | str) -> ComplaintAssigned:
    """The complaint goes to somebody else."""
    names = ("complaint_id", "number", "severity", "topic", "department_name", "cycle")
    due = {"acknowledge_due_at": complaint.acknowledge_due_at, "response_due_at": complaint.response_due_at}
    same = {name: getattr(complaint, name) for name in names}
    return ComplaintAssigned(**same, **due, handler_id=UUID(str(handler_id)), handler_name="李处")


def escalated(complaint: ComplaintFiled, *staff_ids: UUID | str, level: int = 1) -> ComplaintEscalated:
    """A clock of the complaint ran out."""
    names = ("complaint_id", "number", "severity", "topic", "department_name", "cycle")
    same = {name: getattr(complaint, name) for name in names}
    people = tuple(UUID(str(staff_id)) for staff_id in staff_ids)
    due_at = clock.now() + timedelta(minutes=10)
    return ComplaintEscalated(**same, level=level, clock="acknowledgement", staff_ids=people, due_at=due_at)


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
