"""The built clients as pages: the start page, the patient's phone, the staff console, the waiting-room board.

`make clients` builds them (infra/local/clients.py). Files are read into memory when a build is new, so that no request
waits for the disk and a path can name nothing but what was built. In production nginx may serve the same folders.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html, raw, redirect

from server.errors import NotFound

bp = Blueprint("pages", strict_slashes=True)

GET = ("GET", "HEAD")
PHONE = Path("miniapp", "dist", "build", "h5")
CONSOLE = Path("console", "dist")
ENTRY = "index.html"
PACKED = ".gz"  # the builder lays a gzip copy beside what is worth it

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
UNKNOWN_TYPE = "application/octet-stream"
HASHED_NAME = re.compile(r"assets/.*[-.][A-Za-z0-9_-]{8,}\.\w+")  # its content can never change
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)

# Vue binds styles in the markup; the desk's scanner runs WebAssembly in a worker
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
WEB_ASSEMBLY = "'wasm-unsafe-eval'"

MISSING = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>页面尚未构建</title>
<style>body{font:18px/1.7 system-ui,"Noto Sans CJK SC",sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}
code{font-size:1.1em}</style>
<h1>页面尚未构建</h1>
<p>服务正在运行，但这里的页面还没有构建。请在项目目录中运行 <code>make clients</code>，
完成后刷新本页，无需重启服务。</p>
<p lang="en">The service is running, but its pages have not been built yet. Run <code>make clients</code> in the project
folder and reload this page afterwards; the service need not be restarted.</p>
</html>
"""


@dataclass(frozen=True)
class File:
    """One file of a build. packed: the same as gzip, when that was worth it. headers: of every answer with it."""

    body: bytes
    packed: bytes | None
    content_type: str
    tag: str
    headers: Mapping[str, str]


class Build:
    """What was built in one folder, in memory. scripts: what pages may run besides their own files."""

    def __init__(self, folder: Path, *, scripts: str = "") -> None:
        self._folder = folder
        self._scripts = scripts
        self._mark: tuple[int, int] | None = None
        self._files: dict[str, File] = {}

    def file(self, name: str) -> File | None:
        """Give a file by its path in the build."""
        return self._files.get(name)

    def is_there(self) -> bool:
        """Tell whether there is anything to serve; reads the folder when it holds another build than the last time.

        While one build takes the place of the other, the one in memory is served.
        """
        try:
            found = (self._folder / ENTRY).stat()
            mark = (found.st_ino, found.st_mtime_ns)
            if mark != self._mark:
                self._files, self._mark = self._read(), mark
        except OSError:
            pass
        return bool(self._files)

    def _read(self) -> dict[str, File]:
        paths = {path.relative_to(self._folder).as_posix(): path for path in self._folder.rglob("*") if path.is_file()}
        return {
            name: self._file(name, path.read_bytes(), paths.get(name + PACKED))
            for name, path in paths.items()
            if not name.endswith(PACKED) and not any(part.startswith(".") for part in name.split("/"))
        }

    def _file(self, name: str, body: bytes, packed: Path | None) -> File:
        content_type = TYPES.get(Path(name).suffix, UNKNOWN_TYPE)
        headers = {
            "Cache-Control": FOREVER if HASHED_NAME.fullmatch(name) else ASK_AGAIN,
            "X-Content-Type-Options": "nosniff",
        }
        if packed is not None:
            headers["Vary"] = "Accept-Encoding"
        if name.endswith(".html"):
            headers |= {"Content-Security-Policy": self._policy(body), "Referrer-Policy": "same-origin"}
        return File(
            body=body,
            packed=packed.read_bytes() if packed else None,
            content_type=content_type,
            tag=hashlib.sha256(body).hexdigest()[:32],
            headers=headers,
        )

    def _policy(self, page: bytes) -> str:
        """Say what a page may load: its inline scripts by their hash, so that nobody can add another."""
        hashes = [
            f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
            for script in INLINE_SCRIPT.findall(page.decode())
        ]
        scripts = " ".join(filter(None, [POLICY["script-src"], self._scripts, *hashes]))
        return "; ".join(f"{name} {value}" for name, value in {**POLICY, "script-src": scripts}.items())


class Pages:
    """The builds under the folder of the clients, whenever they come to be there."""

    def __init__(self, clients: Path) -> None:
        self.phone = Build(clients / PHONE)
        self.console = Build(clients / CONSOLE, scripts=WEB_ASSEMBLY)


@bp.route("/", methods=GET)
async def start(request: Request) -> HTTPResponse:
    """Show who can do what where."""
    return _answer(request, _pages(request).console, "start.html")


@bp.route("/board/<department_id:uuid>", methods=GET)
async def board(request: Request, department_id: UUID) -> HTTPResponse:
    """Show the board of a waiting room; the page reads the department from its address."""
    return _answer(request, _pages(request).console, "board.html")


@bp.route("/m", methods=GET)
async def to_phone(_: Request) -> HTTPResponse:
    """Lead to the phone's own folder, to which its files are relative."""
    return redirect("/m/")


@bp.route("/m/", methods=GET, name="phone_entry")
@bp.route("/m/<name:path>", methods=GET)
async def phone(request: Request, name: str = ENTRY) -> HTTPResponse:
    """Show the patient's app; its screens are named behind the `#`."""
    return _answer(request, _pages(request).phone, name)


@bp.route("/console", methods=GET)
async def to_console(_: Request) -> HTTPResponse:
    """Lead to the console's own folder."""
    return redirect("/console/")


@bp.route("/console/", methods=GET, name="console_entry")
@bp.route("/console/<name:path>", methods=GET)
async def console(request: Request, name: str = ENTRY) -> HTTPResponse:
    """Show the staff console; a path that names no file is one of its screens."""
    is_screen = "." not in name.rsplit("/", 1)[-1] and not name.startswith("assets/")
    return _answer(request, _pages(request).console, ENTRY if is_screen else name)


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.ctx.pages
    return pages


def _answer(request: Request, build: Build, name: str) -> HTTPResponse:
    if not build.is_there():
        return html(MISSING, status=503, headers={"Cache-Control": "no-store"})
    file = build.file(name)
    if file is None:
        raise NotFound()
    body, tag, headers = file.body, f'"{file.tag}"', dict(file.headers)
    if file.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        body, tag = file.packed, f'"{file.tag}-gzip"'
        headers["Content-Encoding"] = "gzip"
    headers["ETag"] = tag
    if _is_known(request.headers.get("if-none-match", ""), tag):
        headers.pop("Content-Encoding", None)
        return HTTPResponse(status=304, headers=headers)
    return raw(body, content_type=file.content_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _is_known(tags: str, tag: str) -> bool:
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in tags.split(","))
