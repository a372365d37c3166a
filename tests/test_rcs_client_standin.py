"""RCS for Business: what was sent, read back on the phone."""

import time
import uuid
from collections.abc import Iterator

import pytest

from functions.channels import typing_sign
from functions.handoff.content import Card, Media, OutboundMessage, Suggestion
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from tests.rcs_pair import ADDRESS, BOT, JANE, Pair, paired

CARDS = tuple(Card(f"Card {number}", suggestions=(Suggestion("reply", "Buy"),)) for number in range(3))
BACK = OutboundMessage("Jane has joined the chat.", (Suggestion("reply", "Back to the bot", "/bot"),))


@pytest.fixture
def pair() -> Iterator[Pair]:
    with paired() as both:
        yield both
        assert both.google.violations == []


def texts(pair: Pair) -> list[str]:
    return [line["text"] for line in pair.lines()]


def test_a_whole_conversation_breaks_no_rule_and_loses_no_id(pair: Pair) -> None:
    pair.send(
        OutboundMessage("Look", (Suggestion("live_agent", "Talk to a person"),), media=Media("https://a.example/a.png"))
    )
    pair.send(OutboundMessage(cards=CARDS))
    pair.channel.send_framing(ADDRESS, JANE, left=False, line=BACK, event_id=str(uuid.uuid4()), timeout_s=5)
    pair.send(OutboundMessage("x" * 3009), JANE)
    pair.channel.send_framing(
        ADDRESS, JANE, left=True, line=OutboundMessage("Jane has left."), event_id=str(uuid.uuid4()), timeout_s=5
    )

    said = [line.get("text") or "" for line in pair.lines()]
    assert [text[:6] for text in said] == ["https:", "Look", "Card 0", "Jane h", "Jane: ", "Jane: ", "Jane h"]
    assert pair.google.swallowed == []


def test_done_again_with_the_same_id_it_is_on_the_screen_once(pair: Pair) -> None:
    [part] = pair.channel.compose(OutboundMessage("Hello"), BOT)
    message_id = str(uuid.uuid4())

    for _ in range(2):
        pair.channel.send_message(ADDRESS, part, BOT, message_id=message_id, timeout_s=5)

    assert texts(pair) == ["Hello"]
    assert [one.same for one in pair.google.swallowed] == [True]


def test_a_phone_that_shows_no_cards_shows_their_words_once_however_often_they_are_sent(pair: Pair) -> None:
    pair.google.phone.change(pair.talk, words_only=True)
    [part] = pair.channel.compose(OutboundMessage(cards=CARDS), JANE)
    message_id = str(uuid.uuid4())

    for _ in range(2):
        pair.channel.send_message(ADDRESS, part, JANE, message_id=message_id, timeout_s=5)

    assert texts(pair) == ["Jane: Card 0\n• Buy\n\nCard 1\n• Buy\n\nCard 2\n• Buy"]


def test_a_phone_that_has_no_rcs_any_more_is_unreachable(pair: Pair) -> None:
    pair.google.phone.change(pair.talk, reachable=False)

    with pytest.raises(ProviderRefused) as raised:
        pair.send(OutboundMessage("Hello"))

    assert raised.value.error_type == "unreachable"


def test_an_agent_that_is_not_launched_may_not_write(pair: Pair) -> None:
    pair.google.change_options(unlaunched=["demo_agent"])

    with pytest.raises(ProviderRefused) as raised:
        pair.send(OutboundMessage("Hello"))

    assert raised.value.error_type == "PERMISSION_DENIED"


@pytest.mark.parametrize(("status", "error"), [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE")])
def test_what_may_go_later_is_told_from_what_never_will(pair: Pair, status: int, error: str) -> None:
    pair.fail("agentMessages", status, error)

    with pytest.raises(ProviderError) as raised:
        pair.send(OutboundMessage("Hello"))

    assert isinstance(raised.value, ProviderUnavailable)
    assert raised.value.undelivered == (status == 429)


def test_what_the_user_wrote_is_marked_as_read(pair: Pair) -> None:
    message_id = pair.google.phone.say(pair.talk, "Hi")["messageId"]

    for _ in range(2):
        pair.channel.send_read(ADDRESS, f"message:{message_id}", timeout_s=5)

    assert pair.lines()[0]["receipt"] == "READ"


def test_a_long_thought_is_seen(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_sign, "WORTH_IT_AFTER_S", 0.01)

    with pair.channel.thinking(ADDRESS, BOT):
        time.sleep(0.2)

    [conversation] = pair.google.state()["conversations"].values()
    assert conversation["is_writing"]
