"""The live screen of a member of staff: an open console shows the message at once. Nothing leaves the house.

Whoever is not there finds it in the list of alerts and messages; so it is one way beside others, never the only one.
"""

from uuid import UUID

from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.rules import Outcome
from server import db, live


class LiveScreen:
    """Reaches a member of staff who has a screen open."""

    name = "live"
    capabilities = Capabilities(is_instant=True)

    def is_set_up(self) -> bool:
        """Every installation has it."""
        return True

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the member of staff."""
        return str(recipient.staff_id) if recipient.staff_id and recipient.account_id is None else None

    async def place(self, message_id: UUID, content: Content, address: str) -> None:
        """Announce the message on the person's stream; an alert has announced itself."""
        row = await db.fetch_one("SELECT alert_id FROM message WHERE id = $1", message_id)
        if row is None or row["alert_id"] is not None:
            return
        told = {"id": str(message_id), "event": content.event, "title": content.title, "text": content.text()}
        await live.announce(live.staff_topic(address), "message", told)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Nothing leaves the house: the event is the delivery."""
        return Receipt(Outcome.ACCEPTED)
