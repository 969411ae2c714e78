"""The table of contents of this package."""

from datetime import timedelta
from functools import partial

from notifications import api, hub, reminders
from notifications.alerts import actions as alerts
from notifications.alerts import api as alerts_api
from notifications.channels import sending
from notifications.consents import api as consents_api
from notifications.invariants import INVARIANTS
from notifications.notices import told_facts
from notifications.operations import api as operations_api
from notifications.outbox.lanes import run_lane
from notifications.outbox.settling import settle
from notifications.pushes import actions as pushes
from notifications.pushes import api as pushes_api
from server.events import Handler
from server.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintMessaged,
    ComplaintReopened,
    Fact,
    PlatformEventReceived,
    VisitFinished,
)
from server.jobs import Job
from server.wiring import Wiring

LISTENERS: tuple[tuple[Handler, tuple[type[Fact], ...]], ...] = (
    (hub.tell, told_facts()),
    (reminders.plan_visit, (AppointmentBooked,)),
    (reminders.call_off_visit, (AppointmentCancelled,)),
    (reminders.plan_revisit, (VisitFinished,)),
    (
        alerts.call_staff,
        (ComplaintFiled, ComplaintAssigned, ComplaintEscalated, ComplaintMessaged, ComplaintReopened),
    ),
    (alerts.complaint_taken, (ComplaintAcknowledged,)),
    (alerts.complaint_ended, (ComplaintClosed,)),
    (pushes.act_upon, (PlatformEventReceived,)),
)


def _subscriptions() -> dict[type[Fact], tuple[Handler, ...]]:
    joined: dict[type[Fact], tuple[Handler, ...]] = {}
    for handler, facts in LISTENERS:
        for fact in facts:
            joined[fact] = (*joined.get(fact, ()), handler)
    return joined


WIRING = Wiring(
    routes=(api.bp, consents_api.bp, alerts_api.bp, operations_api.bp, pushes_api.bp),
    models=("notifications.models",),
    subscriptions=_subscriptions(),
    jobs=(
        Job("due_reminders", reminders.tell_due, every=timedelta(seconds=5)),
        Job("repeat_alerts", alerts.repeat_alerts, every=timedelta(seconds=5)),
        *(
            Job(f"dispatch_{channel.name}", partial(run_lane, channel), every=timedelta(seconds=1))
            for channel in sending()
        ),
        Job("settle", settle, every=timedelta(seconds=1)),
    ),
    invariants=INVARIANTS,
)
