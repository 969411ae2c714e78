"""What a Chinese text is searched by: pairs of neighbouring signs, their sounds, and whole Latin words. Pure.

Nobody types the words of a case as they stand in it: other script (候診), other width (ＣＴ), a homophone. A pair of
signs is therefore kept as itself and as its sounds, which are the same in both scripts.
"""

import functools
import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pypinyin import Style, lazy_pinyin

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
# what stands in every complaint and tells none apart
_EMPTY = frozenset(
    "的了是在我你他她它们我们你们他们和与就也都很还又把被让给对跟这那个一不没有说到去来要会能可以着过吗呢吧啊"
)
SOUND = "~"  # before a pair of sounds
SOUND_WEIGHT = 0.45  # half a sign: two other signs may sound the same
MOST_TERMS = 60  # of a text that is compared with cases; the rarest ones


def normal(text: str) -> str:
    """Write a text in one width and one case."""
    return unicodedata.normalize("NFKC", text).lower()


def signs_of(text: str) -> set[str]:
    """Give the pairs of signs of a text and its Latin words; the last sign of a run also alone.

    Alone, so that a search for one sign, which asks for what begins with it, finds the sign at the end of a run too.
    """
    found: set[str] = set()
    for run in _RUN.findall(normal(text)):
        if run[0].isascii():
            found.add(run)
        else:
            found |= {run[at : at + 2] for at in range(len(run) - 1)} | {run[-1]}
    return found


def sounds_of(text: str) -> set[str]:
    """Give the pairs of sounds of a text."""
    return {
        f"{SOUND}{_sound(one)}.{_sound(other)}"
        for run in _RUN.findall(normal(text))
        if not run[0].isascii()
        for one, other in itertools.pairwise(run)
    }


@functools.lru_cache(maxsize=8192)
def _sound(sign: str) -> str:
    return lazy_pinyin(sign, style=Style.NORMAL)[0]


def kept(*texts: str) -> list[str]:
    """Give everything that a case is found by, sorted."""
    return sorted(set().union(*(signs_of(text) | sounds_of(text) for text in texts)))


def telling(text: str) -> list[str]:
    """Give the pairs of signs of a text that tell it apart: not those of empty words alone."""
    pairs = (word for word in signs_of(text) if len(word) > 1)
    return sorted(word for word in pairs if not set(word) <= _EMPTY)


# What patients say, and what cases say for the same thing. One way only: a case is found by either word, and a search
# for the plain word is not watered down.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "插队": ("后来的人", "先叫号", "不公平"),
    "加塞": ("后来的人", "先叫号", "不公平"),
    "隐私": ("旁边听到", "被旁人", "诊室门"),
    "退钱": ("退费",),
    "退款": ("退费",),
    "钱没退": ("退费", "到账"),
    "化验": ("检验",),
    "验血": ("抽血",),
    "打针": ("注射", "输液"),
    "打点滴": ("输液",),
    "吊水": ("输液",),
    "厕所": ("卫生间",),
    "洗手间": ("卫生间",),
    "大夫": ("医生",),
    "态度差": ("不耐烦", "态度"),
    "骂人": ("不耐烦", "态度"),
    "凶": ("不耐烦", "态度"),
    "路牌": ("指示牌", "标识"),
    "迷路": ("找不到", "标识"),
    "泊车": ("停车",),
    "车位": ("停车",),
    "拍片": ("检查",),
    "改约": ("改预约", "改期"),
    "占线": ("打不通",),
    "没人接": ("打不通",),
    "说明书": ("用法", "一天几次"),
    "多收费": ("多付", "收费"),
    "乱收费": ("多付", "收费"),
    "等太久": ("等了", "候诊"),
    "大屏": ("叫号屏",),
}


def also_called(query: str) -> list[str]:
    """Give what cases call what a search says in other words."""
    plain = normal(query)
    return [word for said, words in SYNONYMS.items() if said in plain for word in words]


def wanted(query: str) -> list[str]:
    """Give what a search asks for, in other words too; `等:*` asks for whatever begins so."""
    return sorted(
        {*_asked(query), *(word for other in also_called(query) for word in signs_of(other) if len(word) > 1)}
    )


def _asked(query: str) -> list[str]:
    runs = _RUN.findall(normal(query))
    single = [f"{run}:*" for run in runs if len(run) == 1 and not run.isascii()]
    pairs = {word for word in signs_of(query) if len(word) > 1 or word.isascii()}
    return sorted(pairs | sounds_of(query)) + single


def weights(terms: Iterable[str], found_in: Mapping[str, int], cases: int) -> dict[str, float]:
    """Weigh terms by how rare they are (the idf of BM25); a term that no case holds weighs nothing.

    found_in: in how many of the cases a term stands.
    """
    result = {}
    for term in terms:
        n = found_in.get(term, 0)
        if n or term.endswith(":*"):
            idf = math.log(1 + (cases - n + 0.5) / (n + 0.5)) if n else 1.0
            result[term] = idf * (SOUND_WEIGHT if term.startswith(SOUND) else 1.0)
    return result


def heaviest(weighed: Mapping[str, float], most: int = MOST_TERMS) -> Sequence[tuple[str, float]]:
    """Give the terms that weigh most."""
    return sorted(weighed.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
