"""The table of contents of this package."""

from datetime import timedelta

from miniapp_api.booking import api as booking_api
from miniapp_api.booking import jobs as booking_jobs
from miniapp_api.catalogue import api as catalogue_api
from miniapp_api.checkin import api as checkin_api
from miniapp_api.desk import api as desk_api
from miniapp_api.faq import api as faq_api
from miniapp_api.patients import api as patients_api
from miniapp_api.queue import api as queue_api
from miniapp_api.queue import jobs as queue_jobs
from miniapp_api.queue import models as queue_models
from miniapp_api.schedules import api as schedules_api
from miniapp_api.schedules import jobs as schedules_jobs
from miniapp_api.schedules import models as schedules_models
from server.jobs import Job
from server.wiring import Wiring

WIRING = Wiring(
    routes=(
        catalogue_api.bp,
        faq_api.bp,
        patients_api.bp,
        schedules_api.bp,
        booking_api.bp,
        checkin_api.bp,
        queue_api.bp,
        desk_api.bp,
    ),
    models=(
        "miniapp_api.faq.models",
        "miniapp_api.patients.models",
        "miniapp_api.schedules.models",
        "miniapp_api.booking.models",
        "miniapp_api.checkin.models",
        "miniapp_api.queue.models",
    ),
    jobs=(
        Job("open_sessions", schedules_jobs.open_sessions, timedelta(hours=1)),
        Job("mark_no_shows", booking_jobs.mark_no_shows, timedelta(minutes=5)),
        Job("close_queues", queue_jobs.close_queues, timedelta(minutes=10)),
    ),
    invariants=(
        (
            "A slot counts as many places taken as there are appointments on it",
            "SELECT s.id, s.taken, count(a.id) AS appointments FROM slot s LEFT JOIN appointment a ON a.slot_id = s.id"
            " AND a.status NOT IN ('cancelled', 'expired', 'rescheduled') GROUP BY s.id HAVING s.taken <> count(a.id)",
        ),
        (
            "No slot has more appointments than places",
            "SELECT s.id, s.capacity, count(a.id) AS sold FROM slot s JOIN appointment a ON a.slot_id = s.id"
            " AND a.status NOT IN ('cancelled', 'expired', 'rescheduled')"
            " GROUP BY s.id HAVING count(a.id) > s.capacity",
        ),
        (
            "Every appointment has a history that tells how it came to its status",
            "SELECT a.id, a.status FROM appointment a WHERE NOT EXISTS (SELECT 1 FROM transition t"
            " WHERE t.subject_id = a.id AND t.machine = 'appointment' AND t.to_state = a.status)",
        ),
        (
            "No session that was stopped has an open booking",
            "SELECT a.id FROM appointment a JOIN session se ON se.id = a.session_id"
            " WHERE se.status = 'stopped' AND a.status IN ('held', 'booked')",
        ),
        *schedules_models.INVARIANTS,
        *queue_models.INVARIANTS,
    ),
)
