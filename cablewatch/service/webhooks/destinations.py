"""Where webhooks may go: ``https``, known ports, and addresses of the public internet.

Whoever may subscribe must not reach what only this machine reaches. So every address that a name
means is checked, and one that is not public refuses them all. Hosts that the settings name are
exempt: they may be private, and may be sent to over ``http``.
"""

import socket
from collections.abc import Callable, Collection
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from urllib.parse import urlsplit

from cablewatch.errors import CablewatchError, UsageError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

LOOKUP_S = 5.0  # for a name, before anything is sent there

_EMBEDDING = tuple(  # IPv6 that leads to IPv4 elsewhere: NAT64 (RFC 6052, 8215), 6to4, Teredo
    map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
_DO = "give an https URL of a public host, or name the host in webhook_hosts"


class RefusedError(CablewatchError):
    """A message must not go where its URL leads."""


def resolved(host: str, port: int) -> list[str]:
    """Addresses that a name means, as the system says; OSError where it means none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet.

    >>> [is_public(a) for a in ("9.9.9.9", "10.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0")]
    [True, False, False, False]
    """
    found: Address = ip_address(text.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found.is_site_local or any(found in network for network in _EMBEDDING):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


class Destinations:
    """What the settings allow.

    Parameters
    ----------
    hosts : collection of str
        Hosts that may be private, and reached over ``http``.
    ports : collection of int
        Ports that may be sent to.
    resolve : callable, optional
        Addresses of a host and port.
    """

    def __init__(
        self, hosts: Collection[str], ports: Collection[int], resolve: Resolve = resolved
    ) -> None:
        self._hosts = frozenset(host.lower().strip("[]") for host in hosts)
        self._ports = frozenset(ports)
        self._resolve = resolve

    def check(self, url: str) -> None:
        """Look at a URL, and where its name leads at present, as far as that is known.

        Raises
        ------
        UsageError
            Nothing may be sent there.
        """
        try:
            self.addresses(*self.target(url), LOOKUP_S)
        except RefusedError as error:
            raise UsageError("url", error.what, error.do) from None
        except OSError:
            return  # a name that means nothing yet is looked up again for each message

    def target(self, url: str) -> tuple[str, int]:
        """Host and port of a URL; UsageError where its form alone says that nothing may be sent."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise UsageError("url", "it is no URL", _DO) from None
        known = host in self._hosts
        if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
            raise UsageError("url", "it holds what no URL holds", _DO)
        if parts.scheme != "https" and not (known and parts.scheme == "http"):
            raise UsageError("url", "it is not https", _DO)
        if not host or "@" in parts.netloc or parts.fragment:
            raise UsageError("url", "it has no host, or a user or a fragment", _DO)
        port = port if port is not None else 443 if parts.scheme == "https" else 80
        if port not in self._ports:
            allowed = f"use one of {', '.join(map(str, sorted(self._ports)))}"
            raise UsageError("url", f"nothing is sent to port {port}", allowed)
        return host, port

    def addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """Addresses to connect to, all of them checked; `seconds` are for the name.

        Raises
        ------
        RefusedError
            One of them is not public, or nothing is sent to that port.
        OSError
            There are none, or not in time.
        """
        if port not in self._ports:
            raise RefusedError("url", f"nothing is sent to port {port}", _DO)
        try:
            found = _in_time(lambda: self._resolve(host, port), seconds)
        except UnicodeError as error:  # a label that no name may have
            raise OSError(str(error)) from None
        if not found:
            raise OSError("the name has no address")
        if host.lower() not in self._hosts and not all(map(is_public, found)):
            raise RefusedError("url", "the host has an address that is not public", _DO)
        return found


def _in_time(look_up: Callable[[], list[str]], seconds: float) -> list[str]:
    """What a look-up finds; OSError where it takes longer. Nothing stops one: it ends by itself."""
    found: Future[list[str]] = Future()

    def look() -> None:
        try:
            found.set_result(look_up())
        except Exception as error:
            found.set_exception(error)

    Thread(target=look, name="look-up", daemon=True).start()
    try:
        return found.result(seconds)
    except TimeoutError:
        raise OSError("the name could not be looked up in time") from None
