"""How a name sounds: readings of characters, near sounds, slips of a thumb on a phone's keyboard. Pure.

Traditional characters need no table of their own: 臟 and 脏 are both zang, and the search compares sounds.
"""

import unicodedata
from functools import lru_cache

from pypinyin import Style, pinyin

MOST_SIGNS = 32_768  # characters whose readings are remembered: more than a catalogue has


@lru_cache(maxsize=MOST_SIGNS)
def _plain(sign: str) -> str:
    """Give a sign without width, capitals and tone marks; nothing for what is neither letter nor digit."""
    kept = ""
    for part in unicodedata.normalize("NFKC", sign).casefold():
        if "a" <= part <= "z" or part.isdigit() or is_hanzi(part):
            kept += part
        elif part.isalpha():  # xīn, lǜ
            bare = unicodedata.normalize("NFD", part)
            kept += "v" if bare.startswith("u\u0308") else bare[0]
    return kept


def normal(text: str) -> str:
    """Give what is compared of a text: small letters, digits and characters; no spaces, signs and tone marks."""
    return "".join(map(_plain, text))


def is_hanzi(sign: str) -> bool:
    """Tell whether a sign is a Chinese character."""
    return "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000" or sign == "〇"


@lru_cache(maxsize=MOST_SIGNS)
def readings(sign: str) -> tuple[str, ...]:
    """Give the readings of a sign without tones, the usual one first; a letter or digit reads as itself."""
    if not is_hanzi(sign):
        return (sign,)
    found = dict.fromkeys(pinyin(sign, style=Style.NORMAL, heteronym=True)[0])
    spelled = dict.fromkeys(reading for reading in found if reading.isascii() and reading.isalpha())
    # ü is typed as v, or as u by who does not know
    return (*spelled, *(reading.replace("v", "u") for reading in spelled if "v" in reading)) or (sign,)


@lru_cache(maxsize=MOST_SIGNS)
def blurred(syllable: str) -> str:
    """Give what a syllable sounds like in the south: zh as z, n as l, ang as an."""
    for hard, soft in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")):
        if syllable.startswith(hard):
            syllable = soft + syllable[len(hard) :]
            break
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable


@lru_cache(maxsize=MOST_SIGNS)
def is_a_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter is wrong, missing or too many, or two neighbours changed places."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    one, other = typed[start:], meant[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
    )
