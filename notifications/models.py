"""What the hub keeps: consents, messages, deliveries, attempts, receipts, reminders, alerts."""

from typing import Any

from tortoise import fields

from notifications.rules import AlertState, DeliveryState, MessageClass, ReminderState
from server import clock
from server.db import Row


class Consent(Row):
    """What an account last said to one template."""

    account_id = fields.UUIDField()
    template_key = fields.TextField()
    status = fields.TextField()  # accepted, rejected, banned
    changed_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "consent"


class ConsentCredit(Row):
    """One accepted pop-up, good for one message."""

    account_id = fields.UUIDField()
    template_key = fields.TextField()
    from_client_at = fields.DatetimeField(null=True)
    from_event_at = fields.DatetimeField(null=True)
    delivery_id = fields.UUIDField(null=True)
    spent_at = fields.DatetimeField(null=True)
    void_at = fields.DatetimeField(null=True)
    granted_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "consent_credit"


class Message(Row):
    """One message to one person: what and why."""

    event = fields.TextField()
    event_key = fields.TextField()
    kind = fields.CharEnumField(MessageClass, description="", source_field="class")
    account_id = fields.UUIDField(null=True)
    staff_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField(null=True)
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    language = fields.TextField(default="zh-CN")
    title = fields.TextField()
    lines: Any = fields.JSONField()  # [[label, text], ...]
    values: Any = fields.JSONField(default=dict, source_field="fields")  # of the template, for channels with templates
    link = fields.TextField(default="")
    actions: Any = fields.JSONField(default=list)  # [[label, link], ...]
    deadline = fields.DatetimeField()
    visit_at = fields.DatetimeField(null=True)  # the time of the visit that it reminds of
    purpose = fields.TextField(default="service")
    plan_step_id = fields.UUIDField(null=True)
    template_version = fields.IntField(null=True)
    not_before = fields.DatetimeField(null=True)
    route = fields.TextField(default="")
    chain: Any = fields.JSONField(default=list)
    next_step_at = fields.DatetimeField(null=True)  # when its next way is looked at
    read_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "message"


class Delivery(Row):
    """One message over one channel."""

    message_id = fields.UUIDField()
    channel = fields.TextField()
    address = fields.TextField()
    template_key = fields.TextField(default="")
    step = fields.IntField(default=0)
    state = fields.CharEnumField(DeliveryState, description="")
    priority = fields.IntField(default=1)
    due_at = fields.DatetimeField()  # the next moment at which somebody must look
    deadline = fields.DatetimeField()
    fence = fields.IntField(default=0)  # counts the leases: who holds an old one changes nothing
    owner = fields.TextField(null=True)
    lease_until = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    reason = fields.TextField(default="")
    provider_id = fields.TextField(null=True)
    is_settled = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(default=clock.now)
    changed_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "delivery"


class Attempt(Row):
    """One call to a provider: written before it, finished after it."""

    delivery_id = fields.UUIDField()
    fence = fields.IntField()
    request_hash = fields.BinaryField()
    started_at = fields.DatetimeField(default=clock.now)
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.TextField(null=True)
    code = fields.TextField(default="")
    detail = fields.TextField(default="")

    class Meta:
        table = "attempt"


class PlatformEvent(Row):
    """What the platform pushed, once."""

    dedup_key = fields.TextField()
    event = fields.TextField()
    openid = fields.TextField()
    payload: Any = fields.JSONField()
    received_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "platform_event"


class Receipt(Row):
    """What became of a message on the phone."""

    platform_event_id = fields.UUIDField()
    openid = fields.TextField()
    template_key = fields.TextField()
    provider_id = fields.TextField(default="")
    is_good = fields.BooleanField()
    code = fields.TextField(default="")
    delivery_id = fields.UUIDField(null=True)
    received_at = fields.DatetimeField()

    class Meta:
        table = "receipt"


class Reminder(Row):
    """Something promised for a moment; once for each kind of a version of its subject."""

    kind = fields.TextField()  # visit_day_before, visit_two_hours
    subject_id = fields.UUIDField()
    version = fields.IntField(default=1)  # of the appointment for which it was planned
    visit_at = fields.DatetimeField(null=True)  # the time that it tells
    state = fields.CharEnumField(ReminderState, description="")
    due_at = fields.DatetimeField()
    deadline = fields.DatetimeField()
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "reminder"


class Alert(Row):
    """Something that needs a member of staff now."""

    key = fields.TextField()
    kind = fields.TextField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    staff_id = fields.UUIDField()
    level = fields.IntField(default=0)
    severity = fields.TextField(default="B")
    title = fields.TextField()
    detail = fields.TextField(default="")
    state = fields.CharEnumField(AlertState, description="")
    raised_at = fields.DatetimeField(default=clock.now)
    repeat_at = fields.DatetimeField(null=True)
    repeats = fields.IntField(default=0)
    acknowledged_at = fields.DatetimeField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "alert"
