"""The registry of the surveys that are shipped; the hospital's own versions stand in the database. Pure."""

from collections.abc import Mapping

from satisfaction.surveys.kinds.items import Survey, SurveyKind
from satisfaction.surveys.kinds.others import DISCHARGE, INTERVIEW, MONTHLY, PHONE, POSTER
from satisfaction.surveys.kinds.outpatient import OUTPATIENT

SURVEYS: Mapping[SurveyKind, Survey] = {
    survey.kind: survey for survey in (OUTPATIENT, DISCHARGE, MONTHLY, PHONE, INTERVIEW, POSTER)
}
