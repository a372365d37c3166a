"""Where files may be fetched from: whole origins in a table, so that a URL is looked up and never interpreted.

Knows URLs, not connections.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from functions.handoff.errors import FileRefused
from functions.runtime.http_client import is_loopback

_MAX_URL_CHARACTERS = 8192
_MISREAD = re.compile(r"[\x00-\x20\x7f\\]")  # parsers drop these, or take them for something else
_KEPT = "/?:@!$&'()*+,;=%~[]"
_NOWHERE = (("", ""), "/")


class Place(NamedTuple):
    """A server that may be asked. `authority`: its Host header. `is_stand_in`: plain http on this machine."""

    host: str
    port: int
    authority: str
    is_stand_in: bool = False


Places = Mapping[tuple[str, str], Place]
"""By scheme and authority, as a URL of that place writes them."""


def read_places(hosts: Sequence[str]) -> Places:
    """The places that the hosts name: https on port 443, or for a loopback address with a port a stand-in by http.

    Raises:
        ValueError: a port is given for another machine.
    """
    places: dict[tuple[str, str], Place] = {}
    for host in filter(None, map(str.lower, hosts)):
        if ":" in host:
            places["http", host] = _stand_in(host)
        else:
            places["https", host] = places["https", f"{host}:443"] = Place(host, 443, host)
    return places


def _stand_in(authority: str) -> Place:
    parts = urlsplit(f"http://{authority}")
    if not (is_loopback(f"http://{authority}") and parts.hostname and parts.port) or parts.username is not None:
        raise ValueError("a host with a port must be one of this machine")
    return Place(parts.hostname, parts.port, authority, is_stand_in=True)


def find_place(url: str, places: Places) -> tuple[Place, str]:
    """The place a URL leads to, and what to ask there: its path and query, in ASCII.

    Raises:
        FileRefused: it leads elsewhere (scheme, name, port, user), or could be read in more than one way.
    """
    origin, target = _parts(url)
    place = places.get(origin)
    if place is None:
        raise FileRefused("not_allowed")
    return place, target


def _parts(url: str) -> tuple[tuple[str, str], str]:
    """Scheme and authority, and the target; an origin of no place when it can't be read for certain."""
    if len(url) > _MAX_URL_CHARACTERS or _MISREAD.search(url):
        return _NOWHERE
    try:
        parts = urlsplit(url)
        path, query = quote(parts.path or "/", _KEPT), quote(parts.query, _KEPT)
    except ValueError:
        return _NOWHERE
    return (parts.scheme, parts.netloc.lower()), f"{path}?{query}" if query else path


def redirected(url: str, location: str) -> str:
    """The URL that a Location header means, "" when it can't be read; `find_place` says whether to go there."""
    try:
        return urljoin(url, location.encode("latin-1").decode("utf-8"))  # a header comes as Latin-1, whatever it is
    except ValueError:
        return ""
