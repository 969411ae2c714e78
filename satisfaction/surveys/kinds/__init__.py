"""The registry of the surveys; one file each. Pure."""

from collections.abc import Mapping

from satisfaction.surveys.kinds.items import Survey
from satisfaction.surveys.kinds.outpatient import OUTPATIENT

SURVEYS: Mapping[str, Survey] = {OUTPATIENT.code: OUTPATIENT}
