"""Sending files over HTTP, as clients do."""

import io
from typing import Any
from uuid import uuid4

from tests.cast import Client, Reply
from tests.satisfaction.attachments.samples import picture


async def sent(client: Client, content: bytes, media_type: str = "image/jpeg", *, key: str | None = None) -> Reply:
    """Send a file and give the answer."""
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": media_type,
        "Idempotency-Key": key or str(uuid4()),
    }
    url = f"{client.site.base}/api/v1/attachments"
    async with client.site.http.post(url, data=io.BytesIO(content), headers=headers) as reply:
        raw = await reply.read()
        return Reply(reply.status, await reply.json(content_type=None), reply.headers, raw)


async def a_file(client: Client, content: bytes | None = None, media_type: str = "image/jpeg", **how: Any) -> str:
    """Send a file that is taken; its id."""
    reply = await sent(client, content if content is not None else picture(), media_type, **how)
    assert reply.status == 201, (reply.status, reply.raw)
    return reply.body["id"]
