"""The table of contents of this package."""

from datetime import timedelta

from satisfaction.complaints import actions as complaints
from satisfaction.complaints import api as complaints_api
from satisfaction.complaints import jobs as complaints_jobs
from satisfaction.surveys import actions as surveys
from satisfaction.surveys import api as surveys_api
from satisfaction.surveys import jobs as surveys_jobs
from server.facts import AlertAcknowledged, VisitFinished
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
    routes=(surveys_api.bp, complaints_api.bp),
    models=("satisfaction.surveys.models", "satisfaction.complaints.models"),
    subscriptions={
        VisitFinished: (surveys.plan_invitation,),
        AlertAcknowledged: (complaints.acknowledge_by_alert,),
    },
    jobs=(
        Job("open_invitations", surveys_jobs.open_invitations, every=timedelta(seconds=2)),
        Job("expire_surveys", surveys_jobs.expire, every=timedelta(minutes=10)),
        Job("watch_complaints", complaints_jobs.watch, every=timedelta(seconds=2)),
    ),
    invariants=(
        (
            "Every low rating has exactly one complaint, and no other rating has one.",
            "SELECT r.id FROM response r LEFT JOIN complaint c ON c.response_id = r.id"
            " GROUP BY r.id, r.is_low HAVING count(c.id) <> r.is_low::int",
        ),
        (
            "Every answered invitation has its one response, and no other has any.",
            "SELECT i.id FROM invitation i LEFT JOIN response r ON r.invitation_id = i.id"
            " GROUP BY i.id, i.state HAVING count(r.id) <> (i.state = 'answered')::int",
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
        (
            "No clock of a complaint has run out for a minute without a breach.",
            "SELECT c.id FROM complaint c CROSS JOIN LATERAL (VALUES"
            " ('acknowledgement', c.acknowledge_due_at, c.acknowledged_at),"
            " ('first_response', c.response_due_at, c.responded_at),"
            " ('answer', c.answer_due_at, c.answered_at)) AS hand (clock, due_at, stopped_at)"
            " WHERE c.closed_at IS NULL AND hand.stopped_at IS NULL"
            " AND hand.due_at < app_now() - interval '60 seconds' AND NOT EXISTS (SELECT 1 FROM breach b"
            " WHERE b.complaint_id = c.id AND b.cycle = c.cycle AND b.clock = hand.clock)",
        ),
        (
            "No clock was stopped late without a breach.",
            "SELECT c.id FROM complaint c CROSS JOIN LATERAL (VALUES"
            " ('acknowledgement', c.acknowledge_due_at, c.acknowledged_at),"
            " ('first_response', c.response_due_at, c.responded_at),"
            " ('answer', c.answer_due_at, c.answered_at)) AS hand (clock, due_at, stopped_at)"
            " WHERE hand.stopped_at > hand.due_at AND NOT EXISTS (SELECT 1 FROM breach b"
            " WHERE b.complaint_id = c.id AND b.cycle = c.cycle AND b.clock = hand.clock)",
        ),
        (
            "No survey waits for a minute after its time to open.",
            "SELECT id FROM invitation WHERE state = 'planned' AND opens_at < app_now() - interval '60 seconds'",
        ),
    ),
)
