"""What becomes of a text that others are to read: the states of its check, what an answer of the platform means. Pure.

Source: the platform's own decision table. `pass` is shown, `review` is read by a person, `risky` stays hidden; it never
makes anything disappear from those who have to act on it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CheckState(StrEnum):
    """What others may see of a text; a person may say otherwise at any time, and whatever is written anew waits."""

    WAITING = "waiting"  # the platform has not been asked, or has not answered
    PASSED = "passed"  # others may read it
    HIDDEN = "hidden"  # others may not
    TO_BE_READ = "to_be_read"  # a person decides


S = CheckState
PIECE = 2500  # characters the platform takes at once
OVERLAP = 50  # so that a word on a border is seen whole
LEASE_SECONDS = 60.0
LONGEST_WAIT = timedelta(hours=2)  # afterwards the platform does not know the author any more
_BACKOFF_SECONDS = (2.0, 5.0, 15.0, 60.0, 120.0, 300.0)

_SUGGESTED = {"pass": S.PASSED, "review": S.TO_BE_READ, "risky": S.HIDDEN}
_ORDER = (S.PASSED, S.TO_BE_READ, S.HIDDEN)


def pieces(text: str) -> list[str]:
    """Cut a text into pieces that the platform takes, which overlap."""
    if len(text) <= PIECE:
        return [text]
    return [text[start : start + PIECE] for start in range(0, len(text) - OVERLAP, PIECE - OVERLAP)]


@dataclass(frozen=True)
class Verdict:
    """What is known of a text. label: the platform's, 100 is normal. reason: why a person has to read it."""

    state: CheckState
    label: int | None = None
    trace_id: str = ""
    reason: str = ""


def verdict_of(answer: dict) -> Verdict:
    """Read an answer of the platform; one that says nothing known is for a person."""
    result = answer.get("result") or {}
    state = _SUGGESTED.get(str(result.get("suggest")), S.TO_BE_READ)
    label = result.get("label")
    return Verdict(
        state,
        label if isinstance(label, int) else None,
        str(answer.get("trace_id", ""))[:100],
        "platform_doubts" if state == S.TO_BE_READ else "",
    )


def worst(verdicts: list[Verdict]) -> Verdict:
    """Give the strictest verdict of the pieces of one text."""
    return max(verdicts, key=lambda verdict: _ORDER.index(verdict.state))


NOT_SEEN_LATELY = 61010  # the author has not used the mini-app within two hours; asking again does not help
ASK_A_PERSON = {
    NOT_SEEN_LATELY: "author_not_seen_lately",
    40003: "author_unknown",
    43104: "author_unknown",
    40129: "call_refused",
    43002: "call_refused",
    44002: "call_refused",
    45002: "call_refused",
    47001: "call_refused",
}
MINUTE_LIMIT, DAY_LIMIT = 44991, 45009


def after_refusal(errcode: int, *, tries: int, waited: timedelta) -> float | str:
    """Say what to do after a refusal: the seconds until the next try, or why a person has to read the text."""
    if reason := ASK_A_PERSON.get(errcode):
        return reason
    if errcode == DAY_LIMIT:
        return "platform_limit"  # tomorrow it would not know the author
    return after_trouble(tries=tries, waited=waited) if errcode != MINUTE_LIMIT else 60.0


def after_trouble(*, tries: int, waited: timedelta) -> float | str:
    """Say what to do when the platform did not answer; the same shape."""
    if waited >= LONGEST_WAIT:
        return "platform_away"
    return _BACKOFF_SECONDS[min(tries, len(_BACKOFF_SECONDS)) - 1]
