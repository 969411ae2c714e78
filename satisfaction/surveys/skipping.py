"""Which items a person sees, by what they answered so far. Pure; the phone follows the same rules."""

from collections.abc import Iterable, Mapping
from typing import Any

from satisfaction.surveys.kinds.building import figure_of
from satisfaction.surveys.kinds.items import Comparison, Condition, Item


def visible(items: Iterable[Item], answers: Mapping[str, Any]) -> tuple[Item, ...]:
    """Give the items that are asked, in their order.

    A condition looks at an earlier item that is itself asked and answered; of one that was skipped it does not hold. So
    nobody is asked about an answer that they did not give.
    """
    seen: dict[str, Item] = {}
    for item in items:
        if all(_holds(condition, seen, answers) for condition in item.shown_if):
            seen[item.id] = item
    return tuple(seen.values())


def _holds(condition: Condition, seen: Mapping[str, Item], answers: Mapping[str, Any]) -> bool:
    item, answer = seen.get(condition.item), answers.get(condition.item)
    if item is None or answer is None:
        return False
    if condition.how == Comparison.IS:
        return bool(answer == condition.value)
    if condition.how == Comparison.IS_NOT:
        return bool(answer != condition.value)
    figure = figure_of(item, answer)
    if figure is None:
        return False
    return figure <= condition.value if condition.how == Comparison.AT_MOST else figure >= condition.value
