"""One pooled HTTP session per process, with a deadline on every call. The only `runtime` module a side may import.

Knows HTTP, not providers: an answer of any status is returned; no answer is a `ProviderUnavailable`.
"""

import ipaddress
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata
from urllib3.util import Timeout

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.breaker import Breaker

_MAX_RESPONSE_BYTES = 8 * 1024 * 1024
_CONNECT_TIMEOUT_S = 3.0
_SENT_AT_ONCE_BYTES = 16 * 1024
_LONGEST_NAME_CHARACTERS = 150
_ANY_TYPE = "application/octet-stream"
_MIME_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


class FilePart(NamedTuple):
    """A file as a part of a form. Name and type may be anything: what can't stand in a part's header is replaced."""

    name: str
    content: bytes
    mime_type: str


class Response(NamedTuple):
    """An HTTP answer: status, body (the JSON value, or None when it is not JSON) and headers."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def retry_after_s(self) -> float | None:
        """Seconds of a numeric Retry-After header, else None."""
        value = self.headers.get("Retry-After", "")
        return float(value) if value.isascii() and value.isdigit() else None


class HttpClient:
    """Calls to the outside.

    Args:
        on_call: told (provider, method, url path, status or 0, seconds) after each call, for logs and counts.
    """

    def __init__(self, on_call: Callable[[str, str, str, int, float], None] | None = None, pool_size: int = 32) -> None:
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # one customer's is not another's
        adapter = HTTPAdapter(pool_connections=8, pool_maxsize=pool_size, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._on_call = on_call
        self._breaker = Breaker()

    def request(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, FilePart] | None = None,
    ) -> Response:
        """Make one call and read the whole answer within `timeout_s`. Redirects are not followed, cookies not kept.

        The body is one of `json_body`, `form` and `files` (a form with files, by field), or nothing.

        Raises:
            ProviderUnavailable: no (complete) answer; `undelivered` only when no connection could be made, or none was
                tried because the provider is down.
        """
        if timeout_s <= 0:
            raise ProviderUnavailable(provider, "no_time_left")
        if not self._breaker.lets_through(provider):
            raise ProviderUnavailable(provider, "circuit_open")
        started = time.monotonic()
        deadline = started + timeout_s
        body = _multipart(files, provider, deadline) if files else {"json": json_body, "data": form, "headers": {}}
        body["headers"] |= headers or {}
        status, retry_after_s = 0, None
        try:
            timeout = Timeout(connect=min(_CONNECT_TIMEOUT_S, timeout_s), total=timeout_s)
            answer = self._send(provider, deadline, method=method, url=url, params=params, timeout=timeout, **body)
            status, retry_after_s = answer.status, answer.retry_after_s
            return answer
        finally:
            self._breaker.note(provider, failed=status in {0, 429} or status >= 500, retry_after_s=retry_after_s)
            if self._on_call:
                self._on_call(provider, method, urlsplit(url).path, status, time.monotonic() - started)

    def _send(self, provider: str, deadline: float, **request: Any) -> Response:
        try:
            with self._session.request(**request, allow_redirects=False, stream=True) as answer:
                content = _read(answer, provider, deadline)
                return Response(answer.status_code, _json_or_none(content), answer.headers)
        except requests.ConnectTimeout as e:
            raise ProviderUnavailable(provider, "connect_timeout") from e
        except requests.Timeout as e:
            raise ProviderUnavailable(provider, "timeout", undelivered=False) from e
        except requests.RequestException as e:
            raise ProviderUnavailable(provider, "connection", undelivered=_never_connected(e)) from e


class _Body:
    """A body that is sent piece by piece until `deadline`: a receiver who takes it slowly can't hold the caller."""

    def __init__(self, content: bytes, provider: str, deadline: float) -> None:
        self._content = content
        self._provider = provider
        self._deadline = deadline

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), _SENT_AT_ONCE_BYTES):
            if time.monotonic() > self._deadline:
                raise ProviderUnavailable(self._provider, "timeout", undelivered=False)
            yield self._content[start : start + _SENT_AT_ONCE_BYTES]


def _multipart(files: Mapping[str, FilePart], provider: str, deadline: float) -> dict[str, Any]:
    """The files as the body of a form.

    Source: RFC 7578, 4.2: names in UTF-8 as they are, never `filename*`; without a path.
    """
    fields = [
        RequestField.from_tuples(field, (_safe_name(part.name), part.content, _safe_type(part.mime_type)))
        for field, part in files.items()
    ]
    content, content_type = encode_multipart_formdata(fields)
    return {"data": _Body(content, provider, deadline), "headers": {"Content-Type": content_type}}


def _safe_name(name: str) -> str:
    """The name without what could end its header or be taken for a path; its end, if it is too long."""
    kept = "".join(one if one.isprintable() and one not in '"\\/' else "_" for one in name)
    return kept[-_LONGEST_NAME_CHARACTERS:] or "file"


def _safe_type(mime_type: str) -> str:
    bare = mime_type.partition(";")[0].strip()
    return bare if _MIME_TYPE.fullmatch(bare) else _ANY_TYPE


def _read(answer: requests.Response, provider: str, deadline: float) -> bytes:
    """The whole body, taken as it comes: waiting for a full buffer would let a dripping answer outlive `deadline`."""
    content = b""
    try:
        while chunk := answer.raw.read1(65536, decode_content=True):
            content += chunk
            if len(content) > _MAX_RESPONSE_BYTES:
                raise ProviderUnavailable(provider, "answer_too_large", status=answer.status_code, undelivered=False)
            if time.monotonic() > deadline:
                raise ProviderUnavailable(provider, "timeout", undelivered=False)
    except ReadTimeoutError as e:
        raise ProviderUnavailable(provider, "timeout", undelivered=False) from e
    except HTTPError as e:
        raise ProviderUnavailable(provider, "connection", undelivered=False) from e
    return content


def _json_or_none(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _never_connected(error: requests.RequestException) -> bool:
    """True when the connection was refused or the name unknown: the request never left."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def is_loopback(base_url: str) -> bool:
    """Tell whether a base URL is plain http on this machine: a stand-in, for which no Google credentials are used."""
    parts = urlsplit(base_url)
    if parts.scheme != "http":
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
