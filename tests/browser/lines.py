"""Queues for browser tests: one hospital serves them all, so each test begins with a line of its own."""

from typing import Any

from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named
from tests.cast import StaffClient


class Line:
    """A department's queue of this test: empty in the beginning, filled by a guide behind the scenes."""

    def __init__(self, guide: StaffClient, department_id: str, rooms: list[dict[str, Any]]) -> None:
        self.guide, self.department_id, self.rooms = guide, department_id, rooms

    async def walks_in(self, name: str = "赵无约", **more: Any) -> dict[str, Any]:
        body = {"patient": {"name": name}, "department_id": self.department_id, **more}
        return (await self.guide.post("/desk/walk-ins", body))["ticket"]

    async def decides(self, hospital: OpenHospital, **rules: int) -> None:
        """Let the department call by other rules."""
        supervisor = await a_staff_client(hospital, "supervisor1")
        reply = await supervisor.call("PATCH", f"/queues/{self.department_id}/calling-rules", rules)
        assert reply.status == 200, reply.raw

    async def states(self) -> dict[str, str]:
        queue = await self.guide.get(f"/queues/{self.department_id}")
        return {ticket["number"]: ticket["state"] for ticket in queue["tickets"]}


async def an_empty_line(hospital: OpenHospital, department: str) -> Line:
    """Send everybody away whom other tests have left, and open all rooms."""
    guide = await a_staff_client(hospital, "guide1")
    department_id = (await department_named(hospital, department))["id"]
    for ticket in (await guide.get(f"/queues/{department_id}"))["tickets"]:
        await guide.post(f"/tickets/{ticket['id']}/leaving", {"reason": "-"})
    rooms = (await guide.get(f"/rooms?department={department_id}&limit=100"))["items"]
    for room in rooms:
        if room["state"] == "paused":
            await guide.post(f"/rooms/{room['id']}/resume")
    return Line(guide, department_id, rooms)
