"""How the names of the catalogue are spelled in letters, kept beside them for lists and ticket prefixes. Pure."""

from pypinyin import Style, lazy_pinyin


def pinyin(name: str) -> str:
    """Give a Chinese name in pinyin without tones or spaces."""
    return "".join(lazy_pinyin(name)).lower()


def initials(name: str) -> str:
    """Give the pinyin initials of a Chinese name."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
