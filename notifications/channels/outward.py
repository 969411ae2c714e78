"""Calls to addresses that people typed in: resolved once, checked, and connected to exactly what was checked.

Without this, somebody who may name an address could make the server speak to machines that only it can reach.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

RESOLVE_SECONDS = 3.0


class NotAllowed(Exception):
    """An address to which nothing may be sent; the text says why, in a word for programs."""


@dataclass(frozen=True)
class Pinned:
    """Where a call goes: the URL with the checked number in place of the name. host: the name, as it was given."""

    url: URL
    host: str

    @property
    def authority(self) -> str:
        """Give the value of the header Host."""
        default = (self.url.scheme == "https" and self.url.port == 443) or (
            self.url.scheme == "http" and self.url.port == 80
        )
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if default else f"{host}:{self.url.port}"


def check_form(url: str) -> URL:
    """Read a URL to which something may be sent: https, or http for the own machine; no user, no fragment.

    Raises: NotAllowed: unreadable, not_https, with_user.
    """
    try:
        read = URL(url)
        port = read.port
    except ValueError:
        raise NotAllowed("unreadable") from None
    if not read.host or port is None or read.fragment or any(sign in url for sign in "\\ \t\n"):
        raise NotAllowed("unreadable")
    if read.user is not None or read.password is not None:
        raise NotAllowed("with_user")
    if read.scheme != "https" and not (read.scheme == "http" and _is_own(read.host)):
        raise NotAllowed("not_https")
    return read


async def pinned(url: str, networks: Sequence[Network]) -> Pinned:
    """Resolve the name in a URL and check every number that it stands for.

    networks: that may be reached although they are not public.
    Raises: NotAllowed: as `check_form`, and private; OSError when the name cannot be resolved now.
    """
    read = check_form(url)
    host = str(read.host)
    numbers = await _resolved(host)
    for number in numbers:
        if not is_allowed(number, networks):
            raise NotAllowed("private")
    return Pinned(read.with_host(str(numbers[0])), host)


def is_allowed(number: Address, networks: Sequence[Network]) -> bool:
    """Tell whether something may be sent to a number: public, or in one of the networks."""
    if isinstance(number, IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo[1] if number.teredo else None)
        if inner is not None:
            return is_allowed(inner, networks)
    if any(number.version == network.version and number in network for network in networks):
        return True
    is_site = isinstance(number, IPv6Address) and number.is_site_local
    return number.is_global and not (number.is_multicast or number.is_reserved or is_site)


async def _resolved(host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    async with asyncio.timeout(RESOLVE_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(str(item[4][0]).split("%")[0]) for item in found]


def _is_own(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
