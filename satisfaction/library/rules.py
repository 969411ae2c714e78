"""What the hospital decided about causes and the library: what a complaint may be given, how a case lives. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from server.errors import Malformed, wrong_field
from server.states import Machine

LONGEST_NAME = 4  # signs
MOST_CAUSES = 3  # one primary, up to two that contributed


class CaseState(StrEnum):
    """Where a case of the library stands."""

    DRAFT = "draft"  # made when the complaint ended; seen by those who may see the complaint
    PUBLISHED = "published"  # approved by a second person; found by everybody who reads complaints
    WITHDRAWN = "withdrawn"  # of no use, or taken out again


LIBRARY_CASE = Machine(
    "library_case",
    starts=frozenset({CaseState.DRAFT}),
    moves={
        CaseState.DRAFT: frozenset({CaseState.PUBLISHED, CaseState.WITHDRAWN}),
        CaseState.PUBLISHED: frozenset({CaseState.DRAFT, CaseState.WITHDRAWN}),  # edited: to be approved anew
    },
)


@dataclass(frozen=True)
class CauseChoice:
    """A cause that a complaint is given. system_factor: what let it happen, where a person slipped."""

    code: str
    system_factor: str = ""


def check_choices(choices: Sequence[CauseChoice], leaves: Mapping[str, bool]) -> None:
    """Refuse causes that are no leaves in use, that are there twice, or that blame a person and nothing else.

    leaves: the codes of the leaves in use; whether each is a human error.
    Raises: Malformed.
    """
    for at, choice in enumerate(choices):
        if choice.code not in leaves:
            raise wrong_field(f"/causes/{at}/code", "unknown", "no leaf in use")
        if choice.code in {one.code for one in choices[:at]}:
            raise wrong_field(f"/causes/{at}/code", "twice", "the same cause again")
    if choices and all(leaves[one.code] and not one.system_factor for one in choices):
        raise wrong_field("/causes/0/system_factor", "system_factor_needed", "human error alone explains nothing")


@dataclass(frozen=True)
class Story:
    """What a case tells. Every part without who it was."""

    title: str = ""
    story: str = ""
    finding: str = ""
    action: str = ""
    prevention: str = ""


PARTS = tuple(field.name for field in fields(Story))


def leaking(found: Mapping[str, Sequence[str]]) -> Malformed:
    """Make the refusal of a story that still says who it was. found: by part, the kinds of what was found."""
    errors: list[dict[str, Any]] = [
        {
            "pointer": f"/{part}",
            "code": "says_who_it_was",
            "detail": "it still says who it was",
            "values": {"what": "、".join(LEAK_WORDS.get(kind, kind) for kind in kinds)},
        }
        for part, kinds in found.items()
        if kinds
    ]
    return Malformed(errors=errors)


LEAK_WORDS = {
    "name": "姓名",
    "phone": "电话",
    "id_number": "证件号",
    "number": "编号",
    "email": "邮箱",
    "account": "账号",
    "plate": "车牌",
    "address": "住址",
    "day": "日期",
    "room": "诊室或床位",
    "ticket": "排队号",
}

# the first digits of the national list of clinical specialities: as much as a case says of its department
KINDS = {
    "01": "预防保健科", "02": "全科医疗科", "03": "内科", "04": "外科", "05": "妇产科", "06": "妇女保健科",
    "07": "儿科", "08": "小儿外科", "09": "儿童保健科", "10": "眼科", "11": "耳鼻咽喉科", "12": "口腔科",
    "13": "皮肤科", "14": "医疗美容科", "15": "精神科", "16": "传染科", "17": "结核病科", "18": "地方病科",
    "19": "肿瘤科", "20": "急诊医学科", "21": "康复医学科", "22": "运动医学科", "23": "职业病科", "24": "临终关怀科",
    "25": "特种医学与军事医学科", "26": "麻醉科", "27": "疼痛科", "28": "重症医学科", "30": "医学检验科",
    "31": "病理科", "32": "医学影像科", "50": "中医科", "51": "民族医学科", "52": "中西医结合科",
}  # fmt: skip


def kind_of(speciality_code: str) -> str:
    """Give the kind of a department; empty when it has no code of the list."""
    kind = speciality_code.split(".")[0][:2]
    return kind if kind in KINDS else ""


def parts_of_answer(text: str) -> dict[str, str]:
    """Read what was found and what is done out of an answer as the patient got it."""
    parts: dict[str, str] = {}
    for line in text.split("\n"):
        head, mark, rest = line.partition("：")
        if mark and head in ("调查结果", "处理措施", "责任人", "异议途径"):
            parts[head] = rest
        elif parts:
            parts[list(parts)[-1]] += f"\n{line}"
    return parts


def names_in(*texts: str) -> list[str]:
    """Give what may be names in fields that hold names: the parts of two to four signs."""
    parts = (part for text in texts for part in re.split(r"[\s、，,;；/和及()（）]+", text))
    return [part for part in parts if 2 <= len(part) <= LONGEST_NAME]
