"""Which addresses may be connected to, and connecting to the very address that was checked.

Names are resolved here, once for each connection: what answers later under the same name is never asked.
"""

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from functions.channels.attachment_places import Place
from functions.handoff.errors import FileRefused

_CONNECT_TIMEOUT_S = 3.0
_RESOLVERS = 4

# Only 2000::/3 is given out for hosts (IANA, IPv6 address space): loopback, link-local, private, multicast, IPv4-mapped
# and NAT64 addresses lie outside. What lies inside and is no host of its own: protocol assignments with Teredo,
# documentation, 6to4, documentation.
_PUBLIC_V6 = ip_network("2000::/3")
_SPECIAL_V6 = tuple(ip_network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# IANA, IPv4 special-purpose addresses, and class D and E.
_SPECIAL_V4 = tuple(
    ip_network(n)
    for n in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is a host on the open internet, and not another address in disguise."""
    if isinstance(address, IPv6Address):
        return address in _PUBLIC_V6 and not any(address in special for special in _SPECIAL_V6)
    return not any(address in special for special in _SPECIAL_V4)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system resolves its name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no host name") from None
    return [str(entry[4][0]) for entry in found]


def _connect(address: str, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((address, port), timeout_s)


class Network(NamedTuple):
    """The outside, so that tests can own it. `connect` gets addresses only; `ca_file` "": the usual authorities."""

    resolve: Callable[[str, int], Sequence[str]] = look_up
    connect: Callable[[str, int, float], socket.socket] = _connect
    ca_file: str = ""


class Connector:
    """Opens connections to places. For any number of threads."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, "resolve")  # a lookup has no timeout of its own

    def connect(self, place: Place, timeout_s: float) -> socket.socket:
        """A connection to one of the addresses of the place's name, all of which must be fit to connect to.

        Raises:
            FileRefused: one of them is not.
            OSError: none of them answers in time.
        """
        ends = time.monotonic() + timeout_s
        found = self._resolvers.submit(self._network.resolve, place.host, place.port).result(timeout_s)
        trouble = OSError("no address")
        for address in [_checked(address, place) for address in found]:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            try:
                return self._network.connect(address, place.port, min(_CONNECT_TIMEOUT_S, left_s))
            except OSError as e:
                trouble = e
        raise trouble


def _checked(text: str, place: Place) -> str:
    """The address, where it may be connected to: this machine for a stand-in, the open internet for all others."""
    try:
        address = ip_address(text)
    except ValueError:
        raise FileRefused("not_allowed") from None
    if not (address.is_loopback if place.is_stand_in else is_public(address)):
        raise FileRefused("not_allowed")
    return str(address)
