"""The wire between stand-ins and functions: what listeners hear, and that nothing changes while there are none."""

from collections.abc import Iterator

import pytest
import requests

from infra.sandbox.clock import Clock
from infra.sandbox.standin import StandIn
from infra.sandbox.webhook_sender import Sending, WebhookSender
from infra.sandbox.wire import Exchange, Wire
from tests.receiver import Answer, Receiver


class Heard:
    """What a listener heard: how far each exchange was at the time."""

    def __init__(self, *wires: Wire) -> None:
        self.exchanges: list[Exchange] = []
        self.statuses: list[tuple[int, str, bool]] = []
        for wire in wires:
            wire.listeners.append(self._hear)

    def _hear(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self.statuses.append((exchange.status, exchange.error, exchange.ended_at > 0))


class Shop(StandIn):
    """A stand-in with one call."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.app.add_url_rule("/orders", view_func=lambda: {"answer": 42}, methods=["POST"])

    def state(self) -> dict[str, object]:
        return {}

    def reset(self) -> None:
        return


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def sender(webhook: Receiver, **sending: float) -> WebhookSender:
    options = Sending(url=webhook.url, **sending)  # type: ignore[arg-type]
    return WebhookSender("shop", lambda: options, lambda _data: {"X-Signature": "s"}, Clock())


def test_a_webhook_is_heard_when_it_begins_and_when_it_ends(webhook: Receiver) -> None:
    webhook.answers = [Answer(200)]
    shop = sender(webhook)
    heard = Heard(shop.wire)

    shop.post("message", {"text": "Hi"})
    shop.settle()
    shop.stop()

    first, last = heard.exchanges
    assert first is last
    assert ("message", True, {"text": "Hi"}, 200) == (last.kind, last.inward, last.body, last.status)
    assert [(0, "", False), (200, "", True)] == heard.statuses


def test_a_webhook_says_its_trace_only_while_somebody_listens(webhook: Receiver) -> None:
    shop = sender(webhook)
    heard = Heard()

    for _ in range(2):
        shop.post("message", {})
        shop.settle()
        heard = Heard(shop.wire)
    shop.post("message", {})
    shop.settle()
    shop.stop()

    traces = [call.headers.get("traceparent", "") for call in webhook.received]
    assert "" == traces[0]
    assert heard.exchanges[0].trace_id == traces[-1].split("-")[1]


def test_a_webhook_without_an_answer_is_heard_as_failed() -> None:
    wire = Wire("shop")
    heard = Heard(wire)

    with pytest.raises(requests.ConnectionError):
        wire.send(requests.post, "message", "http://127.0.0.1:9", headers={}, data=b"{}", timeout=1)

    assert [(0, "", False), (0, "ConnectionError", True)] == heard.statuses


def test_a_webhook_lost_on_its_way_is_heard(webhook: Receiver) -> None:
    shop = sender(webhook, drop=1.0)
    heard = Heard(shop.wire)

    shop.post("message", {"text": "Hi"})
    shop.settle()
    shop.stop()

    assert (0, "dropped", True) == heard.statuses[0]


def test_a_call_is_heard_with_its_answer() -> None:
    shop = Shop()
    heard = Heard(shop.wire)

    shop.app.test_client().post("/orders", json={"shoe": "red"}, headers={"Authorization": "Bearer t"})

    call = heard.exchanges[-1]
    assert (False, {"shoe": "red"}, "Bearer t") == (call.inward, call.body, call.headers["Authorization"])
    assert (200, '{"answer":42}') == (call.status, call.answer.strip())


def test_a_fault_is_heard_as_what_the_caller_got() -> None:
    shop = Shop()
    shop.app.test_client().post("/_faults", json=[{"path": "/orders", "status": 503}])
    heard = Heard(shop.wire)

    shop.app.test_client().post("/orders", json={})

    assert [(0, "", False), (503, "", True)] == heard.statuses


def test_what_a_browser_fetches_and_what_controls_the_stand_in_is_no_call() -> None:
    shop = Shop()
    heard = Heard(shop.wire)

    shop.app.test_client().post("/orders", json={}, headers={"Sec-Fetch-Site": "same-site"})
    shop.app.test_client().get("/_state")

    assert [] == heard.exchanges
