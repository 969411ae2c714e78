"""The table of contents of this package."""

from datetime import timedelta
from functools import partial

from notifications import api, hub, offers, reminders
from notifications.alerts import actions as alerts
from notifications.alerts import api as alerts_api
from notifications.calls import actions as calls
from notifications.calls import api as calls_api
from notifications.calls import wanted
from notifications.channels import sending
from notifications.consents import api as consents_api
from notifications.consents import purposes_api
from notifications.digests.actions import send_digests
from notifications.followups import api as followups_api
from notifications.followups import enrolling, plans_api, replanning, stopping, telling
from notifications.followups.invariants import FOLLOW_UP_INVARIANTS
from notifications.invariants import INVARIANTS
from notifications.notices import told_facts
from notifications.official import actions as official
from notifications.official import api as official_api
from notifications.operations import api as operations_api
from notifications.operations import channels_api, dead_api, dry_api
from notifications.outbox.archive import archive
from notifications.outbox.asking import ask_providers
from notifications.outbox.lanes import run_lane
from notifications.outbox.settling import settle
from notifications.promises import PROMISES
from notifications.pushes import actions as pushes
from notifications.pushes import api as pushes_api
from notifications.reaching import tell_reached
from notifications.receipts import actions as receipts
from notifications.receipts import api as receipts_api
from notifications.routing import api as routing_api
from notifications.routing.advancing import follow_ways
from notifications.routing.tidying import tidy as tidy_routing
from notifications.templates import api as templates_api
from notifications.webhooks import api as webhooks_api
from notifications.webhooks import health as webhooks_health
from notifications.webhooks import posting as webhooks
from notifications.webhooks.catalogue import LEAVING
from server.events import Handler
from server.facts import (
    AlertAcknowledged,
    AnonymousHarmFound,
    AnswerDue,
    AnswerSettled,
    AppointmentBooked,
    AppointmentCancelled,
    CallClaimed,
    CallEnded,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintCalled,
    ComplaintCalledAgain,
    ComplaintCallWanted,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintHarmHeard,
    ComplaintMessaged,
    ComplaintReopened,
    ComplaintStepsSettled,
    ComplaintUnanswered,
    ComplaintWarned,
    DutyCovered,
    DutyUncovered,
    Fact,
    FollowUpAlarming,
    HolidaysKnown,
    HolidaysUnknown,
    ImprovementAssigned,
    ImprovementDue,
    ImprovementJudged,
    ImprovementProposed,
    OfferEnded,
    OfflineConflictFound,
    OfflineConflictSettled,
    PagesPooled,
    PagesTooMany,
    PlatformEventReceived,
    ProviderBack,
    ProviderDown,
    ProviderTrouble,
    ReportMade,
    ReportRead,
    ScheduleConflictsFound,
    ScheduleConflictsSettled,
    SignalRaised,
    SignalSettled,
    SignalsGathered,
    StrikeGiven,
    TriageConfirmed,
    TriageRaised,
    TriageSettled,
    TriageUnconfirmed,
    UnsealingAsked,
    UnsealingDecided,
    VisitFinished,
    VisitPlaceChanged,
    VisitReopened,
    WaitsHold,
    WaitsMisjudged,
    WebhookGaveUp,
    WebhookSettled,
)
from server.jobs import Job
from server.wiring import Wiring

LISTENERS: tuple[tuple[Handler, tuple[type[Fact], ...]], ...] = (
    (hub.tell, told_facts()),
    (reminders.follow_visit, (AppointmentBooked, AppointmentCancelled, VisitPlaceChanged)),
    (stopping.seen_again, (VisitFinished,)),
    (enrolling.visit_finished, (VisitFinished,)),
    (enrolling.visit_missed, (StrikeGiven,)),
    (stopping.visit_goes_on, (VisitReopened,)),
    (stopping.has_booked, (AppointmentBooked,)),
    (stopping.call_ended, (CallEnded,)),
    (alerts.call_taken, (CallClaimed,)),
    (
        alerts.call_staff,
        (
            ComplaintFiled,
            ComplaintAssigned,
            ComplaintEscalated,
            ComplaintWarned,
            ComplaintHarmHeard,
            ComplaintUnanswered,
            PagesPooled,
            PagesTooMany,
            DutyUncovered,
            ComplaintMessaged,
            ComplaintReopened,
            ScheduleConflictsFound,
            HolidaysUnknown,
            AnswerDue,
            OfflineConflictFound,
            WaitsMisjudged,
            SignalsGathered,
            AnonymousHarmFound,
            TriageUnconfirmed,
            ReportMade,
            UnsealingAsked,
            UnsealingDecided,
            WebhookGaveUp,
            FollowUpAlarming,
            ImprovementProposed,
            ImprovementAssigned,
            ImprovementDue,
            ImprovementJudged,
            ProviderDown,
            ProviderTrouble,
        ),
    ),
    (wanted.complaint_wants_call, (ComplaintCallWanted,)),
    (wanted.complaint_was_called, (ComplaintCalled,)),
    (alerts.call_to_patient, (TriageRaised,)),
    (alerts.patient_taken, (AlertAcknowledged,)),
    (alerts.harm_taken, (AlertAcknowledged,)),
    (alerts.provider_back, (ProviderBack,)),
    (alerts.report_read, (ReportRead,)),
    (alerts.triage_confirmed, (TriageConfirmed,)),
    (alerts.triage_settled, (TriageSettled,)),
    (offers.offer_ended, (OfferEnded,)),
    (alerts.complaint_taken, (ComplaintAcknowledged,)),
    (alerts.complaint_ended, (ComplaintClosed,)),
    (alerts.call_again, (ComplaintCalledAgain,)),
    (alerts.steps_settled, (ComplaintStepsSettled,)),
    (alerts.duty_covered, (DutyCovered,)),
    (alerts.plan_in_order, (ScheduleConflictsSettled,)),
    (alerts.year_known, (HolidaysKnown,)),
    (alerts.answer_settled, (AnswerSettled,)),
    (alerts.offline_settled, (OfflineConflictSettled,)),
    (alerts.waits_hold, (WaitsHold,)),
    (alerts.signal_raised, (SignalRaised,)),
    (alerts.signal_settled, (SignalSettled,)),
    (alerts.webhook_settled, (WebhookSettled,)),
    (webhooks.tell, tuple(LEAVING)),
    (pushes.act_upon, (PlatformEventReceived,)),
    (official.act_upon, (PlatformEventReceived,)),
)


def _subscriptions() -> dict[type[Fact], tuple[Handler, ...]]:
    joined: dict[type[Fact], tuple[Handler, ...]] = {}
    for handler, facts in LISTENERS:
        for fact in facts:
            joined[fact] = (*joined.get(fact, ()), handler)
    return joined


WIRING = Wiring(
    routes=(
        api.bp,
        consents_api.bp,
        purposes_api.bp,
        templates_api.bp,
        alerts_api.bp,
        operations_api.bp,
        channels_api.bp,
        dead_api.bp,
        dry_api.bp,
        pushes_api.bp,
        routing_api.bp,
        receipts_api.bp,
        official_api.bp,
        calls_api.bp,
        followups_api.bp,
        plans_api.bp,
        webhooks_api.bp,
    ),
    models=(
        "notifications.models",
        "notifications.routing.models",
        "notifications.calls.models",
        "notifications.followups.models",
        "notifications.webhooks.models",
    ),
    subscriptions=_subscriptions(),
    jobs=(
        Job("due_reminders", reminders.tell_due, every=timedelta(seconds=5)),
        Job("moved_visits", reminders.follow_moved, every=timedelta(minutes=1)),
        Job("followups", telling.tell_due, every=timedelta(seconds=5)),
        Job("replans", replanning.propose, every=timedelta(minutes=1)),
        Job("left_calls", calls.let_go, every=timedelta(minutes=1)),
        Job("tell_reached", tell_reached, every=timedelta(seconds=1)),
        Job("repeat_alerts", alerts.repeat_alerts, every=timedelta(seconds=5)),
        *(
            Job(f"dispatch_{channel.name}", partial(run_lane, channel), every=timedelta(seconds=1))
            for channel in sending()
        ),
        Job("webhook_health", webhooks_health.switch_off_failing, every=timedelta(minutes=1)),
        Job("digests", send_digests, every=timedelta(seconds=30)),
        Job("tidy_routing", tidy_routing, every=timedelta(hours=1)),
        Job("follow_ways", follow_ways, every=timedelta(seconds=1)),
        Job("know_followers", official.know_followers, every=timedelta(seconds=5)),
        Job("settle_official", official.settle_official, every=timedelta(seconds=1)),
        Job("settle", settle, every=timedelta(seconds=1)),
        Job("archive_deliveries", archive, every=timedelta(minutes=5)),
        Job("ask_providers", ask_providers, every=timedelta(seconds=10)),
        Job("settle_texts", receipts.settle_texts, every=timedelta(seconds=1)),
    ),
    invariants=(*INVARIANTS, *PROMISES, *FOLLOW_UP_INVARIANTS),
)
