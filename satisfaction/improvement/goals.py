"""How much an improvement may promise: no more than what it is measured by can still change."""

from satisfaction.improvement import measuring, rules
from satisfaction.improvement.models import Improvement
from satisfaction.improvement.rules import Metric
from server import clock
from server.errors import Malformed, wrong_field


async def usual(row: Improvement) -> float:
    """Give what is expected where nobody names a goal: no more than there is room for, where there is any."""
    usual_change = rules.USUAL_CHANGE[Metric(row.metric)]
    return min(usual_change, await _room(row)) or usual_change


async def check(row: Improvement, *, pointer: str = "/expected_change") -> None:
    """Refuse a goal that cannot be reached. row: as it is going to be kept; pointer: the field that says so.

    Raises: Malformed.
    """
    most = await _room(row)
    if row.expected_change <= most:
        return
    if row.metric == Metric.COMPLAINT_RATE:
        raise wrong_field(pointer, "out_of_limits", "a rate falls by its whole at most")
    values = {"now": f"{rules.TOP_SCORE - most:g}", "top": f"{rules.TOP_SCORE:g}", "most": f"{most:g}"}
    error = {"pointer": pointer, "code": "beyond_the_scale", "detail": "the score cannot rise so far", "values": values}
    raise Malformed(errors=[error])


async def _room(row: Improvement) -> float:
    if row.metric == Metric.COMPLAINT_RATE:
        return rules.WHOLE
    return rules.room_above(row.baseline or await measuring.before(row, clock.today()))
