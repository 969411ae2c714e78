"""How a department calls, as it decided: the second waiting area, recalls, misses, holds, norms. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CallingRules:
    """The fields are the columns of `calling_rule`.

    ready_places: in front of each room (二次候诊); 0 when nobody is asked forward. recall_seconds: between two calls of
    one patient. suggest_after_calls, suggest_after_seconds: when the room is asked whether to pass somebody over.
    misses_until_gone: passed over so often, the visit is over. hold_minutes: how long who steps aside is gone, when
    nobody said. norm_greeted_seconds: from coming in alone until spoken to. norm_fetched_minutes: from the room's
    «I know» until the patient is in it. norm_wait_minutes: from the booked time, or from arrival, until the call.
    """

    ready_places: int = 0
    recall_seconds: int = 10
    suggest_after_calls: int = 3
    suggest_after_seconds: int = 120
    misses_until_gone: int = 3
    hold_minutes: int = 15
    norm_greeted_seconds: int = 10
    norm_fetched_minutes: int = 5
    norm_wait_minutes: int = 30
