"""Where sealed files lie: a folder, or a store that speaks S3. Both keep, give and remove bytes under a key.

A key is `ab/<uuid>`: nothing of a person is in it. What lies there is sealed; a store never sees a picture.
"""

import asyncio
import hashlib
import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from xml.etree import ElementTree

import aiohttp
from yarl import URL

from satisfaction.attachments.signing import Asked, Keys, signed_headers
from satisfaction.errors import StoreAway
from server import clock
from server.config import Settings
from server.errors import NotFound
from server.file_store import FileStore, Kind
from server.runtime import runtime

KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f-]{36}")
PREFIX = "attachments/"
_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Store(Protocol):
    """A store of bytes."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep bytes whole, or not at all. Raises: StoreAway."""

    async def get(self, key: str) -> bytes:
        """Give the bytes of a key. Raises: NotFound, StoreAway."""

    async def delete(self, key: str) -> None:
        """Remove a key; one that is not there is removed already. Raises: StoreAway."""

    async def older_than(self, seconds: float) -> list[str]:
        """List the keys that have been there for so long, by the store's own clock. Raises: StoreAway."""


def store() -> Store:
    """Give the store that the settings name."""
    return store_of(runtime().settings, runtime().http)


def store_of(settings: Settings, http: aiohttp.ClientSession) -> Store:
    """Give the store that some settings name."""
    if settings.file_store.kind is Kind.S3:
        return S3Store(settings.file_store, http)
    return FolderStore(Path(settings.data_dir) / "attachments")


class FolderStore:
    """A folder of this machine, or one that all machines share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, content: bytes) -> None:
        """Keep bytes: written beside and put in place, so that a server that dies in between leaves no half."""
        await self._at_disk(self._put, key, content)

    async def get(self, key: str) -> bytes:
        """Give the bytes of a key."""
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError:
            raise NotFound() from None

    async def delete(self, key: str) -> None:
        """Remove a key."""
        await self._at_disk(self._delete, key)

    async def older_than(self, seconds: float) -> list[str]:
        """List old keys; leftovers of half a write are removed on the way."""
        return await asyncio.to_thread(self._older_than, seconds)

    async def _at_disk(self, act: Callable[..., None], *args: object) -> None:
        try:
            await asyncio.to_thread(act, *args)
        except OSError as error:
            raise StoreAway() from error

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise NotFound()
        return self._folder / key

    def _put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{time.monotonic_ns()}.part")
        beside.write_bytes(content)
        beside.replace(path)

    def _delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _older_than(self, seconds: float) -> list[str]:
        found = []
        for path in self._folder.glob("??/*") if self._folder.is_dir() else ():
            # the age of a file is the machine's, whatever the hospital's clock says
            if time.time() - path.stat().st_mtime <= seconds:
                continue
            key = f"{path.parent.name}/{path.name}"
            if KEY.fullmatch(key):
                found.append(key)
            else:
                path.unlink(missing_ok=True)
        return sorted(found)


class S3Store:
    """A bucket of a store that speaks S3."""

    def __init__(self, settings: FileStore, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._keys = Keys(settings.key_id, str(settings.key_secret), settings.region)
        parts = urlsplit(settings.endpoint)
        self._host = f"{settings.bucket}.{parts.netloc}" if settings.by_host else parts.netloc
        self._base = f"{parts.scheme}://{self._host}"
        self._root = f"{parts.path}/" if settings.by_host else f"{parts.path}/{settings.bucket}/"
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds, connect=3)

    async def put(self, key: str, content: bytes) -> None:
        """Keep bytes; the store checks them against their hash."""
        await self._call("PUT", self._place(key), content=content)

    async def get(self, key: str) -> bytes:
        """Give the bytes of a key."""
        return await self._call("GET", self._place(key))

    async def delete(self, key: str) -> None:
        """Remove a key."""
        await self._call("DELETE", self._place(key))

    async def older_than(self, seconds: float) -> list[str]:
        """List old keys, page by page."""
        found: list[str] = []
        query = {"list-type": "2", "prefix": PREFIX}
        while True:
            page = ElementTree.fromstring(await self._call("GET", self._root, query=query))
            for one in page.iter(f"{_SPACE}Contents"):
                key = (one.findtext(f"{_SPACE}Key") or "").removeprefix(PREFIX)
                written = datetime.fromisoformat(one.findtext(f"{_SPACE}LastModified") or "")
                if KEY.fullmatch(key) and (_wall() - written).total_seconds() > seconds:
                    found.append(key)
            following = page.findtext(f"{_SPACE}NextContinuationToken")
            if not following:
                return sorted(found)
            query = {**query, "continuation-token": following}

    def _place(self, key: str) -> str:
        if not KEY.fullmatch(key):
            raise NotFound()
        return f"{self._root}{PREFIX}{key}"

    async def _call(
        self, method: str, path: str, *, query: dict[str, str] | None = None, content: bytes = b""
    ) -> bytes:
        asked = Asked(method, self._host, path, query or {}, body_hash=hashlib.sha256(content).hexdigest())
        headers = signed_headers(asked, self._keys, at=_wall())
        url = f"{self._base}{asked.encoded_path}"
        if asked.query:
            url += f"?{asked.encoded_query}"
        try:
            async with self._http.request(
                method,
                URL(url, encoded=True),
                data=io.BytesIO(content) if content else None,
                headers=headers,
                timeout=self._timeout,
            ) as reply:
                body = await reply.read()
                if reply.status == 404 and method == "GET" and not asked.query:
                    raise NotFound()
                if reply.status >= 300:
                    raise StoreAway()
                return body
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreAway() from error


def _wall() -> datetime:
    """Give the time on the wall: the store goes by it, also when a test has moved ours."""
    return (clock.now() - clock.shift()).astimezone(UTC)
