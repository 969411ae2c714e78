"""The inbox of the mini-app: a message is there as soon as it is written down."""

from uuid import UUID

from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.rules import Outcome
from server import live


class Inbox:
    """Reaches every account, always."""

    name = "inbox"
    capabilities = Capabilities(is_instant=True)

    def is_set_up(self) -> bool:
        """Every installation has it."""
        return True

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the account."""
        return str(recipient.account_id) if recipient.account_id else None

    async def place(self, message_id: UUID, content: Content, address: str) -> None:
        """Let the account's open pages know; the message itself is what the inbox shows."""
        live.moved(live.account_topic(address))

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Nothing leaves the house: the row is the delivery."""
        return Receipt(Outcome.ACCEPTED)
