"""The shape of a questionnaire: items with texts in every language, as they are kept in a version of it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Texts = Mapping[str, str]  # by language: zh-CN, zh-TW, en

LANGUAGES = ("zh-CN", "zh-TW", "en")


class SurveyKind(StrEnum):
    """On which occasion somebody is asked."""

    OUTPATIENT = "outpatient"  # some hours after a visit
    DISCHARGE = "discharge"  # some days after a stay
    MONTHLY = "monthly"  # a sample of a month's patients
    PHONE = "phone"  # a member of staff calls
    INTERVIEW = "interview"  # a member of staff asks, with a tablet
    POSTER = "poster"  # whoever scans what hangs in a room


class ItemType(StrEnum):
    """How an item is answered."""

    STARS = "stars"  # 1 to 5
    SCALE = "scale"  # 0 to 10
    SINGLE = "single"  # one of the options
    MULTIPLE = "multiple"  # some of the options
    YES_NO = "yes_no"  # true or false
    TAGS = "tags"  # some of the options, shown as labels
    TEXT = "text"  # the patient's own words


class Scale(StrEnum):
    """How the figures of an item are counted; the item stays comparable as long as its scale does."""

    L5 = "L5"  # 1 very dissatisfied to 5 very satisfied
    F4 = "F4"  # 1 never to 4 always
    FFT5 = "FFT5"  # 1 very bad to 5 very good
    R11 = "R11"  # 0 to 10
    YES_NO = "yes_no"  # 0 or 1


class Comparison(StrEnum):
    """How a rule of skipping looks at an earlier answer."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    IS = "is"
    IS_NOT = "is_not"


def in_language(texts: Texts, language: str) -> str:
    """Give a text in the caller's language; in Simplified Chinese where it is missing."""
    return texts.get(language) or texts["zh-CN"]


@dataclass(frozen=True)
class Option:
    """One choice of an item."""

    value: str
    text: Texts


@dataclass(frozen=True)
class Condition:
    """An item is asked only if an earlier one was answered like this."""

    item: str
    how: Comparison
    value: Any


@dataclass(frozen=True)
class Item:
    """One question. Its id is stable over all versions; its wording belongs to one.

    worst, best: what the two ends of stars and scales mean. scale None: not counted. is_core: asked of everybody; the
    others rotate. is_closing: asked on the last screen, beside the seven. shown_if: all must hold. is_sealed: the
    answer is kept sealed and shown to nobody but the one office it is for.
    """

    id: str
    type: ItemType
    dimension: str
    text: Texts
    options: tuple[Option, ...] = ()
    worst: Texts | None = None
    best: Texts | None = None
    code: str = ""
    scale: Scale | None = None
    is_core: bool = True
    is_closing: bool = False
    may_be_na: bool = False
    is_sealed: bool = False
    shown_if: tuple[Condition, ...] = ()
    wording: int = 1


@dataclass(frozen=True)
class Survey:
    """A questionnaire in one version; any change of wording is a new version.

    rotating: how many of the items that are not core each person gets. most: items a person gets, the closing one not
    counted.
    """

    code: str
    version: int
    title: Texts
    items: tuple[Item, ...]
    kind: SurveyKind = SurveyKind.OUTPATIENT
    rotating: int = 2
    most: int = 7
    is_anonymous: bool = False

    def items_as_data(self) -> list[dict[str, Any]]:
        """Give the items as they are kept."""
        return [asdict(item) for item in self.items]


def items_from_data(data: list[dict[str, Any]]) -> tuple[Item, ...]:
    """Read the items of a kept version, also of one from before items had a scale of their own."""
    return tuple(
        Item(
            **{
                **item,
                "type": ItemType(item["type"]),
                "scale": Scale(item["scale"]) if item.get("scale") else None if "scale" in item else _scale_of(item),
                "options": tuple(Option(**option) for option in item.get("options", ())),
                "shown_if": tuple(
                    Condition(one["item"], Comparison(one["how"]), one["value"]) for one in item.get("shown_if", ())
                ),
            }
        )
        for item in data
    )


def _scale_of(item: Mapping[str, Any]) -> Scale | None:
    if item["type"] == ItemType.STARS:
        return Scale.FFT5 if item["id"] == "overall" else Scale.L5
    return {"scale": Scale.R11, "yes_no": Scale.YES_NO}.get(item["type"])
