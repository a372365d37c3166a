"""One pooled HTTP session per process, with a deadline on every call. The only `runtime` module a side may import.

Knows HTTP, not providers: an answer of any status is returned; no answer is a `ProviderUnavailable`.
"""

import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.breaker import Breaker

_MAX_RESPONSE_BYTES = 8 * 1024 * 1024
_CONNECT_TIMEOUT_S = 3.0


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
    ) -> Response:
        """Make one call and read the whole answer within `timeout_s`. Redirects are not followed, cookies not kept.

        Raises:
            ProviderUnavailable: no (complete) answer; `undelivered` only when no connection could be made, or none was
                tried because the provider is down.
        """
        if timeout_s <= 0:
            raise ProviderUnavailable(provider, "no_time_left")
        if not self._breaker.lets_through(provider):
            raise ProviderUnavailable(provider, "circuit_open")
        started = time.monotonic()
        status, retry_after_s = 0, None
        try:
            answer = self._send(
                provider,
                started + timeout_s,
                method=method,
                url=url,
                headers=headers,
                params=params,
                json=json_body,
                data=form,
                timeout=(min(_CONNECT_TIMEOUT_S, timeout_s), timeout_s),
            )
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
    except ValueError:
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
