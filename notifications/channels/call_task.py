"""A call to be made: the last way to somebody whom no message reached is a task on the call list."""

from uuid import UUID

from notifications.calls.rules import CallKind
from notifications.calls.tasks import NewCall, place
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.rules import Outcome
from server import db

PREFIX = "patient:"

# what the task has to know of its message, which is written before it in the same transaction
MESSAGE = """
SELECT plan_step_id, CASE WHEN subject_kind = 'complaint' THEN subject_id END AS complaint_id, deadline,
    greatest(app_now(), coalesce(not_before, app_now())) AS due_at FROM message WHERE id = $1
"""


class CallTask:
    """Reaches a patient by a person who calls."""

    name = "call_task"
    capabilities = Capabilities(is_instant=True)

    def is_set_up(self) -> bool:
        """Every hospital has a telephone."""
        return True

    def carries(self, content: Content) -> bool:
        """Everything with a title: it is what the call is about."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the patient; the number is looked up by who calls."""
        return f"{PREFIX}{recipient.patient_id}" if recipient.patient_id and recipient.has_phone else None

    async def place(self, message_id: UUID, content: Content, address: str) -> None:
        """Put a task on the list; one for a message and patient, however often it is placed."""
        row = await db.fetch_one(MESSAGE, message_id)
        assert row is not None  # the message is written before its ways
        await place(
            NewCall(
                source=f"plan_step:{row['plan_step_id']}" if row["plan_step_id"] else f"message:{message_id}",
                kind=CallKind.MESSAGE,
                patient_id=UUID(address.removeprefix(PREFIX)),
                title=content.title,
                reason="；".join(f"{label}：{text}" for label, text in content.lines),
                due_at=row["due_at"],
                window_ends_at=row["deadline"],
                plan_step_id=row["plan_step_id"],
                message_id=message_id,
                complaint_id=row["complaint_id"],
            )
        )

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Nothing leaves the house: the task is the delivery."""
        return Receipt(Outcome.ACCEPTED)
