"""Putting a questionnaire together from the bank. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from satisfaction.surveys.kinds.bank import BANK, NA
from satisfaction.surveys.kinds.items import Condition, Item, ItemType, Option, Scale, Survey, SurveyKind, Texts

CLOSING = "improve"
DOES_NOT_APPLY: Texts = {"zh-CN": "不适用", "zh-TW": "不適用", "en": "Does not apply"}
ALWAYS_APPLY = frozenset({"overall", "recommend", "integrity", "improve", "contact_me"})


def usual(*ids: str) -> tuple[Item, ...]:
    """Give items of the bank that everybody is asked."""
    return tuple(of_bank(one) for one in ids)


def rotating(*ids: str) -> tuple[Item, ...]:
    """Give items of the bank that only some are asked, drawn by lot."""
    return tuple(replace(of_bank(one), is_core=False) for one in ids)


def of_bank(item_id: str, wording: Mapping[str, Any] | None = None, version: int = 1) -> Item:
    """Give an item of the bank in the shipped words, or in those of a later version."""
    found = BANK[item_id]
    words = wording or found.wording()
    may_be_na = found.scale is not None and item_id not in ALWAYS_APPLY
    options = tuple(Option(one["value"], one["text"]) for one in words["options"])
    return with_na(
        Item(
            id=found.id,
            type=found.type,
            dimension=found.dimension,
            text=words["text"],
            options=options,
            worst=words["worst"],
            best=words["best"],
            code=found.code,
            scale=found.scale,
            is_closing=item_id == CLOSING,
            is_sealed=found.is_sealed,
            wording=version,
        ),
        may_be_na,
    )


def with_na(item: Item, may_be_na: bool) -> Item:
    """Let an item be answered with «does not apply», or not; one with options has it among them."""
    options = tuple(one for one in item.options if one.value != NA)
    if may_be_na and item.type == ItemType.SINGLE:
        options += (Option(NA, DOES_NOT_APPLY),)
    return replace(item, options=options, may_be_na=may_be_na)


def only_if(item: Item, *conditions: Condition) -> Item:
    """Ask an item only if earlier ones were answered in a certain way."""
    return replace(item, shown_if=conditions)


def survey(kind: SurveyKind, version: int, title: Sequence[str], items: tuple[Item, ...], **settings: Any) -> Survey:
    """Make a shipped questionnaire; the question for the one thing to improve closes each."""
    languages = dict(zip(("zh-CN", "zh-TW", "en"), title, strict=True))
    return Survey(kind.value, version, languages, (*items, of_bank(CLOSING)), kind=kind, **settings)


def figure_of(item: Item, answer: Any) -> int | None:
    """Give the figure that an answer is counted by; None: not answered, does not apply, not counted."""
    if answer is None or answer == NA or item.scale is None:
        return None
    if item.scale == Scale.F4 and isinstance(answer, str):
        return _F4.get(answer)
    return int(answer)


_F4 = {"always": 4, "usually": 3, "sometimes": 2, "never": 1}
