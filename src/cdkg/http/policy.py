"""Which addresses a request may go to (SPARQL 1.1 Query, section 21; IANA's registries of special addresses).

A name is resolved once, every address that it has must be public, and the connection goes to one of just these
addresses. So a name that points elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from cdkg.errors import CdkgError

#: Gives the addresses of a host, for a port.
Resolve = Callable[[str, int], Iterable[str]]

_PORTS: Final = {"http": 80, "https": 443}
#: Longer addresses are nobody's.
_LONGEST: Final = 2000
#: Seconds that a name may take.
_PATIENCE: Final = 5.0

#: What is public beside all this may still not be asked: it stands for another address, or for many.
_SPECIAL_4: Final = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
#: Of IPv6 only global unicast is public; in it, what carries an IPv4 address (Teredo, 6to4), or is kept aside, is not.
#: IPv4-mapped addresses and NAT64 (`64:ff9b::/96`) lie outside of it.
_GLOBAL_6: Final = ip_network("2000::/3")
_SPECIAL_6: Final = tuple(ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
#: How this machine is called by itself.
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


class Refused(CdkgError):  # noqa: N818  # it is a verdict
    """A request may not go there."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to one machine of the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in each for each in _SPECIAL_4)
    return _is_public_6(found)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_6:
        return False
    return not any(address in each for each in _SPECIAL_6)


def is_this_machine(url: str) -> bool:
    """Whether an address names this machine itself (RFC 6761, section 6.3; no name is looked up).

    Raises:
        Refused: It is no http or https address of a host.
    """
    _, host, _ = _parts(url)
    return host == "localhost" or host in _LOOPBACK


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: all that is needed to connect, without asking for the name again.

    Attributes:
        url: As it was asked for.
        scheme: `http` or `https`.
        host: The name, for the Host header and the certificate.
        port: The port.
        path: Path and query.
        address: The IP address to connect to.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    address: str


def _resolved(host: str, port: int) -> Iterable[str]:
    """All addresses of a host; the system's resolver knows no deadline, so a thread waits for it."""
    told: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            told.put([str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:
            told.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = told.get(timeout=_PATIENCE)
    except queue.Empty:
        raise OSError("the name service does not answer") from None
    if isinstance(found, OSError):
        raise found
    return found


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may be asked.

    Attributes:
        hosts: Names in lower case with the ports that may be asked there.
        resolve: How addresses are found.
        exceptions: Addresses that may be asked though they are not public.
    """

    hosts: frozenset[tuple[str, int]]
    resolve: Resolve = _resolved
    exceptions: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, urls: Iterable[str], resolve: Resolve = _resolved, exceptions: Iterable[str] = ()) -> Self:
        """Let the hosts of these addresses be asked; who is named with http may lead on to https.

        Raises:
            Refused: One of them is no http or https address of a host.
        """
        hosts: set[tuple[str, int]] = set()
        for url in urls:
            parts, host, port = _parts(url)
            hosts.add((host, port))
            if parts.scheme == "http" and port == _PORTS["http"]:
                hosts.add((host, _PORTS["https"]))
        return cls(frozenset(hosts), resolve, frozenset(exceptions))

    @classmethod
    def of_user(cls, url: str) -> Self:
        """Let the host of an address be asked that the user wrote, also where that is this machine itself.

        A loopback address counts only where it is the very host that was written: no other name, and no redirect,
        leads there.

        Raises:
            Refused: It is no http or https address of a host.
        """
        return cls.of([url], exceptions=_LOOPBACK if is_this_machine(url) else ())

    def checked(self, url: str) -> Target:
        """Where a request to an address goes.

        Raises:
            Refused: The address has another scheme, a host or port that is not allowed, or one of the host's IP
                addresses is not public.
        """
        parts, host, port = _parts(url)
        if (host, port) not in self.hosts:
            raise Refused(f"{host}:{port} may not be asked", why="it is not on the list of allowed services")
        try:
            addresses = list(self.resolve(host, port))
        except OSError as error:
            raise Refused(f"{host} has no address", why=str(error)) from error
        hidden = [each for each in addresses if each not in self.exceptions and not is_public(each)]
        if hidden or not addresses:
            why = "it has no address" if not addresses else "one of its addresses is not public"
            raise Refused(f"{host} may not be asked", why=why)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(url, parts.scheme, host, port, path, addresses[0])


def _parts(url: str) -> tuple[SplitResult, str, int]:
    """An address taken apart, its host in lower case, and its port.

    Raises:
        Refused: It is none that can be asked.
    """
    if len(url) > _LONGEST or not url.isascii() or any(char <= " " or char in '\\<>"^`{|}\x7f' for char in url):
        raise Refused("this is no address of a service", why="it is too long, or has characters that need an escape")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Refused("this is no address of a service", why=str(error)) from error
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise Refused(f"{parts.scheme or 'this'} may not be asked", why="only http and https are, without a password")
    return parts, host, port or _PORTS[parts.scheme]
