"""The people: patients and staff as signed-in clients with short verbs. They know the API and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests import props


@dataclass
class Reply:
    """An answer: status, decoded body, headers, bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]
    raw: bytes

    @property
    def code(self) -> str:
        """Give the code of a problem."""
        return self.body["code"]


@dataclass
class Client:
    """Somebody with a token."""

    site: Any
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send one request; header names are written with underscores."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        url = self.site.base + (path if path.startswith(("/healthz", "/wechat", "/openapi")) else "/api/v1" + path)
        async with self.site.http.request(method, url, json=body, headers=sent) as reply:
            raw = await reply.read()
            is_json = "json" in reply.headers.get("Content-Type", "")
            decoded = await reply.json(content_type=None) if is_json and raw else None
            return Reply(reply.status, decoded, reply.headers, raw)

    async def get(self, path: str, **headers: str) -> Any:
        """Read something that must be there."""
        reply = await self.call("GET", path, **headers)
        assert reply.status == 200, (path, reply.status, reply.raw)
        return reply.body

    async def put(self, path: str, body: Any) -> Any:
        """Put something; gives the answer."""
        reply = await self.call("PUT", path, body)
        assert reply.status == 200, (path, reply.status, reply.raw)
        return reply.body

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Do something that must succeed."""
        reply = await self.call("POST", path, body if body is not None else {}, Idempotency_Key=key or str(uuid4()))
        assert reply.status in (200, 201, 204), (path, reply.status, reply.raw)
        return reply.body

    async def refused(self, path: str, body: Any = None, *, method: str = "POST") -> Reply:
        """Do something that must be refused."""
        reply = await self.call(method, path, body if body is not None else {}, Idempotency_Key=str(uuid4()))
        assert reply.status >= 400, (path, reply.status, reply.raw)
        assert reply.headers["Content-Type"] == "application/problem+json"
        return reply


@dataclass
class PatientClient(Client):
    """A patient with a phone."""

    openid: str = ""
    account_id: str = ""
    patient_id: str = ""

    async def accepts(self, *keys: str) -> None:
        """Tap «allow» in the pop-up for these templates, as phone and platform both report it."""
        ids = self.site.settings.wechat.template_ids
        for key in keys:
            url = f"{self.site.simulator}/_sim/users/{self.openid}/subscriptions"
            async with self.site.http.post(url, json={"template_id": ids[key], "result": "accept"}) as reply:
                assert reply.status < 300, await reply.text()
        results = [{"template_id": ids[key], "result": "accept"} for key in keys]
        await self.post("/consents", {"results": results})

    async def books(self, slot_id: UUID | str, **more: Any) -> dict[str, Any]:
        """Book a slot for the first patient of this account."""
        return await self.post("/appointments", {"slot_id": str(slot_id), "patient_id": self.patient_id, **more})

    async def code(self, appointment_id: str) -> str:
        """Give what the QR on the phone says."""
        return (await self.get(f"/appointments/{appointment_id}/code"))["code"]

    async def inbox(self) -> list[dict[str, Any]]:
        """List the messages in the mini-app, newest first."""
        return (await self.get("/messages?limit=100"))["items"]

    async def phone_shows(self) -> list[dict[str, Any]]:
        """List the service messages that the simulated phone has shown."""
        async with self.site.http.get(f"{self.site.simulator}/_sim/users/{self.openid}/messages") as reply:
            return (await reply.json())["items"]


async def a_patient_with_a_phone(site: Any, *, name: str = "张小三", phone: str = "13800138000") -> PatientClient:
    """Sign in through the simulated platform and add oneself as a patient."""
    async with site.http.post(site.simulator + "/_sim/users", json={}) as reply:
        openid = (await reply.json())["openid"]
    async with site.http.post(f"{site.simulator}/_sim/users/{openid}/login") as reply:
        code = (await reply.json())["code"]
    person = PatientClient(site=site, openid=openid)
    session = await person.post("/sessions", {"code": code})
    person.token, person.account_id = session["token"], session["account"]["id"]
    person.patient_id = (await person.post("/patients", {"name": name, "phone": phone, "relation": "self"}))["id"]
    return person


async def a_patient_by_row(site: Any, **patient: Any) -> PatientClient:
    """A patient whose account, file and token are rows: quick, for tests that are not about signing in."""
    account_id = await props.an_account()
    patient_id = await props.a_patient(account_id, **patient)
    token = await props.a_token(account_id=account_id)
    return PatientClient(site=site, token=token, account_id=str(account_id), patient_id=str(patient_id))


@dataclass
class StaffClient(Client):
    """A member of staff at a desk, in a room or at the complaint desk."""

    staff_id: str = ""
    desk_id: str = ""

    async def scans(self, code: str, *, scan_id: str | None = None) -> dict[str, Any]:
        """Scan what a phone shows."""
        body = {"scan_id": scan_id or str(uuid4()), "code": code, "desk_id": self.desk_id}
        return await self.post("/desk/scans", body)

    async def calls_next(self, room_id: UUID | str) -> dict[str, Any]:
        """Call the next patient into a room."""
        return (await self.post(f"/rooms/{room_id}/calls"))["ticket"]

    async def alerts_about(self, subject_kind: str) -> list[dict[str, Any]]:
        """List my alerts of a kind; near the end of a year there may be one about its unknown holidays too."""
        return [one for one in (await self.get("/alerts"))["items"] if one["subject_kind"] == subject_kind]


async def a_member_of_staff(
    site: Any, *roles: str, department_id: UUID | None = None, desk_id: UUID | None = None, **values: Any
) -> StaffClient:
    """A signed-in member of staff."""
    staff_id = await props.a_staff(*roles, department_id=department_id, **values)
    token = await props.a_token(staff_id=staff_id)
    return StaffClient(site=site, token=token, staff_id=str(staff_id), desk_id=str(desk_id or ""))
