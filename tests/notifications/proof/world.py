"""A small world of the hub: one message that has arrived, and what hangs on it."""

from datetime import timedelta

from server import clock
from server.ids import new_id
from tests import props

HOUR = timedelta(hours=1)


class World:
    """A person with a message that has arrived over the mini-app, and what hangs on it."""

    async def make(self) -> "World":
        """Write it down; nothing in it is broken."""
        self.now = clock.now()
        self.account_id = await props.an_account()
        self.patient_id = await props.a_patient(self.account_id)
        self.staff_id = await props.a_staff("operations")
        self.message_id = await self.message(purpose="return_visit")
        self.inbox_id = await self.delivery("inbox", state="delivered", address=str(self.account_id))
        self.delivery_id = await self.delivery(state="accepted", fence=1, tries=1, provider_id="77")
        self.attempt_id = await self.attempt(1, outcome="accepted")
        values = {"account_id": self.account_id, "template_key": "queue_called", "from_client_at": self.now}
        self.credit_id = await props.insert(
            "consent_credit", delivery_id=self.delivery_id, spent_at=self.now, **values, granted_at=self.now
        )
        return self

    async def message(self, **values):
        plain = {"event": "told", "event_key": str(new_id()), "class": "visit", "account_id": self.account_id}
        subject = {"patient_id": self.patient_id, "subject_kind": "test", "subject_id": new_id()}
        text = {"title": "提醒", "lines": "[]", "deadline": self.now + HOUR}
        return await props.insert("message", **{**plain, **subject, **text, **values})

    async def delivery(self, channel="wechat_subscribe", **values):
        own = {"channel": channel, "address": "openid", "template_key": "queue_called" if channel != "inbox" else ""}
        times = {"due_at": self.now, "deadline": self.now + HOUR, "changed_at": self.now, "created_at": self.now}
        return await props.insert("delivery", **{"message_id": self.message_id, **own, **times, **values})

    async def attempt(self, fence, **values):
        own = {"delivery_id": self.delivery_id, "fence": fence, "request_hash": b"1", "started_at": self.now}
        return await props.insert("attempt", **{**own, **values})

    async def receipt(self, **values):
        event = await props.insert(
            "platform_event", dedup_key=str(new_id()), event="e", openid="openid", payload="{}", received_at=self.now
        )
        own = {"platform_event_id": event, "openid": "openid", "template_key": "queue_called", "received_at": self.now}
        return await props.insert("receipt", **{**own, "is_good": True, **values})
