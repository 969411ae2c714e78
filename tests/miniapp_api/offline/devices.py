"""A desk's device without the network: a clock of its own, scans that it keeps, batches that it sends when it can."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from miniapp_api.checkin.codes import patient_code
from server import clock
from tests.cast import Reply, StaffClient


@dataclass
class Device:
    """One desk's browser. wrong_by: how far its clock is ahead of the server's."""

    guide: StaffClient
    wrong_by: timedelta = timedelta(0)
    id: str = field(default_factory=lambda: str(uuid4()))
    contact: dict[str, str] | None = None
    scans: list[dict[str, Any]] = field(default_factory=list)

    def own(self, moment: datetime | None = None) -> str:
        """Give the time that this device believes it is."""
        return ((moment or clock.now()) + self.wrong_by).astimezone(UTC).isoformat()

    async def hears_the_server(self) -> dict[str, Any]:
        """Take the day along, as the page does every minute."""
        day = await self.guide.get(f"/desks/{self.guide.desk_id}/day")
        heard = datetime.fromisoformat(day["server_at"])
        self.contact = {"device_at": self.own(heard), "server_at": day["server_at"]}
        return day

    def seed(self) -> bytes:
        return self.guide.site.settings.keys.code_signing

    def scans_code(self, booked: str, at: datetime, **more: Any) -> dict[str, Any]:
        """Let somebody in by the code on their phone, at a moment of the server's clock."""
        return self._keeps(at, code=patient_code(self.seed(), UUID(booked), at).text, **more)

    def finds(self, booked: str, at: datetime, **more: Any) -> dict[str, Any]:
        """Let somebody in who was found by name."""
        return self._keeps(at, appointment_id=booked, **more)

    def _keeps(self, at: datetime, **more: Any) -> dict[str, Any]:
        scan = {
            "scan_id": str(uuid4()),
            "order": len(self.scans) + 1,
            "scanned_at": self.own(at),
            "outcome": "accepted",
            **more,
        }
        self.scans.append(scan)
        return scan

    async def sends(self, scans: list[dict[str, Any]] | None = None, **headers: str) -> list[dict[str, Any]]:
        """Send what it has, or some of it; give the answers."""
        reply = await self.tries(scans, **headers)
        assert reply.status == 200, reply.raw
        return reply.body["items"]

    async def tries(self, scans: list[dict[str, Any]] | None = None, **headers: str) -> Reply:
        body = {
            "device_id": self.id,
            "contact": self.contact,
            "sent_at": self.own(),
            "scans": self.scans if scans is None else scans,
        }
        return await self.guide.call("POST", f"/desks/{self.guide.desk_id}/batches", body, **headers)

    def elsewhere(self, site: Any) -> "Device":
        """Give the same device over another way to the server."""
        return replace(self, guide=replace(self.guide, site=site))


def at(minute: float) -> datetime:
    """Give a moment so many minutes after nine of today."""
    return clock.at(clock.today(), 9) + timedelta(minutes=minute)
