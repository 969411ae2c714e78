"""Another system beside the product: the receiver in the simulator, and an endpoint that leads to it."""

from dataclasses import dataclass
from typing import Any

from server import db
from server.ids import new_id
from tests.cast import StaffClient, a_member_of_staff


@dataclass
class Sink:
    """One receiver with its endpoint. secret: the one of the endpoint."""

    site: Any
    admin: StaffClient
    name: str
    id: str = ""
    secret: str = ""

    @property
    def url(self) -> str:
        return f"{self.site.simulator}/sink/{self.name}"

    @property
    def path(self) -> str:
        """Give the path that faults strike."""
        return f"/sink/{self.name}"

    async def answers(self, status: int, **headers: str) -> None:
        await self._tell(status=status, headers=headers)

    async def knows(self, *secrets: str) -> None:
        await self._tell(secrets=secrets)

    async def took(self) -> list[dict[str, Any]]:
        """List the calls that came, oldest first."""
        async with self.site.http.get(f"{self.site.simulator}/_sim/webhooks/{self.name}") as reply:
            return (await reply.json())["items"]

    async def types(self) -> list[str]:
        return [call["body"]["type"] for call in await self.took()]

    async def shown(self) -> dict[str, Any]:
        return await self.admin.get(f"/admin/webhooks/{self.id}")

    async def log(self, query: str = "") -> list[dict[str, Any]]:
        """List what the product says that it sent, newest first."""
        return (await self.admin.get(f"/admin/webhooks/{self.id}/messages{query}"))["items"]

    async def _tell(self, **values: Any) -> None:
        async with self.site.http.put(f"{self.site.simulator}/_sim/webhooks/{self.name}", json=values) as reply:
            assert reply.status == 200


async def a_sink(site: Any, *events: str, admin: StaffClient | None = None) -> Sink:
    """Add an endpoint that leads to a new receiver, which knows its secret."""
    sink = Sink(site, admin or await a_member_of_staff(site, "admin", name="管理员"), f"s{new_id().hex}")
    made = await sink.admin.post(
        "/admin/webhooks",
        {"url": sink.url, "description": "集成平台", "events": list(events) or ["visit.called", "appointment.booked"]},
    )
    sink.id, sink.secret = made["id"], made["secret"]
    await sink.knows(sink.secret)
    return sink


async def webhook_rows() -> list[dict[str, Any]]:
    """List the deliveries to other systems, oldest first."""
    return await db.fetch("SELECT * FROM delivery WHERE channel = 'webhook' ORDER BY id")
