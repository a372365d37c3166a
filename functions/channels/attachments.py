"""Fetches what users send from where the channel keeps it: only from there, whole or not at all, within every limit.

A file's URL is signed, so it is as good as the file: it stands in no message, log line or exception, and neither does
an exception that could hold it.

Source: Business Messages, guide "receive messages", as of 2024-11: an image is a signed storage.googleapis.com URL.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse, IncompleteRead
from ssl import SSLCertVerificationError

from functions.channels.attachment_addresses import Network
from functions.channels.attachment_kinds import claimed_kind, kind_of
from functions.channels.attachment_lines import Lines, Watch
from functions.channels.attachment_names import file_name
from functions.channels.attachment_places import Place, find_place, read_places, redirected
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from functions.handoff.interfaces import CHANNEL, File

_MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {400, 401, 403, 404, 410}  # how a store answers a link that is over, or an object that is not there
_LATER = {408, 425, 429}
_CHUNK_BYTES = 65536
_WITHHELD_PATH = "(file)"


class AttachmentFetcher:
    """Implements `interfaces.Files`. For any number of threads; connections are kept open.

    Asked are only https servers of these names on port 443, at public addresses; a redirect (three at most) is held to
    the same. An entry with a port ("127.0.0.1:8091") is a stand-in on this machine, asked by plain http.

    Args:
        hosts: names of the servers, and stand-ins.
        max_bytes: size of the largest file, unpacked.
        on_call: told (provider, method, a word in place of the path, status or 0, seconds) after each call.
        network: the outside; the default is the real one.

    Raises (constructor):
        ValueError: an entry has a port and is not of this machine.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        max_bytes: int,
        on_call: Callable[[str, str, str, int, float], None] | None = None,
        network: Network | None = None,
    ) -> None:
        self._places = read_places(hosts)
        self._max_bytes = max_bytes
        self._on_call = on_call
        self._lines = Lines(network or Network())

    def fetch(self, media: Media, *, timeout_s: float) -> File:
        """The file at that address, all of it. Looking up, connecting, redirects and reading share `timeout_s`.

        An empty file is answered like one that is gone: there is nothing to pass on.

        Raises:
            FileRefused: "too_large"; "expired": the link is over or nothing is there; "not_allowed": from elsewhere, or
                of a kind that is not passed on, or not of the kind it is named.
            ProviderUnavailable: not now ("timeout", "connection", "certificate", "HTTP_503"). Nothing was done.
        """
        if timeout_s <= 0:
            raise ProviderUnavailable(CHANNEL, "no_time_left")
        with Watch(timeout_s) as watch:
            try:
                return self._fetch(media, watch)
            except (OSError, HTTPException) as e:
                error_type = _trouble(e, watch)
        raise ProviderUnavailable(CHANNEL, error_type)  # outside of the except: what it holds must not come along

    def _fetch(self, media: Media, watch: Watch) -> File:
        url = media.url
        for _ in range(_MAX_REDIRECTS + 1):
            place, target = find_place(url, self._places)
            with self._asked(place, target, watch) as answer:
                if answer.status not in _REDIRECTS:
                    return self._read_file(answer, media, target, watch)
                url = redirected(url, answer.getheader("Location", ""))
        raise FileRefused("not_allowed")

    @contextmanager
    def _asked(self, place: Place, target: str, watch: Watch) -> Iterator[HTTPResponse]:
        started, status = time.monotonic(), 0
        try:
            with self._lines.get(place, target, watch) as answer:
                status = answer.status
                yield answer
        finally:
            if self._on_call:
                self._on_call(CHANNEL, "GET", _WITHHELD_PATH, status, time.monotonic() - started)

    def _read_file(self, answer: HTTPResponse, media: Media, target: str, watch: Watch) -> File:
        _check_status(answer)
        claimed = claimed_kind(answer.getheader("Content-Type", ""))
        unpack = _unpacker(answer.getheader("Content-Encoding", ""))
        content = unpack(self._read(answer, watch), self._max_bytes)
        if not content:
            raise FileRefused("expired")
        kind = kind_of(claimed, media, content)
        name = file_name(media.name, answer.getheader("Content-Disposition", ""), target, kind)
        return File(name, kind, content)

    def _read(self, answer: HTTPResponse, watch: Watch) -> bytes:
        """The body as it was sent, whole: as long as announced, or to the end that its form has."""
        announced = _announced(answer)
        if announced is not None and announced > self._max_bytes:
            raise FileRefused("too_large")
        content = bytearray()
        while chunk := answer.read1(_CHUNK_BYTES):
            content += chunk
            if len(content) > self._max_bytes:
                raise FileRefused("too_large")
        watch.left_s()
        if announced is not None and len(content) < announced:
            raise IncompleteRead(b"")
        answer.close()
        return bytes(content)


def _announced(answer: HTTPResponse) -> int | None:
    """The length of the body; None when its form says where it ends."""
    if len(set(answer.headers.get_all("Content-Length", ()))) > 1:
        raise HTTPException("two lengths")
    return answer.length


def _check_status(answer: HTTPResponse) -> None:
    status = answer.status
    if status in _GONE:
        raise FileRefused("expired")
    if status in _LATER or status >= 500:
        wait = answer.getheader("Retry-After", "")
        retry_after_s = float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None
        raise ProviderUnavailable(CHANNEL, f"HTTP_{status}", status=status, retry_after_s=retry_after_s)
    if status != 200:
        raise FileRefused("not_allowed")


def _trouble(error: Exception, watch: Watch) -> str:
    if watch.is_over or isinstance(error, TimeoutError):
        return "timeout"
    return "certificate" if isinstance(error, SSLCertVerificationError) else "connection"


# --- packed bodies: none is asked for, some servers send one all the same -------------------------------------------


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    unpack = _UNPACKERS.get(encoding.strip().lower())
    if unpack is None:
        raise FileRefused("not_allowed")
    return unpack


def _unzip(packed: bytes, max_bytes: int) -> bytes:
    """The unpacked bytes; of a body that unfolds without end no more than the limit is unfolded."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise FileRefused("not_allowed") from None
    if len(content) > max_bytes:
        raise FileRefused("too_large")
    if packed and not stream.eof:
        raise IncompleteRead(b"")
    return content


_UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {
    "": lambda content, _: content,
    "identity": lambda content, _: content,
    "gzip": _unzip,
    "x-gzip": _unzip,
}
