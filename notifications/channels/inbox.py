"""The inbox of the mini-app: a message is there as soon as it is written down."""

from notifications.channels.content import Content, Receipt, Recipient
from notifications.rules import Outcome


class Inbox:
    """Reaches every account, always."""

    name = "inbox"
    at_once = 0
    per_minute: int | None = None
    needs_consent = False
    is_instant = True

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the account."""
        return str(recipient.account_id) if recipient.account_id else None

    async def send(self, content: Content, address: str) -> Receipt:
        """Nothing leaves the house: the row is the delivery."""
        return Receipt(Outcome.ACCEPTED)
