"""The loopback listener: takes one answer, waits on past everything else, and writes nothing down."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from functions.handoff.errors import ConfigError
from infra.credentials.consent import Consent, NotGranted, new_consent, read_answer, redirect_address
from infra.credentials.listener import Listener, NoAnswer
from infra.sandbox.processes import free_port

CODE = "dal:test_7W91a-oMsCeLvIaQm6bTrgtp7"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def consent(port: int) -> Consent:
    return new_consent("https://accounts.example.com", "client-1", port)


@pytest.fixture
def listener(consent: Consent, port: int) -> Iterator[Listener]:
    with Listener(port, lambda query: read_answer(consent, query)) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        yield listener
        listener.shutdown()


@pytest.fixture
def open_page(listener: Listener, port: int) -> Callable[..., requests.Response]:
    def get(path: str = "/callback", **query: str) -> requests.Response:
        return requests.get(redirect_address(port).replace("/callback", path), params=query, timeout=5)

    return get


def test_the_code_is_taken_and_nobody_is_shown_it(
    listener: Listener, consent: Consent, open_page: Callable[..., requests.Response], capfd: pytest.CaptureFixture[str]
) -> None:
    page = open_page(code=CODE, state=consent.state)

    assert CODE == listener.wait(5)
    assert page.status_code == 200
    assert CODE not in page.text + str(page.headers)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "history.replaceState" in page.text
    assert capfd.readouterr() == ("", "")


def test_anything_else_is_answered_and_waited_on(
    listener: Listener, consent: Consent, port: int, open_page: Callable[..., requests.Response]
) -> None:
    silent = socket.create_connection(("127.0.0.1", port))  # as browsers open them on the off chance
    statuses = [
        open_page("/favicon.ico").status_code,
        open_page("/", code=CODE, state=consent.state).status_code,
        open_page("/callback/on", code=CODE, state=consent.state).status_code,
        open_page(code=CODE, state="another").status_code,
        open_page().status_code,
        requests.post(redirect_address(port), data={"code": CODE}, timeout=5).status_code,
    ]

    with pytest.raises(NoAnswer):
        listener.wait(0.01)
    open_page(code=CODE, state=consent.state)

    assert statuses == [404, 404, 404, 400, 400, 501]
    assert CODE == listener.wait(5)
    silent.close()


def test_the_first_of_two_answers_counts(
    listener: Listener, consent: Consent, open_page: Callable[..., requests.Response]
) -> None:
    open_page(code=CODE, state=consent.state)
    second = open_page(code="dal:another-one", state=consent.state)

    assert CODE == listener.wait(5)
    assert second.status_code == 200


def test_a_refusal_ends_the_waiting_in_words(
    listener: Listener, consent: Consent, open_page: Callable[..., requests.Response]
) -> None:
    page = open_page(error="access_denied", state=consent.state)

    with pytest.raises(NotGranted, match="access_denied"):
        listener.wait(5)
    assert "access_denied" in page.text


def test_nobody_but_this_machine_is_listened_to(listener: Listener) -> None:
    assert listener.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named_with_the_way_out(port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        with pytest.raises(ConfigError, match=rf"port {port} .*LOGIN_PORT=.*PASTE=1"):
            Listener(port, str)
