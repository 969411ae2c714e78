"""After an outpatient visit: five items for everybody, two of ten that rotate, one minute, nothing forced. Pure.

The effect of the treatment (Q1) is not asked hours after the visit, when nobody can know it yet.
"""

from satisfaction.surveys.kinds.building import rotating, survey, usual
from satisfaction.surveys.kinds.items import SurveyKind

OVERALL = "overall"

OUTPATIENT = survey(
    SurveyKind.OUTPATIENT,
    2,
    ("门诊就诊评价", "門診就診評價", "About your visit"),
    usual("overall", "reception", "doctor_attitude", "doctor_communication", "waiting")
    + rotating(
        "recommend",
        "doctor_involvement",
        "nurse_attitude",
        "medicines",
        "flow",
        "cleanliness",
        "signs",
        "privacy",
        "fees",
        "integrity",
    ),
)
