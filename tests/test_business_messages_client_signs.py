"""Business Messages: typing and read receipts, read back on the phone; and that they hold nothing back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.channels import business_messages_client, typing_sign
from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ConfigError, ProviderRefused, ProviderUnavailable
from functions.runtime.http_client import HttpClient
from infra.sandbox.standin import Fault
from tests.business_messages_pair import ADDRESS, BOT, Pair, paired

SOON_S, LONG_S = 0.05, 0.25
SLOW_S = 5.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    with paired() as both:
        yield both


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_sign, "WORTH_IT_AFTER_S", SOON_S)


def events(pair: Pair) -> list[str]:
    return [one["event"] for one in pair.screen()["writing"]]


# --- typing ----------------------------------------------------------------------------------------------------------


def test_a_short_thought_makes_no_call(pair: Pair) -> None:
    with pair.channel.thinking(ADDRESS, BOT):
        pass

    assert list(pair.google.calls) == []


def test_a_long_thought_is_seen_until_it_ends(pair: Pair) -> None:
    with pair.channel.thinking(ADDRESS, BOT):
        time.sleep(LONG_S)
        during = pair.screen()["is_writing"]

    assert (during, pair.screen()["is_writing"]) == (True, False)
    assert [one["representative"] for one in pair.screen()["writing"]] == ["BOT", "BOT"]
    assert events(pair) == ["TYPING_STARTED", "TYPING_STOPPED"]


def test_a_slow_or_failing_sign_costs_little_time_and_no_message(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business_messages_client, "_TYPING_TIMEOUT_S", 0.2)
    pair.google.faults = [Fault(path="/events", delay_s=SLOW_S, status=503)]
    started = time.monotonic()

    with pair.channel.thinking(ADDRESS, BOT):
        time.sleep(LONG_S)

    assert time.monotonic() - started < LONG_S + 3 * 0.2 + 0.5
    pair.send(OutboundMessage("Hello"))


def think(pair: Pair) -> None:
    with pair.channel.thinking(ADDRESS, BOT):
        time.sleep(LONG_S)
    raise ProviderUnavailable("channel", "never told")


@pytest.mark.parametrize(
    ("extra", "times"),
    [
        (lambda pair: pair.channel.send_read(ADDRESS, "m-1", timeout_s=5), 5),
        (lambda pair: pair.channel.send_survey(ADDRESS, survey_id="s-1", timeout_s=5), 5),
        (think, 2),
    ],
    ids=["receipt", "survey", "typing"],
)
def test_extras_that_fail_do_not_hold_back_messages(pair: Pair, extra: Any, times: int) -> None:
    pair.fail("/(events|surveys|receipt)", 503, "UNAVAILABLE")

    for _ in range(times):
        with pytest.raises(ProviderUnavailable):
            extra(pair)

    assert len(pair.google.calls) >= 5  # so many failures in a row would have the channel left alone
    pair.send(OutboundMessage("Hello"))


@pytest.mark.parametrize("error", [ConfigError("no credentials"), ProviderUnavailable("channel", "google_token")])
def test_thinking_never_raises(pair: Pair, error: Exception) -> None:
    def refuse(base_url: str) -> dict[str, str]:
        raise error

    channel = BusinessMessagesChannel(HttpClient(), pair.google.base_url, refuse)

    for address in (ADDRESS, {}):
        with channel.thinking(address, BOT):
            time.sleep(LONG_S)

    assert list(pair.google.calls) == []


# --- receipts --------------------------------------------------------------------------------------------------------


def test_what_the_user_wrote_can_be_marked_as_read(pair: Pair) -> None:
    message_id = pair.google.phone.say("c-1", "Hi")["message"]["messageId"]

    for _ in range(2):
        pair.channel.send_read(ADDRESS, message_id, timeout_s=5)

    assert pair.lines()[0]["receipt"] == "READ"


def test_a_mark_for_an_unknown_message_is_refused(pair: Pair) -> None:
    with pytest.raises(ProviderRefused):
        pair.channel.send_read(ADDRESS, "a/b?c", timeout_s=5)


@pytest.mark.parametrize("message_id", ["", ".", ".."])
def test_an_id_that_leads_elsewhere_is_not_sent(pair: Pair, message_id: str) -> None:
    pair.channel.send_read(ADDRESS, message_id, timeout_s=5)

    assert list(pair.google.calls) == []
