"""What the hospital decided about surveys: when they open and close, what an answer is, what a low rating is. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from satisfaction.harm import HARM_WORDS, harm_word_in
from satisfaction.surveys.kinds.items import Item, ItemType
from satisfaction.surveys.kinds.outpatient import OVERALL, RECOMMEND
from server.errors import Malformed
from server.states import Machine

ANSWERABLE = timedelta(days=7)
ANSWER_CHARACTERS = 2000
MOST_STARS = 5
TOP_OF_SCALE = 10
NAMED_ERRORS = 20


class InvitationState(StrEnum):
    """Where an invitation stands."""

    PLANNED = "planned"  # the visit took place, the time to ask has not come; nobody sees it
    INVITED = "invited"  # may be answered
    ANSWERED = "answered"  # has its one response
    EXPIRED = "expired"  # the deadline passed without one


INVITATION = Machine(
    "invitation",
    starts=frozenset({InvitationState.PLANNED}),
    moves={
        InvitationState.PLANNED: frozenset({InvitationState.INVITED, InvitationState.EXPIRED}),
        InvitationState.INVITED: frozenset({InvitationState.ANSWERED, InvitationState.EXPIRED}),
    },
)


def opening(finished_at: datetime, delay_minutes: int) -> tuple[datetime, datetime]:
    """Give when a visit may be rated: from when, and until when."""
    opens_at = finished_at + timedelta(minutes=delay_minutes)
    return opens_at, opens_at + ANSWERABLE


def check_answerable(state: str, deadline: datetime, now: datetime) -> None:
    """Refuse a response to a survey that has one or is closed.

    Raises: AlreadyAnswered, SurveyClosed.
    """
    if state == InvitationState.ANSWERED:
        raise AlreadyAnswered()
    if state == InvitationState.EXPIRED or now >= deadline:
        raise SurveyClosed()


@dataclass(frozen=True)
class Filled:
    """What a patient sent.

    answers: value by item id. comment: their own words about anything.
    """

    answers: Mapping[str, Any]
    comment: str = ""
    contact_me: bool = False


def checked(filled: Filled, items: Iterable[Item]) -> Filled:
    """Give what was sent without empty texts, once every answer fits its item. No item is forced.

    Raises: Malformed, naming each wrong answer by its pointer.
    """
    by_id = {item.id: item for item in items}
    errors = []
    answers = {}
    for item_id, value in filled.answers.items():
        item = by_id.get(item_id)
        code = "unknown_item" if item is None else _CHECKS[item.type](value, {option.value for option in item.options})
        if code:
            pointer = "/answers/" + item_id[:100].replace("~", "~0").replace("/", "~1")
            errors.append({"pointer": pointer, "code": code, "detail": _DETAILS[code]})
        elif not isinstance(value, str) or value.strip():
            answers[item_id] = value.strip() if isinstance(value, str) else value
    if not errors and not answers and not filled.comment and not filled.contact_me:
        errors.append({"pointer": "/answers", "code": "no_answer", "detail": _DETAILS["no_answer"]})
    if errors:
        raise Malformed(errors=errors[:NAMED_ERRORS])
    return replace(filled, answers=answers)


_DETAILS = {
    "unknown_item": "this survey has no such item",
    "wrong_type": "the answer has the wrong type for this item",
    "out_of_range": "the answer is outside the range of this item",
    "unknown_option": "the answer is none of the options",
    "too_long": f"at most {ANSWER_CHARACTERS} characters",
    "no_answer": "at least one answer is needed",
}


def _number(low: int, high: int) -> Callable[[Any, set[str]], str | None]:
    def check(value: Any, _: set[str]) -> str | None:
        if type(value) is not int:  # a bool is an int to isinstance
            return "wrong_type"
        return None if low <= value <= high else "out_of_range"

    return check


def _one(value: Any, options: set[str]) -> str | None:
    if not isinstance(value, str):
        return "wrong_type"
    return None if value in options else "unknown_option"


def _some(value: Any, options: set[str]) -> str | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(set(value)) != len(value):
        return "wrong_type"
    return None if set(value) <= options else "unknown_option"


def _yes_no(value: Any, _: set[str]) -> str | None:
    return None if isinstance(value, bool) else "wrong_type"


def _text(value: Any, _: set[str]) -> str | None:
    if not isinstance(value, str):
        return "wrong_type"
    return None if len(value) <= ANSWER_CHARACTERS else "too_long"


_CHECKS: Mapping[ItemType, Callable[[Any, set[str]], str | None]] = {
    ItemType.STARS: _number(1, MOST_STARS),
    ItemType.SCALE: _number(0, TOP_OF_SCALE),
    ItemType.SINGLE: _one,
    ItemType.MULTIPLE: _some,
    ItemType.YES_NO: _yes_no,
    ItemType.TAGS: _some,
    ItemType.TEXT: _text,
}


@dataclass(frozen=True)
class LowRules:
    """From where on a rating is low. The hospital may change each number (policy `survey.low_rating`)."""

    overall_at_most: int = 2
    stars_at_most: int = 1
    recommend_at_most: int = 3
    harm_words: tuple[str, ...] = HARM_WORDS

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> "LowRules":
        """Read the hospital's policy; what it does not name stays as it is here."""
        known = {name: value for name, value in policy.items() if name in cls.__dataclass_fields__}
        if "harm_words" in known:
            known["harm_words"] = tuple(known["harm_words"])
        return cls(**known)


def low_reasons(filled: Filled, items: Iterable[Item], rules: LowRules) -> list[str]:
    """Say why a rating is low; empty when it is not.

    Returns: `overall`, `item:<id>`, `recommend`, `harm_word`, `contact_me`, in this order.
    """
    reasons = []
    answers = filled.answers
    if answers.get(OVERALL, MOST_STARS) <= rules.overall_at_most:
        reasons.append("overall")
    reasons += [
        f"item:{item.id}"
        for item in items
        if item.type == ItemType.STARS and item.id != OVERALL and item.id in answers
        if answers[item.id] <= rules.stars_at_most
    ]
    if answers.get(RECOMMEND, TOP_OF_SCALE) <= rules.recommend_at_most:
        reasons.append("recommend")
    texts, _ = texts_apart(filled, items)
    if harm_word_in((*texts.values(), filled.comment), rules.harm_words):
        reasons.append("harm_word")
    if filled.contact_me:
        reasons.append("contact_me")
    return reasons


def texts_apart(filled: Filled, items: Iterable[Item]) -> tuple[dict[str, str], dict[str, Any]]:
    """Part the answers in the patient's own words, which are sealed, and the figures, which are counted."""
    textual = {item.id for item in items if item.type == ItemType.TEXT}
    words = {item_id: value for item_id, value in filled.answers.items() if item_id in textual}
    return words, {item_id: value for item_id, value in filled.answers.items() if item_id not in textual}


def summary(filled: Filled, items: Iterable[Item]) -> str:
    """Write down a rating for the person who will call: the figures in the order of the items, then the words."""
    lines = []
    for item in items:
        if item.id not in filled.answers:
            continue
        value = filled.answers[item.id]
        if item.type == ItemType.STARS:
            value = f"{value} 星（满分 {MOST_STARS} 星）"
        elif item.type == ItemType.SCALE:
            value = f"{value} 分（满分 {TOP_OF_SCALE} 分）"
        elif item.type == ItemType.YES_NO:
            value = "是" if value else "否"
        elif item.type in (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.TAGS):
            chosen = {value} if isinstance(value, str) else set(value)
            value = "、".join(option.text["zh-CN"] for option in item.options if option.value in chosen)
        lines.append(f"{item.text['zh-CN'].rstrip('？')}：{value}")
    if filled.comment:
        lines.append(f"留言：{filled.comment}")
    if filled.contact_me:
        lines.append("希望医院与我联系")
    return "\n".join(lines)
