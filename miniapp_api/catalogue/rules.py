"""What a visit costs: the hospital's price, unless the department or the practitioner's title has its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class VisitType(StrEnum):
    """What kind of visit a place is for (门诊类型)."""

    ORDINARY = "ordinary"  # 普通
    EXPERT = "expert"  # 专家
    SPECIAL = "special"  # 特需
    REVISIT = "revisit"  # 复诊


@dataclass(frozen=True)
class Price:
    """One line of the price list. department_id None: for every department; title None: for every title."""

    visit_type: VisitType
    department_id: Any
    title: str | None
    price_fen: int


def prices_for(prices: Iterable[Price], department_id: Any, title: str | None) -> dict[VisitType, int]:
    """Give what each type of visit costs there, in fen and in the order of the types.

    The most special line holds: department and title, department, title, hospital. A type without a line is not there.
    """
    found: dict[VisitType, tuple[tuple[bool, bool], int]] = {}
    for price in prices:
        if price.department_id not in (None, department_id) or price.title not in (None, title):
            continue
        special = (price.department_id is not None, price.title is not None)
        if price.visit_type not in found or special > found[price.visit_type][0]:
            found[price.visit_type] = (special, price.price_fen)
    return {visit_type: found[visit_type][1] for visit_type in VisitType if visit_type in found}
