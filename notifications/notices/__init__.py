"""The catalogue: which fact becomes which message to the account, with its lines, fields, deadline and urgency. Pure.

A message is rendered once into neutral content; channels only carry it. A new kind is a writer and a line below.
"""

from collections.abc import Callable
from typing import Any

from notifications.notices import calling, conduct, draws, nearing, opinions, places, stops, visits, waiting
from notifications.notices.notice import Notice
from server.facts import (
    AppealRefused,
    AppointmentBooked,
    AppointmentCancelled,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReminded,
    ComplaintReplied,
    DoctorLate,
    DoctorStarted,
    DrawCalledOff,
    DrawLost,
    Fact,
    OfferEnded,
    PatientArrived,
    PlaceOffered,
    StoppedVisitSettled,
    StrikeForgiven,
    StrikeGiven,
    SurveyInvited,
    SurveyReminded,
    TicketBackInLine,
    TicketCalled,
    TicketPassedOver,
    TicketReady,
    TurnIsNear,
    VisitFinished,
    VisitPlaceChanged,
    VisitReopened,
    VisitStopped,
    WaitlistClosed,
    WaitlistJoined,
)

Writer = Callable[[Any, str], Notice | None]

_WRITERS: dict[type[Fact], Writer] = {
    AppointmentBooked: visits.booked,
    AppointmentCancelled: visits.cancelled,
    PatientArrived: visits.joined,
    TicketCalled: visits.called,
    TicketReady: calling.ready,
    TicketBackInLine: calling.back_in_line,
    TicketPassedOver: calling.passed_over,
    VisitReopened: calling.reopened,
    TurnIsNear: nearing.near,
    DoctorLate: nearing.late,
    DoctorStarted: nearing.started,
    VisitFinished: visits.finished,
    VisitPlaceChanged: places.place_changed,
    WaitlistJoined: waiting.joined,
    PlaceOffered: waiting.offered,
    OfferEnded: waiting.ended,
    WaitlistClosed: waiting.closed,
    VisitStopped: stops.stopped,
    StoppedVisitSettled: stops.settled,
    SurveyInvited: opinions.invited,
    SurveyReminded: opinions.survey_reminded,
    StrikeGiven: conduct.strike_given,
    StrikeForgiven: conduct.strike_forgiven,
    AppealRefused: conduct.appeal_refused,
    ComplaintFiled: opinions.complaint_filed,
    ComplaintReplied: opinions.complaint_replied,
    ComplaintClosed: opinions.complaint_closed,
    ComplaintReminded: opinions.complaint_reminded,
    DrawLost: draws.lost,
    DrawCalledOff: draws.called_off,
}


def notice_of(fact: Fact, language: str) -> Notice | None:
    """Give the message that a fact becomes for its account, or None when it says nothing."""
    return _WRITERS[type(fact)](fact, language)


def told_facts() -> tuple[type[Fact], ...]:
    """List the facts of which an account may hear."""
    return tuple(_WRITERS)
