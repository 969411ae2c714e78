"""The time. Nothing else in the product asks the machine for it, so that tests can move it. Pure.

SQL asks `app_now()`, which tests move together with this clock.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DEFAULT_ZONE = "Asia/Shanghai"
_state: dict = {"shift": timedelta(0), "zone": ZoneInfo(_DEFAULT_ZONE)}


def now() -> datetime:
    """Give the present moment, aware and in UTC."""
    return datetime.now(UTC) + _state["shift"]  # noqa: TID251 - the one place


def zone() -> ZoneInfo:
    """Give the hospital's time zone."""
    return _state["zone"]


def local(moment: datetime) -> datetime:
    """Show a moment in the hospital's zone."""
    return moment.astimezone(_state["zone"])


def today() -> date:
    """Give the present day in the hospital's zone."""
    return local(now()).date()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Give a moment of a day in the hospital's zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=_state["zone"])


def use_zone(name: str) -> None:
    """Set the hospital's zone; called once at the start of a process."""
    _state["zone"] = ZoneInfo(name)


def shift() -> timedelta:
    """Give how far tests have moved the clock."""
    return _state["shift"]


def move_to_shift(shift: timedelta) -> None:
    """Set how far the clock stands from the machine's; for tests only."""
    _state["shift"] = shift
