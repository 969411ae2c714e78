"""The shape of a questionnaire: items with texts in every language, as they are kept in a version of it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Texts = Mapping[str, str]  # by language: zh-CN, zh-TW, en


class ItemType(StrEnum):
    """How an item is answered."""

    STARS = "stars"  # 1 to 5
    SCALE = "scale"  # 0 to 10
    SINGLE = "single"  # one of the options
    MULTIPLE = "multiple"  # some of the options
    YES_NO = "yes_no"  # true or false
    TAGS = "tags"  # some of the options, shown as labels
    TEXT = "text"  # the patient's own words


def in_language(texts: Texts, language: str) -> str:
    """Give a text in the caller's language; in Simplified Chinese where it is missing."""
    return texts.get(language) or texts["zh-CN"]


@dataclass(frozen=True)
class Option:
    """One choice of an item."""

    value: str
    text: Texts


@dataclass(frozen=True)
class Item:
    """One question. Its id is stable over all versions; its wording belongs to one.

    worst, best: what the two ends of stars and scales mean.
    """

    id: str
    type: ItemType
    dimension: str
    text: Texts
    options: tuple[Option, ...] = ()
    worst: Texts | None = None
    best: Texts | None = None


@dataclass(frozen=True)
class Survey:
    """A questionnaire in one version; any change of wording is a new version."""

    code: str
    version: int
    title: Texts
    items: tuple[Item, ...]

    def items_as_data(self) -> list[dict[str, Any]]:
        """Give the items as they are kept."""
        return [asdict(item) for item in self.items]


def items_from_data(data: list[dict[str, Any]]) -> tuple[Item, ...]:
    """Read the items of a kept version."""
    return tuple(
        Item(
            **{
                **item,
                "type": ItemType(item["type"]),
                "options": tuple(Option(**option) for option in item.get("options", ())),
            }
        )
        for item in data
    )
