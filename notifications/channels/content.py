"""What travels between the hub and a channel: neutral content in, a receipt out; and what a channel is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from notifications.rules import Cause, Outcome, Window


@dataclass(frozen=True)
class Content:
    """One message, rendered. template_key and fields: for channels that send templates.

    event: what it is about, as the catalogue of notices names it. is_urgent: it goes before everything else.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    template_key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    event: str = ""
    is_urgent: bool = False

    def text(self) -> str:
        """Give it as plain text, a line each."""
        return "\n".join((self.title, *(f"{label}：{text}" for label, text in self.lines)))


@dataclass(frozen=True)
class Receipt:
    """What a call came to.

    pause: when the provider says how long this message has to wait. window: the whole channel rests until it turns.
    cause: somebody has to mend it.
    """

    outcome: Outcome
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    pause: timedelta | None = None
    window: Window | None = None
    cause: Cause | None = None

    def __post_init__(self) -> None:
        """Let nothing through that the database cannot keep: odd words must not cost a batch its answers."""
        for name in ("code", "detail", "provider_id"):
            said = getattr(self, name)
            if "\0" in said or not said.isascii():
                object.__setattr__(self, name, said.replace("\0", "").encode(errors="replace").decode())


@dataclass(frozen=True)
class Recipient:
    """Who gets a message: an account, or staff. Empty is what is not known of them.

    patient_id: whose phone and mail address may be used; they are read just before a call, never kept with a message.
    """

    account_id: UUID | None = None
    openid: str = ""
    official_openid: str = ""
    patient_id: UUID | None = None
    has_phone: bool = False
    has_email: bool = False
    staff_id: UUID | None = None
    wecom_userid: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a channel can and what its provider limits, as care.md 3.4 tells them apart.

    remembers: for how long the provider takes a second call with our key as the first one; None: it knows no key.
    is_asked: the provider tells what became of our key. has_receipts: it reports what became of a message.
    drops_silently: it may take a message and never show it, without a word.
    at_once: calls under way at a time in one worker. per_second, per_minute, per_day: over all workers.
    per_address_minute, per_address_hour: to one person; what is more would be dropped.
    needs_consent: a call spends a subscribe credit. has_templates: it sends the fields of a template.
    is_instant: writing the message down delivers it.
    is_one_provider: one that is in trouble for one address is in trouble for all. zone: where it counts its days.
    """

    remembers: timedelta | None = None
    is_asked: bool = False
    has_receipts: bool = False
    drops_silently: bool = False
    at_once: int = 20
    per_second: int | None = None
    per_minute: int | None = None
    per_day: int | None = None
    per_address_minute: int | None = None
    per_address_hour: int | None = None
    needs_consent: bool = False
    has_templates: bool = False
    is_instant: bool = False
    is_one_provider: bool = True
    zone: str = "Asia/Shanghai"


class Channel(Protocol):
    """One way to reach somebody. A file in this folder, a line in the registry, and the contract test is its own."""

    name: str
    capabilities: Capabilities

    def is_set_up(self) -> bool:
        """Tell whether this installation has what the channel needs: addresses, keys."""

    def carries(self, content: Content) -> bool:
        """Tell whether it can carry such a message."""

    def address(self, recipient: Recipient) -> str | None:
        """Give where it reaches somebody, or None when it does not.

        A phone or mail address is no address to keep: `patient:<id>` stands for it, and `send` reads it.
        """

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the provider once. Whatever happens is an outcome, not an exception.

        key: 32 hexadecimal digits, the same for every call of one delivery; for providers that know such a key.
        """


class Asked(Protocol):
    """A channel whose provider can be asked; its capabilities say `is_asked`."""

    async def find(self, address: str, key: str, began_at: datetime) -> bool | None:
        """Tell whether the provider has taken the message with our key; None when it cannot say now."""


class Instant(Protocol):
    """A channel that delivers by writing down; its capabilities say `is_instant`."""

    async def place(self, message_id: UUID, content: Content, address: str) -> None:
        """Write down what reaches the person, in the transaction of the message."""
