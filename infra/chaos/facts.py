"""Bookings as the product commits them: a fact in a transaction each, and a ring that may go unheard."""

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import uvloop

from server import clock, db
from server.app import models
from server.config import load
from server.events import publish
from server.facts import AppointmentBooked
from server.ids import new_id
from server.logs import set_up
from server.runtime import running

PAUSE_SECONDS = 0.02
CREDIT = """
INSERT INTO consent_credit (id, account_id, template_key, from_client_at, granted_at)
VALUES ($1, $2, 'appointment_booked', app_now(), app_now())
"""


def publish_bookings(environment: dict[str, str], accounts: Sequence[UUID], log: str) -> None:
    """Let each account book once, in a process of its own."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    settings = load(environment)
    set_up(settings.log_level)

    async def go() -> None:
        async with running(settings, models=models()):
            for account_id in accounts:
                async with db.transaction():
                    await db.fetch(CREDIT, new_id(), account_id)
                    await publish(_booking(account_id))
                await asyncio.sleep(PAUSE_SECONDS)

    uvloop.run(go())


def _booking(account_id: UUID) -> AppointmentBooked:
    starts_at = clock.now() + timedelta(days=40)  # no reminder is due, however far the clock is moved
    return AppointmentBooked(
        appointment_id=new_id(),
        version=1,
        account_id=account_id,
        patient_id=new_id(),
        patient_name="张小三",
        department_id=new_id(),
        department_name="心血管内科",
        practitioner_name="王敏",
        location="门诊楼2层A区",
        number=7,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
    )
