"""The table of contents of this package."""

from datetime import timedelta

from satisfaction.attachments import checking as attachment_checking
from satisfaction.attachments import jobs as attachment_jobs
from satisfaction.complaints import actions as complaints
from satisfaction.complaints import api as complaints_api
from satisfaction.complaints import brief as complaint_brief
from satisfaction.complaints import (
    clock_admin_api,
    clock_api,
    clock_report,
    confirming,
    escalation_api,
    files_api,
    patient_api,
    reaching,
)
from satisfaction.complaints import identity_api as complaint_identity_api
from satisfaction.complaints import jobs as complaints_jobs
from satisfaction.complaints.clock_invariants import CLOCK_INVARIANTS
from satisfaction.complaints.recomputing import note_breaches, recompute_dues
from satisfaction.improvement import api as improvement_api
from satisfaction.improvement import jobs as improvement_jobs
from satisfaction.improvement.invariants import IMPROVEMENT_INVARIANTS
from satisfaction.library import actions as library
from satisfaction.library import api as library_api
from satisfaction.library.invariants import LIBRARY_INVARIANTS
from satisfaction.lows import api as lows_api
from satisfaction.organisation import api as organisation_api
from satisfaction.scores import api as scores_api
from satisfaction.scores import jobs as scores_jobs
from satisfaction.scores import people_api as score_people_api
from satisfaction.scores.models import CELLS_DIFFER, PERSON_CELLS_DIFFER
from satisfaction.sealing import jobs as sealing_jobs
from satisfaction.signals import actions as signals
from satisfaction.signals import api as signals_api
from satisfaction.signals import jobs as signals_jobs
from satisfaction.surveys import admin_api as survey_admin_api
from satisfaction.surveys import admin_link_api as survey_admin_link_api
from satisfaction.surveys import api as surveys_api
from satisfaction.surveys import asking
from satisfaction.surveys import jobs as surveys_jobs
from satisfaction.surveys import link_api as survey_link_api
from satisfaction.surveys import staff_api as survey_staff_api
from satisfaction.texts import api as texts_api
from satisfaction.texts import jobs as texts_jobs
from server.facts import (
    AlertAcknowledged,
    CallEnded,
    ComplaintClosed,
    MessageReached,
    PlatformEventReceived,
    VisitBriefMade,
    VisitFinished,
    VisitReopened,
)
from server.jobs import Job
from server.wiring import Wiring

# The rota is in the time of the hospital; where that is not China's, this finds too little or too much for some hours.
_UNHANDLED = """
SELECT c.id FROM complaint c
WHERE c.closed_at IS NULL AND c.handler_id IS NULL AND c.received_at < app_now() - interval '60 seconds'
AND EXISTS (
    SELECT 1 FROM duty d JOIN staff s ON s.id = d.staff_id AND s.active
    CROSS JOIN LATERAL (SELECT (app_now() - interval '60 seconds') AT TIME ZONE 'Asia/Shanghai' AS t) past
    CROSS JOIN LATERAL (SELECT app_now() AT TIME ZONE 'Asia/Shanghai' AS t) present
    WHERE (s.practitioner_id IS NULL OR s.practitioner_id IS DISTINCT FROM c.practitioner_id)
    AND d.weekday = extract(isodow FROM present.t) - 1 AND present.t::date = past.t::date
    AND d.starts_at <= past.t::time AND present.t::time < d.ends_at)
"""

WIRING = Wiring(
    routes=(
        scores_api.bp,
        score_people_api.bp,
        signals_api.bp,
        improvement_api.bp,
        library_api.bp,
        surveys_api.bp,
        survey_link_api.bp,
        survey_staff_api.bp,
        survey_admin_api.bp,
        survey_admin_link_api.bp,
        lows_api.bp,
        texts_api.bp,
        complaint_identity_api.bp,
        complaints_api.bp,
        clock_api.bp,
        clock_admin_api.bp,
        clock_report.bp,
        patient_api.bp,
        files_api.bp,
        escalation_api.bp,
        organisation_api.bp,
    ),
    models=(
        "satisfaction.signals.models",
        "satisfaction.surveys.models",
        "satisfaction.complaints.models",
        "satisfaction.attachments.models",
        "satisfaction.texts.models",
        "satisfaction.sealing.models",
        "satisfaction.library.models",
        "satisfaction.improvement.models",
    ),
    subscriptions={
        VisitFinished: (asking.plan_invitation,),
        VisitReopened: (asking.forget_invitation,),
        AlertAcknowledged: (
            signals.acknowledge_by_alert,
            complaints.acknowledge_by_alert,
        ),
        ComplaintClosed: (library.draft,),
        VisitBriefMade: (complaint_brief.keep,),
        CallEnded: (confirming.call_ended,),
        PlatformEventReceived: (attachment_checking.look,),
        MessageReached: (reaching.message_reached,),
    },
    jobs=(
        Job("publish_scores", scores_jobs.publish_scores, every=timedelta(minutes=10)),
        Job("look_for_signals", signals_jobs.look_for_signals, every=timedelta(seconds=5)),
        Job("tune_signals", signals_jobs.tune_signals, every=timedelta(hours=1)),
        Job("gather_signals", signals_jobs.gather_signals, every=timedelta(minutes=10)),
        Job("open_invitations", surveys_jobs.open_invitations, every=timedelta(seconds=2)),
        Job("remind_surveys", surveys_jobs.remind, every=timedelta(minutes=1)),
        Job("expire_surveys", surveys_jobs.expire, every=timedelta(minutes=10)),
        Job("mix_ballots", surveys_jobs.mix_ballots, every=timedelta(minutes=10)),
        Job("draw_samples", surveys_jobs.draw_samples, every=timedelta(hours=1)),
        Job("check_attachments", attachment_jobs.check_attachments, every=timedelta(seconds=2)),
        Job("sweep_attachments", attachment_jobs.sweep_attachments, every=timedelta(hours=1)),
        Job("remind_confirmations", confirming.remind, every=timedelta(minutes=1)),
        Job("anchor_time_lines", sealing_jobs.anchor, every=timedelta(hours=1)),
        Job("check_texts", texts_jobs.check, every=timedelta(seconds=5)),
        Job("note_breaches", note_breaches, every=timedelta(seconds=2)),
        Job("recompute_dues", recompute_dues, every=timedelta(seconds=1)),
        Job("propose_improvements", improvement_jobs.propose, every=timedelta(minutes=10)),
        Job("measure_improvements", improvement_jobs.measure, every=timedelta(hours=1)),
        Job("remind_improvements", improvement_jobs.remind, every=timedelta(hours=6)),
        Job("analyse_month", improvement_jobs.analyse_month, every=timedelta(hours=6)),
        Job("watch_complaints", complaints_jobs.watch, every=timedelta(seconds=2)),
    ),
    invariants=(
        ("What scores are counted by equals a recount of the answers.", CELLS_DIFFER),
        ("What is counted of people by name equals a recount of the answers.", PERSON_CELLS_DIFFER),
        *LIBRARY_INVARIANTS,
        *IMPROVEMENT_INVARIANTS,
        (
            "Every low rating is seen to in exactly one complaint, and no other rating is in one.",
            "SELECT r.id FROM response r WHERE NOT r.is_anonymous AND r.is_low <> (r.complaint_id IS NOT NULL)"
            " UNION ALL SELECT c.id FROM complaint c LEFT JOIN response r ON r.id = c.response_id"
            " WHERE c.source = 'low_rating' AND r.complaint_id IS NULL",
        ),
        (
            "One complaint of a visit at most was opened by ratings and may go on.",
            "SELECT (array_agg(id))[1] FROM complaint WHERE source = 'low_rating' AND encounter_id IS NOT NULL"
            " AND state NOT IN ('confirmed_closed', 'withdrawn', 'merged') GROUP BY encounter_id HAVING count(*) > 1",
        ),
        (
            "Every answered invitation has its one response, and no other has any; an anonymous one never has.",
            "SELECT i.id FROM invitation i LEFT JOIN response r ON r.invitation_id = i.id"
            " GROUP BY i.id, i.state, i.is_anonymous"
            " HAVING count(r.id) <> (i.state = 'answered' AND NOT i.is_anonymous)::int",
        ),
        (
            "No anonymous answer is lost: each is a ballot or a response. (Imported ones have no invitation.)",
            "SELECT q.kind FROM (SELECT kind, count(*) AS n FROM invitation WHERE is_anonymous AND state = 'answered'"
            "   GROUP BY kind UNION ALL SELECT l.kind, d.n FROM survey_link_day d"
            "   JOIN survey_link l ON l.id = d.link_id"
            "   UNION ALL SELECT kind, -count(*) FROM response WHERE is_anonymous GROUP BY kind"
            "   UNION ALL SELECT k.kind, -count(*) FROM ballot b JOIN questionnaire k ON k.id = b.questionnaire_id"
            "   GROUP BY k.kind) q GROUP BY q.kind HAVING sum(q.n) > 0",
        ),
        (
            "Every complaint begins its time line with one filed entry.",
            "SELECT c.id FROM complaint c LEFT JOIN complaint_entry e ON e.complaint_id = c.id AND e.kind = 'filed'"
            " GROUP BY c.id HAVING count(e.id) <> 1",
        ),
        (
            "Every complaint was told to the hub once.",
            "SELECT c.id FROM complaint c LEFT JOIN fact f ON f.name = 'ComplaintFiled'"
            " AND f.payload->>'complaint_id' = c.id::text"
            # facts are kept for 30 days
            " WHERE c.received_at > app_now() - interval '29 days' GROUP BY c.id HAVING count(f.id) <> 1",
        ),
        ("Every open complaint has a handler when anybody is on the rota.", _UNHANDLED),
        *CLOCK_INVARIANTS,
        (
            "No survey waits for a minute after its time to open.",
            "SELECT id FROM invitation WHERE state = 'planned' AND opens_at < app_now() - interval '60 seconds'",
        ),
    ),
)
