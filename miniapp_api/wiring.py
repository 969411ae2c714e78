"""The table of contents of this package."""

from datetime import timedelta

from miniapp_api.administration import api as administration_api
from miniapp_api.administration import jobs as administration_jobs
from miniapp_api.boards import api as boards_api
from miniapp_api.boards import models as boards_models
from miniapp_api.booking import api as booking_api
from miniapp_api.booking import jobs as booking_jobs
from miniapp_api.booking import settings_api as booking_settings_api
from miniapp_api.booking import wishes_api
from miniapp_api.calendars import api as calendars_api
from miniapp_api.catalogue import api as catalogue_api
from miniapp_api.checkin import api as checkin_api
from miniapp_api.checkin import papers_api as checkin_papers_api
from miniapp_api.checkin import scans_api as checkin_scans_api
from miniapp_api.desk import api as desk_api
from miniapp_api.faq import api as faq_api
from miniapp_api.faq import jobs as faq_jobs
from miniapp_api.fhir import api as fhir_api
from miniapp_api.imports import api as imports_api
from miniapp_api.offline import api as offline_api
from miniapp_api.offline import models as offline_models
from miniapp_api.patients import api as patients_api
from miniapp_api.queue import api as queue_api
from miniapp_api.queue import jobs as queue_jobs
from miniapp_api.queue import models as queue_models
from miniapp_api.queue.calls import api as calling_api
from miniapp_api.queue.order import settings_api as queue_order_api
from miniapp_api.queue.stations import api as queue_stages_api
from miniapp_api.queue.stations import models as queue_step_models
from miniapp_api.queue.waiting import api as queue_waiting_api
from miniapp_api.queue.waiting import calibration as queue_calibration
from miniapp_api.queue.waiting import nearing as queue_nearing
from miniapp_api.reception import api as reception_api
from miniapp_api.reception import models as reception_models
from miniapp_api.release import api as release_api
from miniapp_api.release import jobs as release_jobs
from miniapp_api.release import models as release_models
from miniapp_api.release import reserve as release_reserve
from miniapp_api.replay import api as replay_api
from miniapp_api.replay import briefing
from miniapp_api.replay import jobs as replay_jobs
from miniapp_api.reports import api as reports_api
from miniapp_api.reports import jobs as reports_jobs
from miniapp_api.schedules import api as schedules_api
from miniapp_api.schedules import jobs as schedules_jobs
from miniapp_api.schedules import models as schedules_models
from miniapp_api.staff import api as staff_api
from miniapp_api.stops import api as stops_api
from miniapp_api.stops import contacts_api as stopped_visits_api
from miniapp_api.stops import jobs as stops_jobs
from miniapp_api.stops import models as stops_models
from miniapp_api.strikes import actions as strikes
from miniapp_api.strikes import api as strikes_api
from miniapp_api.strikes import jobs as strikes_jobs
from miniapp_api.strikes import models as strikes_models
from miniapp_api.timetable import actions as timetable
from miniapp_api.timetable import api as timetable_api
from miniapp_api.triage import api as triage_api
from miniapp_api.triage import jobs as triage_jobs
from miniapp_api.triage import models as triage_models
from miniapp_api.waitlist import answering as waitlist_answering
from miniapp_api.waitlist import api as waitlist_api
from miniapp_api.waitlist import invariants as waitlist_invariants
from miniapp_api.waitlist import jobs as waitlist_jobs
from server.facts import AppointmentBooked, AppointmentCancelled, PatientArrived, SessionRoomChanged, VisitBriefAsked
from server.jobs import Job
from server.wiring import Wiring

WIRING = Wiring(
    routes=(
        catalogue_api.bp,
        faq_api.bp,
        administration_api.bp,
        staff_api.bp,
        imports_api.bp,
        patients_api.bp,
        schedules_api.bp,
        booking_api.bp,
        booking_settings_api.bp,
        wishes_api.bp,
        release_api.bp,
        waitlist_api.bp,
        stops_api.bp,
        stopped_visits_api.bp,
        checkin_api.bp,
        checkin_scans_api.bp,
        checkin_papers_api.bp,
        queue_api.bp,
        queue_order_api.bp,
        calling_api.bp,
        boards_api.bp,
        queue_waiting_api.bp,
        queue_stages_api.bp,
        triage_api.bp,
        offline_api.bp,
        desk_api.bp,
        fhir_api.bp,
        calendars_api.bp,
        strikes_api.bp,
        reception_api.bp,
        timetable_api.bp,
        reports_api.bp,
        replay_api.bp,
    ),
    models=(
        "miniapp_api.faq.models",
        "miniapp_api.patients.models",
        "miniapp_api.schedules.models",
        "miniapp_api.booking.models",
        "miniapp_api.waitlist.models",
        "miniapp_api.strikes.models",
        "miniapp_api.checkin.models",
        "miniapp_api.offline.models",
        "miniapp_api.queue.models",
        "miniapp_api.triage.models",
    ),
    subscriptions={
        SessionRoomChanged: (timetable.tell_of_room,),
        AppointmentBooked: (waitlist_answering.has_booked,),
        AppointmentCancelled: (strikes.judge_given_back,),
        PatientArrived: (strikes.excuse_who_arrived,),
        VisitBriefAsked: (briefing.make_brief,),
    },
    jobs=(
        Job("answers_due", faq_jobs.tell_due, timedelta(minutes=30)),
        Job("sweep_photos", administration_jobs.sweep_photos, timedelta(hours=1)),
        Job("open_sessions", schedules_jobs.open_sessions, timedelta(hours=1)),
        Job("expire_holds", booking_jobs.expire_holds, timedelta(seconds=10)),
        Job("draws", release_jobs.draws, timedelta(seconds=1)),
        Job("return_reserves", release_jobs.return_reserves, timedelta(seconds=20)),
        Job("mark_no_shows", strikes_jobs.mark_no_shows, timedelta(minutes=5)),
        Job("excuse_strikes", strikes_jobs.excuse_strikes, timedelta(minutes=5)),
        Job("settle_appeals", strikes_jobs.settle_appeals, timedelta(minutes=1)),
        Job("offer_places", waitlist_jobs.offer_places, timedelta(seconds=2)),
        Job("keep_lines", waitlist_jobs.keep_lines, timedelta(seconds=20)),
        Job("decide_stops", stops_jobs.decide_stops, timedelta(seconds=5)),
        Job("watch_stops", stops_jobs.watch_stops, timedelta(seconds=15)),
        Job("make_reports", reports_jobs.make_due, timedelta(seconds=20)),
        Job("correct_reports", reports_jobs.correct_sent, timedelta(minutes=1)),
        Job("watch_triage", triage_jobs.watch, timedelta(seconds=2)),
        Job("tell_near", queue_nearing.tell_near, timedelta(seconds=5)),
        Job("watch_begins", queue_nearing.watch_begins, timedelta(seconds=20)),
        Job("compare_waits", queue_calibration.compare_days, timedelta(minutes=20)),
        Job("close_queues", queue_jobs.close_queues, timedelta(minutes=10)),
        Job("open_queue_days", replay_jobs.open_queue_days, timedelta(seconds=20)),
        Job("forget_queue_days", replay_jobs.forget_queue_days, timedelta(hours=1)),
    ),
    invariants=(
        (
            "No hold outlives its time by much",
            "SELECT id FROM appointment WHERE status = 'held' AND held_until < app_now() - interval '2 minutes'",
        ),
        (
            "An open booking knows whom its file is about",
            "SELECT a.id FROM appointment a JOIN patient p ON p.id = a.patient_id WHERE a.person_id <> p.person_id"
            " AND a.status IN ('held', 'booked', 'checked_in', 'in_service')",
        ),
        (
            "A slot counts as many places taken as there are appointments on it",
            "SELECT s.id, s.taken, count(a.id) AS appointments FROM slot s LEFT JOIN appointment a ON a.slot_id = s.id"
            " AND a.status NOT IN ('cancelled', 'expired', 'rescheduled') GROUP BY s.id HAVING s.taken <> count(a.id)",
        ),
        (
            "No slot has more appointments than places",
            "SELECT s.id, s.capacity, count(a.id) AS sold FROM slot s JOIN appointment a ON a.slot_id = s.id"
            " AND a.status NOT IN ('cancelled', 'expired', 'rescheduled')"
            " GROUP BY s.id HAVING count(a.id) + s.kept > s.capacity",
        ),
        (
            "Every appointment has a history that tells how it came to its status",
            "SELECT a.id, a.status FROM appointment a WHERE NOT EXISTS (SELECT 1 FROM transition t"
            " WHERE t.subject_id = a.id AND t.machine = 'appointment' AND t.to_state = a.status)",
        ),
        *stops_models.INVARIANTS,
        *schedules_models.INVARIANTS,
        *strikes_models.INVARIANTS,
        *release_models.INVARIANTS,
        *release_reserve.INVARIANTS,
        *queue_models.INVARIANTS,
        *queue_step_models.INVARIANTS,
        *offline_models.INVARIANTS,
        *boards_models.INVARIANTS,
        *triage_models.INVARIANTS,
        *reception_models.INVARIANTS,
        *waitlist_invariants.INVARIANTS,
    ),
)
