"""What the answers of a provider mean, as data: each channel has its table of codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from notifications.channels.content import Receipt
from notifications.rules import Cause, Outcome, Window


@dataclass(frozen=True)
class Answer:
    """The class of one code.

    window: the whole channel rests until it turns. seconds: this one message waits so long, instead of the ladder.
    cause: somebody has to mend it; the administrators hear of it once for each cause.
    """

    outcome: Outcome
    window: Window | None = None
    seconds: int | None = None
    cause: Cause | None = None


# What no table names: refused for good, and somebody looks at the text, the template or the settings.
UNNAMED = Answer(Outcome.REFUSED, cause=Cause.TEMPLATE)


def receipt_of(answers: Mapping[int | str, Answer], code: int | str, detail: str = "") -> Receipt:
    """Make the receipt of a code that is not a success."""
    found = answers.get(code, UNNAMED)
    return Receipt(
        found.outcome,
        str(code),
        detail,
        pause=timedelta(seconds=found.seconds) if found.seconds else None,
        window=found.window,
        cause=found.cause,
    )
