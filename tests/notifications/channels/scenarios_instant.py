"""Channels that deliver by writing down."""

from typing import Any

from notifications.channels.content import Recipient
from server import db, live
from server.config import Settings
from tests import props
from tests.notifications.channels.scenario import Scenario


def as_it_is(settings: Settings, base_url: str) -> Settings:
    return settings


async def an_account(site: Any) -> Recipient:
    return Recipient(account_id=await props.an_account())


async def in_the_inbox(site: Any, address: str) -> list[str]:
    rows = await db.fetch("SELECT title, lines FROM message WHERE account_id = $1", address)
    return [f"{row['title']} {row['lines']}" for row in rows]


async def somebody_of_the_staff(site: Any) -> Recipient:
    return Recipient(staff_id=await props.a_staff("supervisor"))


async def on_the_screen(site: Any, address: str) -> list[str]:
    rows = await db.fetch("SELECT payload FROM live_event WHERE topic = $1", live.staff_topic(address))
    return [row["payload"] for row in rows]


async def a_patient_with_a_phone(site: Any) -> Recipient:
    account_id = await props.an_account()
    patient_id = await props.a_patient(account_id)
    return Recipient(account_id=account_id, patient_id=patient_id, has_phone=True)


async def on_the_call_list(site: Any, address: str) -> list[str]:
    rows = await db.fetch(
        "SELECT title, reason FROM call_task WHERE patient_id = $1::uuid", address.removeprefix("patient:")
    )
    return [f"{row['title']} {row['reason']}" for row in rows]


INBOX = Scenario(settings=as_it_is, recipient=an_account, arrivals=in_the_inbox)
LIVE = Scenario(settings=as_it_is, recipient=somebody_of_the_staff, arrivals=on_the_screen)
CALL_TASK = Scenario(settings=as_it_is, recipient=a_patient_with_a_phone, arrivals=on_the_call_list)
