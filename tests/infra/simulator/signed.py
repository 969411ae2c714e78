"""Requests to the simulated providers of text messages, signed here as their SDKs sign; the base is their host."""

import hashlib
import hmac
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from tests.infra.simulator.simulated import Sim

EMPTY = hashlib.sha256(b"").hexdigest()


def aliyun_headers(host: str, action: str, query: dict[str, str], *, secret: str = "sim-aliyun-secret") -> dict:
    """Give the headers of a call to Aliyun without a body."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(sorted(headers))
    asked = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items()))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n{asked}\n{lines}\n{names}\n{EMPTY}"
    signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), signed.encode(), "sha256").hex()
    given = f"ACS3-HMAC-SHA256 Credential=sim-aliyun-id,SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": given}


async def aliyun(sim: Sim, action: str, *, secret: str = "sim-aliyun-secret", **query: str) -> tuple[int, Any]:
    """Call Aliyun; give status and answer."""
    headers = aliyun_headers(sim.base.removeprefix("http://"), action, query, secret=secret)
    async with sim.http.post(f"{sim.base}/aliyun/", params=query, headers=headers) as reply:
        return reply.status, orjson.loads(await reply.read())


async def tencent(sim: Sim, action: str, *, secret: str = "sim-tencent-key", **form: Any) -> Any:
    """Call Tencent; give what stands in its Response."""
    host, stamp = sim.base.removeprefix("http://"), str(int(time.time()))
    body = orjson.dumps({"SmsSdkAppId": "1400000001", **form})
    day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    lines = f"content-type:application/json\nhost:{host}\n"
    canonical = f"POST\n/\n\n{lines}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/sms/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("TC3" + secret).encode()
    for part in (day, "sms", "tc3_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    given = f"TC3-HMAC-SHA256 Credential=sim-tencent-id/{scope}, SignedHeaders=content-type;host, Signature={key.hex()}"
    headers = {"Authorization": given, "Content-Type": "application/json", "X-TC-Action": action}
    headers |= {"X-TC-Timestamp": stamp, "X-TC-Version": "2021-01-11"}
    async with sim.http.post(f"{sim.base}/tencent/", data=body, headers=headers) as reply:
        assert reply.status == 200
        return orjson.loads(await reply.read())["Response"]


def to_aliyun(number: str = "13800138000", **more: str) -> dict[str, str]:
    """Give what a text message by Aliyun needs."""
    given = {"PhoneNumbers": number, "SignName": "示范医院", "TemplateCode": "SMS_100000", "OutId": "k" * 32}
    return {**given, "TemplateParam": '{"title":"预约成功"}', **more}


def to_tencent(number: str = "+8613800138000", **more: Any) -> dict[str, Any]:
    """Give what a text message by Tencent needs."""
    given = {"PhoneNumberSet": [number], "SignName": "示范医院", "TemplateId": "100000", "SessionContext": "k" * 32}
    return {**given, "TemplateParamSet": ["预约成功"], **more}
