"""The page with the simulated phones: one file, no request to anybody but the simulator."""

from pathlib import Path

from aiohttp import web

_PAGE = Path(__file__).with_name("phones.html").read_bytes()
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def show(request: web.Request) -> web.Response:
    """Answer `GET /`."""
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    return web.Response(body=_PAGE, content_type="text/html", charset="utf-8", headers=headers)
