"""The other five occasions: after a stay, a month's sample, by phone, at the bed, a poster in a room. Pure."""

from satisfaction.surveys.kinds.building import of_bank, only_if, rotating, survey, usual
from satisfaction.surveys.kinds.items import Comparison, Condition, SurveyKind

DISCHARGE = survey(
    SurveyKind.DISCHARGE,
    1,
    ("出院评价", "出院評價", "About your stay"),
    usual("overall", "doctor_attitude", "doctor_communication", "nurse_attitude", "effect", "discharge")
    + rotating(
        "nurse_response", "medicines", "pain", "cleanliness", "signs", "privacy", "fees", "recommend", "integrity"
    ),
    rotating=1,
)

MONTHLY = survey(
    SurveyKind.MONTHLY,
    1,
    ("每月满意度调查", "每月滿意度調查", "How we did this month"),
    usual("overall", "reception", "doctor_attitude", "doctor_communication", "waiting", "effect")
    + rotating("recommend", "medicines", "flow", "cleanliness", "signs", "privacy", "fees", "integrity"),
    rotating=1,
)

PHONE = survey(
    SurveyKind.PHONE,
    1,
    ("电话回访评价", "電話回訪評價", "A call about your visit"),
    usual("overall", "recovery", "taking_medicines", "knows_revisit", "follow_up_itself"),
    rotating=0,
)

INTERVIEW = survey(
    SurveyKind.INTERVIEW,
    1,
    ("现场访谈", "現場訪談", "An interview on site"),
    (
        *usual("overall", "reception", "doctor_attitude", "waiting"),
        only_if(of_bank("waiting_minutes"), Condition("waiting", Comparison.AT_MOST, 3)),
        *rotating("cleanliness", "signs", "flow", "fees", "privacy", "nurse_attitude"),
    ),
)

POSTER = survey(
    SurveyKind.POSTER,
    1,
    ("诊室评价", "診室評價", "About this place"),
    usual("overall", "reception", "waiting", "cleanliness", "signs"),
    rotating=0,
    is_anonymous=True,
)
