"""The parts of the section `opinions`, in their order."""

from infra.bench import dashboards, dues, escalation, low_ratings
from infra.bench.opinions import Part

PARTS: tuple[tuple[str, Part], ...] = (
    ("answers and dashboards", dashboards.measure),
    ("low ratings", low_ratings.measure),
    ("dues after a calendar change", dues.measure),
    ("escalation", escalation.measure),
)
