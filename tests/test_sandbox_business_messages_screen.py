"""The stand-in of Business Messages: what is on the screen, and what it objects to without refusing it."""

from typing import Any

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn

BOT = {"representativeType": "BOT", "displayName": "Hello World Agent"}
REPLY = {"reply": {"text": "Yes", "postbackData": "yes"}}
CARD = {"title": "Menu", "suggestions": [{"reply": {"text": "Order", "postbackData": "order"}}]}
RICH: dict[str, Any] = {"richCard": {"standaloneCard": {"cardContent": CARD}}}
STUCK = "TYPING_STARTED without TYPING_STOPPED or a message"


@pytest.fixture
def channel() -> BusinessMessagesStandIn:
    standin = BusinessMessagesStandIn()
    standin.phone.open(conversation_id="c-1")
    return standin


def send(channel: BusinessMessagesStandIn, query: str = "", **content: Any) -> tuple[int, Any]:
    body = {"messageId": f"m-{len(channel.transcript('c-1'))}", "representative": BOT, **content}
    answer = channel.app.test_client().post(f"/v1/conversations/c-1/messages{query}", json=body)
    return answer.status_code, answer.get_json()


def image(url: str) -> dict[str, Any]:
    return {"image": {"contentInfo": {"fileUrl": url}}}


def typing(channel: BusinessMessagesStandIn, kind: str, event_id: str) -> None:
    body = {"eventType": f"TYPING_{kind}", "representative": BOT}
    answer = channel.app.test_client().post(f"/v1/conversations/c-1/events?eventId={event_id}", json=body)
    assert answer.status_code == 200


def seen(channel: BusinessMessagesStandIn) -> dict[str, Any]:
    conversation: dict[str, Any] = channel.state()["conversations"]["c-1"]
    return conversation


def rules_broken(channel: BusinessMessagesStandIn) -> list[str]:
    return [violation.rule for violation in channel.violations]


# --- lines -----------------------------------------------------------------------------------------------------------


def test_a_line_keeps_all_that_a_page_needs_to_show_it(channel: BusinessMessagesStandIn) -> None:
    send(channel, **RICH, suggestions=[REPLY], fallback="The menu")

    [line] = channel.transcript("c-1")
    assert line["richCard"] == RICH["richCard"]
    assert (line["text"], line["fallback"]) == ("Menu", "The menu")
    assert (line["suggestions"], line["chips"]) == (["Order", "Yes"], [REPLY])


def test_an_image_is_kept_as_it_was_sent(channel: BusinessMessagesStandIn) -> None:
    send(channel, **image("https://shop.example/a.png"))

    assert channel.transcript("c-1")[0]["image"]["contentInfo"] == {"fileUrl": "https://shop.example/a.png"}


@pytest.mark.parametrize("content", [RICH, image("https://shop.example/a.png")])
def test_a_phone_that_shows_only_words_needs_a_fallback(
    channel: BusinessMessagesStandIn, content: dict[str, Any]
) -> None:
    channel.app.test_client().post("/_screen/c-1", json={"words_only": True})

    status, answer = send(channel, **content)
    accepted, _ = send(channel, **content, fallback="In words", suggestions=[REPLY])

    assert (status, answer["error"]["status"], accepted) == (400, "FAILED_PRECONDITION", 200)
    [line] = channel.transcript("c-1")
    assert (line["text"], line["suggestions"], line["as_fallback"]) == ("In words", [], True)


def test_a_phone_can_learn_to_show_more(channel: BusinessMessagesStandIn) -> None:
    control = channel.app.test_client()
    control.post("/_screen/c-1", json={"words_only": True})
    control.post("/_screen/c-1", json={"words_only": False})

    assert send(channel, **RICH)[0] == 200
    assert control.post("/_screen/c-2", json={"words_only": True}).status_code == 404


def test_words_are_shown_on_every_phone(channel: BusinessMessagesStandIn) -> None:
    channel.app.test_client().post("/_screen/c-1", json={"words_only": True})

    send(channel, text="Hello")

    assert channel.transcript("c-1")[0]["text"] == "Hello"


def test_a_fallback_can_be_forced_to_be_seen(channel: BusinessMessagesStandIn) -> None:
    send(channel, "?forceFallback=true", **RICH, fallback="In words")
    send(channel, "?forceFallback=false", **RICH, fallback="In words")

    assert [line["text"] for line in channel.transcript("c-1")] == ["In words", "Menu"]


# --- objections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        ({"text": "Hello"}, []),
        (RICH, []),
        (image("https://shop.example/a.JPG?as=.gif"), []),
        (image("https://shop.example/a"), []),
        ({"text": " "}, ["text without words"]),
        (image("https://shop.example/a.gif?as=.png"), ["picture that is not jpg, jpeg or png"]),
        (
            {"richCard": {"standaloneCard": {"cardContent": {"suggestions": [REPLY]}}}},
            ["card without title, description and media"],
        ),
    ],
)
def test_what_makes_no_sense_is_taken_but_noted(
    channel: BusinessMessagesStandIn, content: dict[str, Any], rules: list[str]
) -> None:
    assert send(channel, **content)[0] == 200
    assert rules_broken(channel) == rules


# --- typing ----------------------------------------------------------------------------------------------------------


def test_typing_is_seen_until_it_stops(channel: BusinessMessagesStandIn) -> None:
    typing(channel, "STARTED", "e-1")
    during = seen(channel)["is_writing"]
    typing(channel, "STOPPED", "e-2")

    assert (during, seen(channel)["is_writing"]) == (True, False)
    assert [(one["event"], one["representative"]) for one in seen(channel)["writing"]] == [
        ("TYPING_STARTED", "BOT"),
        ("TYPING_STOPPED", "BOT"),
    ]
    assert channel.transcript("c-1") == []


def test_a_message_ends_typing(channel: BusinessMessagesStandIn) -> None:
    typing(channel, "STARTED", "e-1")
    send(channel, text="Hello")
    channel.clock.advance(60)

    assert not seen(channel)["is_writing"]
    assert rules_broken(channel) == []


@pytest.mark.parametrize(("after_s", "rules"), [(9, []), (11, [STUCK])])
def test_typing_that_goes_on_is_a_fault(channel: BusinessMessagesStandIn, after_s: int, rules: list[str]) -> None:
    typing(channel, "STARTED", "e-1")
    channel.clock.advance(after_s - 5)
    typing(channel, "STARTED", "e-2")
    channel.clock.advance(5)

    assert rules_broken(channel) == rules
    assert [one["rule"] for one in channel.state()["violations"]] == rules


def test_a_reset_forgets_who_was_typing(channel: BusinessMessagesStandIn) -> None:
    typing(channel, "STARTED", "e-1")
    channel.clock.advance(60)

    channel.app.test_client().post("/_reset")

    assert rules_broken(channel) == []
