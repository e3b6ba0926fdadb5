"""Tries whether addresses of runbooks answer, without reaching into a private network on behalf of who wrote them.

Only http and https; a name is resolved once and that address is connected to, if it is a public one, so that a name
which changes its address meanwhile leads nowhere else. A redirect is a request of its own, with the same check.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from alertrelay.ports import Clock

MOST = 60
SECONDS, IN_ALL = 5.0, 60.0
REDIRECTS = 3
DEAD = frozenset({404, 410})


class NotPublic(Exception):
    """The address is not one that may be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNetwork:
    """Resolves names, and says which addresses may be connected to; a test says otherwise."""

    resolve: Callable[[str, int], Sequence[str]]
    allowed: Callable[[str], bool]


def public(address: str) -> bool:
    """Returns whether an IP address is one of the internet: not private, loopback, link-local, or of a metadata
    service, also behind IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)


def resolved(host: str, port: int) -> list[str]:
    """Returns the addresses of a name. Raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


INTERNET = LinkNetwork(resolve=resolved, allowed=public)


def dead_links(urls: Sequence[str], clock: Clock, network: LinkNetwork = INTERNET) -> dict[str, str]:
    """Returns why each dead address is: it answers 404 or 410, its name does not exist, or nothing listens there. One
    in a private network, that asks for a login, or is too slow is none: nothing is known of it."""
    began = clock.now()
    found: dict[str, str] = {}
    for url in urls[:MOST]:
        if (clock.now() - began).total_seconds() > IN_ALL:
            break
        if why := _why_dead(url, network):
            found[url] = why
    return found


def _why_dead(url: str, network: LinkNetwork) -> str:
    for _ in range(REDIRECTS + 1):
        try:
            status, location = _head(url, network)
        except NotPublic:
            return ""
        except socket.gaierror:
            return "its name does not exist"
        except ConnectionRefusedError:
            return "nothing listens there"
        except (OSError, ValueError, http.client.HTTPException):
            return ""
        if status in DEAD:
            return f"it answers {status}"
        if not (300 <= status < 400 and location):
            return ""
        url = urljoin(url, location)
    return ""


def _head(url: str, network: LinkNetwork) -> tuple[int, str]:
    """Returns the status and the Location of one HEAD. Raises NotPublic, OSError, ValueError, HTTPException."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise NotPublic
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = network.resolve(parts.hostname, port)
    if not addresses or not all(network.allowed(address) for address in addresses):
        raise NotPublic
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=SECONDS)
    sock = socket.create_connection((addresses[0], port), timeout=SECONDS)
    with closing(connection):
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)
        connection.sock = sock
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("HEAD", path, headers={"User-Agent": "alertrelay-audit"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", "") or ""
