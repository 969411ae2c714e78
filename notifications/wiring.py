"""The table of contents of this package."""

from datetime import timedelta
from functools import partial

from notifications import hub, reminders
from notifications.channels import sending
from notifications.consents import api as consents_api
from notifications.notices import told_facts
from notifications.outbox.lanes import run_lane
from notifications.outbox.settling import settle
from server.events import Handler
from server.facts import AppointmentBooked, AppointmentCancelled, Fact, VisitFinished
from server.jobs import Job
from server.wiring import Wiring


def _subscriptions() -> dict[type[Fact], tuple[Handler, ...]]:
    listeners: tuple[tuple[Handler, tuple[type[Fact], ...]], ...] = (
        (hub.tell, told_facts()),
        (reminders.plan_visit, (AppointmentBooked,)),
        (reminders.call_off_visit, (AppointmentCancelled,)),
        (reminders.plan_revisit, (VisitFinished,)),
    )
    joined: dict[type[Fact], tuple[Handler, ...]] = {}
    for handler, facts in listeners:
        for fact in facts:
            joined[fact] = (*joined.get(fact, ()), handler)
    return joined


WIRING = Wiring(
    routes=(consents_api.bp,),
    models=("notifications.models",),
    subscriptions=_subscriptions(),
    jobs=(
        Job("due_reminders", reminders.tell_due, every=timedelta(seconds=5)),
        *(
            Job(f"dispatch_{channel.name}", partial(run_lane, channel), every=timedelta(seconds=1))
            for channel in sending()
        ),
        Job("settle", settle, every=timedelta(seconds=1)),
    ),
)
