"""What is kept of an endpoint."""

from typing import Any

from tortoise import fields

from notifications.webhooks.rules import EndpointState
from server import clock
from server.db import Row


class WebhookEndpoint(Row):
    """One address of another system, and how it is doing."""

    url = fields.TextField()
    description = fields.TextField(default="")
    events: Any = fields.JSONField()  # types of the catalogue
    state = fields.CharEnumField(EndpointState, description="")
    secret_cipher = fields.BinaryField()
    old_secret_cipher = fields.BinaryField(null=True)
    old_secret_until = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0)  # in a row
    failing_since = fields.DatetimeField(null=True)
    open_until = fields.DatetimeField(null=True)  # nothing is sent before
    last_ok_at = fields.DatetimeField(null=True)
    last_failed_at = fields.DatetimeField(null=True)
    last_code = fields.TextField(default="")
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "webhook_endpoint"
