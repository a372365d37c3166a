"""How a code gets from the browser to here: sent to this machine's loopback, or pasted."""

import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from infra.credentials import asking
from infra.credentials.consent import Consent, NotAnAnswer, read_answer, read_pasted
from infra.credentials.forms import Malformed
from infra.credentials.listener import Listener

_TRIES = 3

GetCode = Callable[[], str]
"""Tells the person what to open; answers the code that comes back. Raises `NotGranted`, `NotAnAnswer`, `NoAnswer`."""


class Way(NamedTuple):
    """`paste`: by hand, for machines without a browser. `port`, `wait_s`: for the browser."""

    port: int
    paste: bool
    wait_s: float


@contextmanager
def opened(way: Way, consent: Consent, environ: Mapping[str, str]) -> Iterator[GetCode]:
    """The way, ready: a port that can't be had is known before anything is asked.

    Raises:
        ConfigError: it can't.
    """
    if way.paste:
        yield partial(_ask_for_code, consent)
        return
    with Listener(way.port, partial(read_answer, consent)) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield lambda: _wait_for_code(consent, listener, way, environ)
        finally:
            listener.shutdown()


def _wait_for_code(consent: Consent, listener: Listener, way: Way, environ: Mapping[str, str]) -> str:
    print("\nOpen this in a browser on this machine, signed in to LiveChat as an administrator:\n")
    print(f"{consent.url}\n", flush=True)
    if _has_browser(environ):
        threading.Thread(target=webbrowser.open, args=(consent.url,), daemon=True).start()
    return listener.wait(way.wait_s)


def _has_browser(environ: Mapping[str, str]) -> bool:
    """Whether one can be opened that is not text in this terminal."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION"):
        return False
    return sys.platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _ask_for_code(consent: Consent) -> str:
    print(f"\nOpen this in any browser, signed in to LiveChat as an administrator:\n\n{consent.url}\n")
    print(
        "It ends at an address that can't be reached. Copy that one (or the one of LiveChat's error page) and paste it."
    )
    for _ in range(_TRIES - 1):
        try:
            return read_pasted(consent, asking.ask_hidden("Address (not shown): "))
        except (NotAnAnswer, Malformed) as e:
            print(f"Not taken: {e}.")
    return read_pasted(consent, asking.ask_hidden("Address (not shown), for the last time: "))
