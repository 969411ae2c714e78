"""What the contract test has to know about a channel: where it is sent to, what arrives, how its provider says no."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from notifications.channels.content import Content, Recipient
from notifications.rules import Outcome
from server.config import Settings
from tests.notifications.telling import fault as put_fault

SECONDS = 0.7  # how long a call may take: every channel is slow once, and the machine may be busy
NOWHERE = "http://127.0.0.1:9"  # a port on which nobody listens

CONTENT = Content(
    title="预约成功",
    lines=(("就诊科室", "心血管内科"), ("就诊时间", "2026年11月25日 09:00")),
    template_key="appointment_booked",
    fields={
        "thing1": "心血管内科",
        "name2": "张小三",
        "time3": "2026年11月25日 09:00",
        "character_string4": "7",
        "thing5": "请提前十分钟到达",
    },
    link="pages/appointment/appointment?id=1",
    event="appointment_booked",
)

# What becomes of one call, and how many messages arrive, when the provider's side breaks in this way. A provider that
# dies (`crash`) is to its caller what `accept_then_drop` is; infra/chaos kills a real one.
USUAL: Mapping[str, tuple[Outcome, int]] = {
    "slow": (Outcome.UNKNOWN, 1),
    "accept_then_drop": (Outcome.UNKNOWN, 1),
    "half_body": (Outcome.UNKNOWN, 1),
    "http_5xx_after_accept": (Outcome.UNKNOWN, 1),
    "drop": (Outcome.UNKNOWN, 0),
    "quota": (Outcome.TROUBLE, 0),
    "token_expired": (Outcome.RETRY, 0),
    "system_busy": (Outcome.RETRY, 0),
}


@dataclass(frozen=True)
class Scenario:
    """One channel of the registry at its simulator.

    settings: puts the channel's settings for an address of the provider into those of the site.
    recipient: somebody whom the channel reaches; makes the rows and the simulated person that this takes.
    arrivals: the texts that have arrived at an address, one for each message.
    path: the simulator's path whose faults strike a call; a channel that is not HTTP brings its own `fault`.
    outcomes: by fault, where they differ from the usual ones; None: the provider cannot fail in this way.
    wrong: takes away the right credentials; None: there are none.
    away: what a call comes to when no connection can be made. is_group: it reaches a group, whoever is meant.
    words: what the arrived text must hold. private: what must be in no log, of the recipient and of the settings.
    cuts_fields: whether it cuts the fields of a template; else they are cut where the template is filled in.
    fits: whether an arrived text is within the provider's limits, however long the content was.
    """

    settings: Callable[[Settings, str], Settings]
    recipient: Callable[[Any], Awaitable[Recipient]]
    arrivals: Callable[[Any, str], Awaitable[list[str]]]
    path: str = ""
    fault: Callable[..., Awaitable[None]] | None = None
    outcomes: Mapping[str, tuple[Outcome, int] | None] = field(default_factory=dict)
    wrong: Callable[[Settings], Settings] | None = None
    away: Outcome = Outcome.TROUBLE
    is_group: bool = False
    content: Content = CONTENT
    cuts_fields: bool = True
    words: tuple[str, ...] = ("心血管内科",)
    private: tuple[str, ...] = ()
    fits: Callable[[str], bool] = lambda text: True

    async def breaks(self, site: Any, mode: str, **more: Any) -> None:
        """Break the provider's side."""
        if self.fault is not None:
            await self.fault(site, mode, **more)
        else:
            await put_fault(site, self.path, mode, **more)

    def expected(self, mode: str) -> tuple[Outcome, int] | None:
        """Give what a fault comes to; None when the provider cannot fail so."""
        return self.outcomes.get(mode, USUAL[mode])

    @property
    def endless(self) -> Content:
        """The same content with texts that are far too long."""
        return replace(
            self.content,
            title="很长的标题" * 400,
            lines=tuple((label, text * 400) for label, text in self.content.lines),
            fields={
                name: value * 40 if self.cuts_fields and name.startswith("thing") else value
                for name, value in self.content.fields.items()
            },
        )
