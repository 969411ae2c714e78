"""Which ratings are low: rules that are data, read against the answers of one response. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from satisfaction.texts.words import Found

OVERALL, RECOMMEND = "overall", "recommend"
LOWEST_SCALES = frozenset({"L5", "F4", "FFT5"})  # scales whose 1 is the worst of a few words


class LowKind(StrEnum):
    """How a rule looks at a rating."""

    OVERALL_AT_MOST = "overall_at_most"
    ITEM_AT_MOST = "item_at_most"
    ANY_CORE_AT_MOST = "any_core_at_most"
    RECOMMEND_AT_MOST = "recommend_at_most"
    CONTACT_ME = "contact_me"
    HARM_WORD = "harm_word"
    ITEM_IS = "item_is"


NEEDS_VALUE = frozenset(
    {LowKind.OVERALL_AT_MOST, LowKind.ITEM_AT_MOST, LowKind.ANY_CORE_AT_MOST, LowKind.RECOMMEND_AT_MOST}
)
NEEDS_ITEM = frozenset({LowKind.ITEM_AT_MOST, LowKind.ITEM_IS})
HIGHEST = {
    LowKind.OVERALL_AT_MOST: 5,
    LowKind.ANY_CORE_AT_MOST: 5,
    LowKind.ITEM_AT_MOST: 10,
    LowKind.RECOMMEND_AT_MOST: 10,
}


@dataclass(frozen=True)
class Rule:
    """One rule. item: id or code of a question. value: the highest figure that is low, or the choice that is.

    severity: A or B, of the complaint that it opens.
    """

    code: str
    kind: LowKind
    item: str | None = None
    value: int | str | None = None
    severity: str = "B"
    is_active: bool = True

    def as_data(self) -> dict[str, Any]:
        """Give the rule as it is kept."""
        return asdict(self)


SHIPPED: tuple[Rule, ...] = (
    Rule("overall", LowKind.OVERALL_AT_MOST, value=2),
    Rule("any_core", LowKind.ANY_CORE_AT_MOST, value=1),
    Rule("recommend", LowKind.RECOMMEND_AT_MOST, value=3),
    Rule("harm_word", LowKind.HARM_WORD, severity="A"),
    Rule("contact_me", LowKind.CONTACT_ME),
    Rule("integrity", LowKind.ITEM_IS, item="F2", value="yes"),
)


def rules_of(data: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Read the rules of a kept version."""
    return tuple(Rule(**{**rule, "kind": LowKind(rule["kind"])}) for rule in data)


def shipped(policy: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Give the rules that hold until somebody saves others.

    policy: `survey.low_rating`, from before rules were data.
    """
    figures = {"overall": "overall_at_most", "any_core": "stars_at_most", "recommend": "recommend_at_most"}
    return tuple(
        Rule(rule.code, rule.kind, rule.item, policy.get(figures.get(rule.code, ""), rule.value), rule.severity)
        for rule in SHIPPED
    )


@dataclass(frozen=True)
class Question:
    """What a rule has to know of a question. is_sealed: whoever answers it must not become known."""

    id: str
    code: str
    type: str
    is_core: bool
    is_sealed: bool


def questions_of(items: Sequence[Mapping[str, Any]]) -> dict[str, Question]:
    """Read the questions of a version of a questionnaire, by id.

    items: as they are kept. A version from before there were core items has only such.
    """
    return {
        item["id"]: Question(
            id=item["id"],
            code=item.get("code") or item["id"],
            type=str(item["type"]),
            is_core=bool(item.get("is_core", True)),
            is_sealed=bool(item.get("is_sealed", False)),
        )
        for item in items
    }


@dataclass(frozen=True)
class Rating:
    """A response as the rules see it. figures: (scale, value) by item. choices: answers by item.

    found: what its words contain.
    """

    questions: Mapping[str, Question]
    figures: Mapping[str, tuple[str, int]]
    choices: Mapping[str, Any]
    found: Found
    contact_me: bool


@dataclass(frozen=True)
class Reason:
    """Why a rating is low. code: `overall`, `item:<id>`, `recommend`, `harm_word`, `contact_me`."""

    code: str
    severity: str
    rule: str
    is_sealed: bool = False


def reasons(rating: Rating, rules: Sequence[Rule]) -> tuple[Reason, ...]:
    """Say why a rating is low, each reason once and in the order of the rules; empty when it is not."""
    found: dict[str, Reason] = {}
    for rule in rules:
        if rule.is_active:
            for code, item in _LOOKS[rule.kind](rating, rule):
                question = rating.questions.get(item)
                is_sealed = question is not None and question.is_sealed
                known = found.get(code)
                if known is None or (rule.severity, known.severity) == ("A", "B"):
                    found[code] = Reason(code, rule.severity, rule.code, is_sealed)
    return tuple(found.values())


def severity_of(given: Sequence[Reason]) -> str:
    """Give A when one of the reasons is."""
    return "A" if any(reason.severity == "A" for reason in given) else "B"


Hits = list[tuple[str, str]]  # code of the reason, id of the item


def _at_most(rating: Rating, item: str, value: Any) -> bool:
    return item in rating.figures and rating.figures[item][1] <= int(value)


def _overall(rating: Rating, rule: Rule) -> Hits:
    return [("overall", OVERALL)] if _at_most(rating, OVERALL, rule.value) else []


def _recommend(rating: Rating, rule: Rule) -> Hits:
    return [("recommend", RECOMMEND)] if _at_most(rating, RECOMMEND, rule.value) else []


def _any_core(rating: Rating, rule: Rule) -> Hits:
    return [
        (f"item:{item}", item)
        for item, question in rating.questions.items()
        if question.is_core and item != OVERALL and item in rating.figures
        if rating.figures[item][0] in LOWEST_SCALES and _at_most(rating, item, rule.value)
    ]


def _named(rating: Rating, rule: Rule) -> list[str]:
    return [item for item, question in rating.questions.items() if rule.item in (item, question.code)]


def _item(rating: Rating, rule: Rule) -> Hits:
    return [(f"item:{item}", item) for item in _named(rating, rule) if _at_most(rating, item, rule.value)]


def _is(rating: Rating, rule: Rule) -> Hits:
    return [(f"item:{item}", item) for item in _named(rating, rule) if _chose(rating.choices.get(item), rule.value)]


def _chose(answer: Any, value: Any) -> bool:
    if isinstance(answer, list):
        return value in answer
    if isinstance(answer, bool):
        return value == ("yes" if answer else "no")
    return answer is not None and str(answer) == str(value)


def _contact(rating: Rating, _: Rule) -> Hits:
    return [("contact_me", "")] if rating.contact_me else []


def _harm(rating: Rating, _: Rule) -> Hits:
    return [("harm_word", "")] if rating.found.harm else []


_LOOKS = {
    LowKind.OVERALL_AT_MOST: _overall,
    LowKind.ITEM_AT_MOST: _item,
    LowKind.ANY_CORE_AT_MOST: _any_core,
    LowKind.RECOMMEND_AT_MOST: _recommend,
    LowKind.CONTACT_ME: _contact,
    LowKind.HARM_WORD: _harm,
    LowKind.ITEM_IS: _is,
}


# ---- what the handler reads ----------------------------------------------------------------------------------------

MOST_STARS, TOP_OF_SCALE = 5, 10


def summary(items: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], rating: "Told") -> str:
    """Write down a rating for the person who will call: the answers in the order of the items, then the words.

    items: as they are kept in the version of the questionnaire. answers: figures, choices and words by item.
    """
    lines = [
        f"{item['text']['zh-CN'].rstrip('？')}：{_said(item, answers[item['id']])}"
        for item in items
        if item["id"] in answers
    ]
    if rating.comment:
        lines.append(f"留言：{rating.comment}")
    if rating.contact_me:
        lines.append("希望医院与我联系")
    return "\n".join(lines)


@dataclass(frozen=True)
class Told:
    """What a rating says besides its answers."""

    comment: str
    contact_me: bool


def _said(item: Mapping[str, Any], value: Any) -> str:
    match item["type"]:
        case "stars":
            return f"{value} 星（满分 {MOST_STARS} 星）" if isinstance(value, int) else "不适用"
        case "scale":
            return f"{value} 分（满分 {TOP_OF_SCALE} 分）" if isinstance(value, int) else "不适用"
        case "yes_no":
            return "是" if value else "否"
        case "single" | "multiple" | "tags":
            chosen = {value} if isinstance(value, str) else set(value)
            return "、".join(one["text"]["zh-CN"] for one in item["options"] if one["value"] in chosen) or "不适用"
    return str(value)
