"""Whose a request is, where no key says so."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

IPV6_PREFIX = 64  # one customer has at least this (RFC 6177): its addresses are one caller


def network_of(address: str) -> str:
    """The address, or of IPv6 the network that one customer has.

    >>> network_of("192.0.2.7"), network_of("2001:db8::7"), network_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7')
    """
    try:
        found = ip_address(address)
    except ValueError:  # no address: a socket file, or a test
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ip_network((int(found) & ~((1 << 128 - IPV6_PREFIX) - 1), IPV6_PREFIX)))


def within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether an address lies in one of the networks; what is no address does not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
