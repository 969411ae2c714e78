"""What travels between the hub and a channel: neutral content in, a receipt out; and what a channel is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from notifications.rules import Outcome


@dataclass(frozen=True)
class Content:
    """One message, rendered. template_key and fields: for channels that send templates."""

    title: str
    lines: tuple[tuple[str, str], ...]
    template_key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    link: str = ""

    def text(self) -> str:
        """Give it as plain text, a line each."""
        return "\n".join((self.title, *(f"{label}：{text}" for label, text in self.lines)))


@dataclass(frozen=True)
class Receipt:
    """What a call came to. pause: when the provider says how long to wait."""

    outcome: Outcome
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    pause: timedelta | None = None


@dataclass(frozen=True)
class Recipient:
    """Who gets a message. openid: of an account; empty for staff."""

    account_id: UUID | None = None
    openid: str = ""


class Channel(Protocol):
    """One way to reach somebody.

    at_once: calls under way at a time in one worker. per_minute: the provider's limit over all workers.
    needs_consent: a call spends a consent. is_instant: writing the message down delivers it, nothing is sent.
    """

    name: str
    at_once: int
    per_minute: int | None
    needs_consent: bool
    is_instant: bool

    def carries(self, content: Content) -> bool:
        """Tell whether it can carry such a message."""

    def address(self, recipient: Recipient) -> str | None:
        """Give where it reaches somebody, or None when it does not."""

    async def send(self, content: Content, address: str) -> Receipt:
        """Call the provider once. Whatever happens is an outcome, not an exception."""
