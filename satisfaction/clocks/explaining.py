"""Why something is due when it is: lines from start to due whose counted time sums to the target. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from satisfaction.clocks.calendars import Calendar
from satisfaction.clocks.dues import Due, Piece, What
from server import clock

_NOTHING = timedelta(0)

WORDS: Mapping[str, Mapping[str, str]] = {
    "counted": {"zh-CN": "计时", "zh-TW": "計時", "en": "Counted"},
    "rested": {
        "zh-CN": "等待患者回复，不计时",
        "zh-TW": "等待患者回覆，不計時",
        "en": "Waiting for the patient, not counted",
    },
    "not_yet": {
        "zh-CN": "收到当日不计，从次日起算",
        "zh-TW": "收到當日不計，從次日起算",
        "en": "The day of receipt does not count",
    },
    "quiet": {
        "zh-CN": "夜间不打扰，顺延至早上",
        "zh-TW": "夜間不打擾，順延至早上",
        "en": "Nobody is disturbed at night; put off until the morning",
    },
    "closed": {"zh-CN": "非工作时间，不计时", "zh-TW": "非工作時間，不計時", "en": "Outside working hours"},
    "holiday": {"zh-CN": "法定节假日，不计时", "zh-TW": "法定節假日，不計時", "en": "Public holiday"},
    "weekend": {"zh-CN": "周末，不计时", "zh-TW": "週末，不計時", "en": "Weekend"},
}


@dataclass(frozen=True)
class Line:
    """A stretch of the explanation. counted: of it, towards the target. what: a key of WORDS."""

    starts_at: datetime
    ends_at: datetime
    counted: timedelta
    what: str

    @property
    def words(self) -> Mapping[str, str]:
        """Say it in every language."""
        return WORDS[self.what]


def explain(due: Due, calendars: Mapping[str, Calendar]) -> tuple[Line, ...]:
    """Explain a due moment, without a gap from its start to it; what is counted sums to the target, exactly."""
    return tuple(line for piece in due.pieces for line in _lines(piece, calendars[piece.calendar]))


def _lines(piece: Piece, calendar: Calendar) -> Iterator[Line]:
    if piece.what != What.COUNTED:
        yield Line(piece.starts_at, piece.ends_at, _NOTHING, str(piece.what))
        return
    if calendar.plan.is_always:
        yield Line(piece.starts_at, piece.ends_at, piece.counted, "counted")
        return
    reached = piece.starts_at
    for begin, end in _worked(piece, calendar):
        if reached < begin:
            yield Line(reached, begin, _NOTHING, _why_closed(reached, begin, calendar))
        yield Line(begin, end, end - begin, "counted")
        reached = end
    if reached < piece.ends_at:
        yield Line(reached, piece.ends_at, _NOTHING, _why_closed(reached, piece.ends_at, calendar))


def _worked(piece: Piece, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    day = clock.local(piece.starts_at).date()
    last = clock.local(piece.ends_at).date()
    while day <= last:
        for one in sorted(calendar.intervals(day), key=lambda one: one.starts_at):
            begin, end = max(one.starts_at, piece.starts_at), min(one.ends_at, piece.ends_at)
            if begin < end:
                yield begin, end
        day += timedelta(days=1)


def _why_closed(starts_at: datetime, ends_at: datetime, calendar: Calendar) -> str:
    days = [day for day in _days(starts_at, ends_at) if not calendar.intervals(day)]
    if any(calendar.is_holiday(day) for day in days):
        return "holiday"
    return "weekend" if days else "closed"


def _days(starts_at: datetime, ends_at: datetime) -> Iterator[date]:
    day: date = clock.local(starts_at).date()
    last: date = clock.local(ends_at - timedelta(microseconds=1)).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
