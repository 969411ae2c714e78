"""What an administrator and a patient may send about routing, and what is checked before it is saved."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from notifications.routing.actions import Sample, known_channels
from notifications.routing.limits import Breaks, Late, Over
from notifications.routing.rules import Chain, Step, Takes, When
from server.errors import Malformed
from server.web import Form, Version

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Places = Annotated[int, Field(ge=1, le=100_000)]
MAX_WAIT = 30 * 24 * 3600  # seconds


class RoutingStepForm(Form):
    """One way: channels in order of preference, which of them, on what it depends, how long the ways before have."""

    channels: Annotated[list[Annotated[str, StringConstraints(max_length=50)]], Field(min_length=1, max_length=8)]
    takes: Takes = Takes.FIRST
    when: When = When.ALWAYS
    wait_seconds: Annotated[int, Field(ge=0, le=MAX_WAIT)] = 0


class RoutingRouteForm(Form):
    """A chain as a whole. version: the one that was seen."""

    version: Version
    chain: Annotated[list[RoutingStepForm], Field(min_length=1, max_length=10)]

    def steps(self) -> Chain:
        """Give the chain.

        Raises: Malformed.
        """
        return steps_of(self.chain)


class RoutingQuietForm(Form):
    """Quiet hours of a class or purpose; over midnight when they end before they begin."""

    applies_to: Literal["visit", "follow_up", "survey", "return_visit", "education", "clinical"]
    begins: Clock
    ends: Clock
    breaks: list[Breaks] = Field(default_factory=list, max_length=3)
    late: Late = Late.EXPIRE


class QuietHoursForm(Form):
    """All quiet hours. version: the one that was seen."""

    version: Version
    items: Annotated[list[RoutingQuietForm], Field(max_length=10)]

    def value(self) -> dict[str, Any]:
        """Give them as the setting keeps them.

        Raises: Malformed.
        """
        return quiet_of(self.items)


class RoutingCapForm(Form):
    """How many messages one person may get."""

    applies_to: Literal["visit", "visit_urgent", "follow_up", "survey", "alert"]
    hour: Places
    day: Places
    month: Places
    over: Over = Over.SUPPRESS


class RoutingCapsForm(Form):
    """All caps. version: the one that was seen."""

    version: Version
    items: Annotated[list[RoutingCapForm], Field(min_length=1, max_length=10)]

    def value(self) -> dict[str, Any]:
        """Give them as the setting keeps them.

        Raises: Malformed.
        """
        _once(self.items)
        for number, one in enumerate(self.items):
            if not one.hour <= one.day <= one.month:
                raise _wrong(f"/items/{number}/day", "cap_out_of_order", "day")
        return {one.applies_to: one.model_dump(mode="json", exclude={"applies_to"}) for one in self.items}


class DigestTimesForm(Form):
    """When digests are sent. version: the one that was seen."""

    version: Version
    times: Annotated[list[Clock], Field(min_length=1, max_length=6)]

    def value(self) -> dict[str, Any]:
        """Give them as the setting keeps them."""
        return {"times": sorted(set(self.times))}


class RoutingRepeatsForm(Form):
    """For how many minutes the same words are not said again to the same person; 0: never left out.

    version: the one that was seen.
    """

    version: Version
    minutes: Annotated[int, Field(ge=0, le=1440)]

    def value(self) -> dict[str, Any]:
        """Give it as the setting keeps it."""
        return {"seconds": self.minutes * 60}


class RoutingPreviewForm(Form):
    """A chain to try on somebody made up, at a time of day; quiet hours to try, when they are not those in force."""

    name: Annotated[str, StringConstraints(max_length=50)]
    chain: Annotated[list[RoutingStepForm], Field(min_length=1, max_length=10)]
    at: Clock = "10:00"
    reach: list[Literal["wechat_subscribe", "wechat_official", "phone", "email", "wecom"]] = Field(
        default_factory=list, max_length=5
    )
    quiet_hours: Annotated[list[RoutingQuietForm], Field(max_length=10)] | None = None

    def sample(self) -> Sample:
        """Give who is tried on, and when."""
        return Sample(frozenset(self.reach), time.fromisoformat(self.at))

    def draft(self) -> Mapping[str, Any]:
        """Give the settings to try."""
        return {} if self.quiet_hours is None else {"quiet_hours": quiet_of(self.quiet_hours)}


class PreferenceItemForm(Form):
    """One switch."""

    category: Literal["visit", "follow_up", "return_visit", "survey", "education"]
    channel: Literal["wechat_subscribe", "wechat_official", "sms", "email"]
    is_on: bool


class PreferencesForm(Form):
    """Some switches; those that are not named stay as they are."""

    items: Annotated[list[PreferenceItemForm], Field(min_length=1, max_length=40)]


def steps_of(forms: list[RoutingStepForm]) -> Chain:
    """Read a chain.

    Raises: Malformed for a channel that there is not, or a first way that waits.
    """
    known = {name for name, _ in known_channels()}
    for number, form in enumerate(forms):
        for place, name in enumerate(form.channels):
            if name not in known:
                raise _wrong(f"/chain/{number}/channels/{place}", "unknown_channel", name)
        if len(set(form.channels)) < len(form.channels):
            raise _wrong(f"/chain/{number}/channels", "twice", "channels")
    if forms[0].wait_seconds or forms[0].when is not When.ALWAYS:
        raise _wrong("/chain/0/wait_seconds", "first_way_at_once", "wait_seconds")
    return tuple(
        Step(tuple(form.channels), form.takes, form.when, timedelta(seconds=form.wait_seconds)) for form in forms
    )


def quiet_of(forms: list[RoutingQuietForm]) -> dict[str, Any]:
    """Give quiet hours as the setting keeps them.

    Raises: Malformed for hours that are none, or two for the same.
    """
    _once(forms)
    for number, one in enumerate(forms):
        if one.begins == one.ends:
            raise _wrong(f"/items/{number}/ends", "no_hours", "ends")
    return {
        one.applies_to: {
            "from": one.begins,
            "to": one.ends,
            "breaks": sorted({str(kind) for kind in one.breaks}),
            "late": str(one.late),
        }
        for one in forms
    }


def _once(forms: list[Any]) -> None:
    seen = set()
    for number, one in enumerate(forms):
        if one.applies_to in seen:
            raise _wrong(f"/items/{number}/applies_to", "twice", "applies_to")
        seen.add(one.applies_to)


def _wrong(pointer: str, code: str, detail: str) -> Malformed:
    return Malformed(errors=[{"pointer": pointer, "code": code, "detail": detail}])
