"""When a digest is due, and what it says. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from server import clock

LASTS = timedelta(hours=12)
MAX_ROUNDS = 5  # after which it is given up; its items stay where anybody can look
SHOWN = 10  # lines; the rest is counted

_TITLE = {"zh-CN": "{n} 条提醒汇总", "zh-TW": "{n} 則提醒彙總", "en": "{n} reminders"}
_MORE = {"zh-CN": "另有 {n} 条，请到工作台查看", "zh-TW": "另有 {n} 則，請到工作台查看", "en": "{n} more on your page"}
_REST = {"zh-CN": "其他", "zh-TW": "其他", "en": "More"}


def last_time(times: Sequence[time], *, now: datetime) -> datetime:
    """Give the latest of the set times of day that has come."""
    today = clock.local(now).date()
    moments = [clock.at(day, at.hour, at.minute) for day in (today - timedelta(days=1), today) for at in sorted(times)]
    return max(moment for moment in moments if moment <= now)


def title(count: int, language: str) -> str:
    """Give the title of a digest."""
    return _say(_TITLE, language).format(n=count)


def lines(titles: Sequence[str], language: str) -> tuple[tuple[str, str], ...]:
    """Give a line for each item, and how many more there are."""
    shown = [(str(number), text) for number, text in enumerate(titles[:SHOWN], start=1)]
    more = len(titles) - SHOWN
    return (*shown, *(((_say(_REST, language), _say(_MORE, language).format(n=more)),) if more > 0 else ()))


def _say(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["zh-CN"])
