"""What an answer is: which fit their items, what is counted of them, what is sealed. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from satisfaction.surveys.kinds.bank import NA
from satisfaction.surveys.kinds.building import figure_of
from satisfaction.surveys.kinds.items import Item, ItemType, Scale
from satisfaction.surveys.skipping import visible
from server.errors import Malformed

ANSWER_CHARACTERS = 2000
MOST_STARS = 5
TOP_OF_SCALE = 10
NAMED_ERRORS = 20


@dataclass(frozen=True)
class Filled:
    """What a patient sent.

    answers: value by item id. comment: their own words about anything.
    """

    answers: Mapping[str, Any]
    comment: str = ""
    contact_me: bool = False


@dataclass(frozen=True)
class Value:
    """The figure of one item that was offered. value None: skipped, or it does not apply."""

    item: str
    dimension: str
    scale: Scale
    value: int | None
    is_not_applicable: bool = False


def checked(filled: Filled, items: Sequence[Item], *, is_partial: bool = False) -> Filled:
    """Give what was sent once every answer fits its item, without empty texts and what the rules of skipping hide.

    items: those that were offered. No item is forced. is_partial: nothing need be said yet.
    Raises: Malformed, naming each wrong answer by its pointer.
    """
    by_id = {item.id: item for item in items}
    errors = []
    answers = {}
    for item_id, value in filled.answers.items():
        item = by_id.get(item_id)
        code = "unknown_item" if item is None else _wrong(item, value)
        if code:
            pointer = "/answers/" + item_id[:100].replace("~", "~0").replace("/", "~1")
            errors.append({"pointer": pointer, "code": code, "detail": _DETAILS[code]})
        elif not isinstance(value, str) or value.strip():
            answers[item_id] = value.strip() if isinstance(value, str) else value
    if not errors:
        asked = {item.id for item in visible(items, answers)}
        answers = {item_id: value for item_id, value in answers.items() if item_id in asked}
        if not (is_partial or answers or filled.comment or filled.contact_me):
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


def _wrong(item: Item, value: Any) -> str | None:
    if value == NA and item.may_be_na:
        return None
    return _CHECKS[item.type](value, {option.value for option in item.options})


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


def values(filled: Filled, items: Iterable[Item]) -> list[Value]:
    """Give one figure for each item that was asked and is counted, also for those that were skipped.

    items: those that were offered; what the rules of skipping hid was not asked.
    """
    found = []
    for item in visible(items, filled.answers):
        if item.scale is not None:
            answer = filled.answers.get(item.id)
            figure = figure_of(item, answer)
            found.append(Value(item.id, item.dimension, item.scale, figure, is_not_applicable=answer == NA))
    return found


def parts(filled: Filled, items: Iterable[Item]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Part the answers: the patient's own words, choices in sealed items, and the figures, which alone lie open."""
    parted: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] = ({}, {}, {})
    by_id = {item.id: item for item in items}
    for item_id, value in filled.answers.items():
        item = by_id[item_id]
        place = 0 if item.type == ItemType.TEXT else 1 if item.is_sealed else 2
        parted[place][item_id] = value
    return parted
