"""RCS for Business: messages that a bot's author wrote in the channel's own form."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.channels.rcs_content import compose
from functions.channels.rcs_native import find_native
from functions.handoff.content import Card, OutboundMessage, Suggestion
from tests.rcs_bodies import PERSON, check_part

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"
REPLY: dict[str, Any] = {"reply": {"text": "Yes", "postbackData": "yes"}}
INFO = {"fileUrl": "https://shop.example/a.png"}
CARD: dict[str, Any] = {"title": "Menu"}
ASKS = {"reply": {"text": "Person", "postbackData": PERSON}}
ASK = Suggestion("live_agent", "Person")


def action(**what: Any) -> dict[str, Any]:
    return {"action": {"text": "Do", "postbackData": "p", **what}}


def alone(**content: Any) -> dict[str, Any]:
    return {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": content}}}


def carousel(*cards: dict[str, Any], width: str = "SMALL") -> dict[str, Any]:
    return {"richCard": {"carouselCard": {"cardWidth": width, "cardContents": list(cards)}}}


def found(native: Any, **rest: Any) -> dict[str, Any] | None:
    part = find_native(OutboundMessage(native={"rcs": native}, **rest))
    return part["contentMessage"] if part else None


def sample(name: str) -> dict[str, Any]:
    params: dict[str, Any] = json.loads((FIXTURES / f"payload__{name}.json").read_text())["rbm"]
    return params


# --- the API's own form ----------------------------------------------------------------------------------------------

WITHIN = [
    {"text": "x" * 3072},
    {"text": "Hi", "suggestions": [REPLY] * 11},
    {"text": "Hi", "suggestions": [{"reply": {"text": "x" * 25, "postbackData": "p" * 2048}}]},
    {"text": "Hi", "suggestions": [action(openUrlAction={"url": "https://a.example", "application": "WEBVIEW"})]},
    {"text": "Hi", "suggestions": [action(dialAction={"phoneNumber": "+15550100"}, fallbackUrl="https://a.example")]},
    {"text": "Hi", "suggestions": [action(viewLocationAction={"query": "here"})]},
    {"contentInfo": {**INFO, "thumbnailUrl": INFO["fileUrl"], "forceRefresh": True}},
    {"uploadedRbmFile": {"fileName": "files/1", "thumbnailName": "files/2"}},
    alone(title="x" * 200, description="y" * 2000, media={"height": "TALL", "contentInfo": INFO}),
    alone(title="Menu", suggestions=[REPLY] * 4),
    carousel(CARD, CARD),
    carousel(*[CARD] * 10),
]


@pytest.mark.parametrize("content", WITHIN)
@pytest.mark.parametrize("wrap", [lambda content: content, lambda content: {"contentMessage": content}])
def test_what_is_within_the_limits_reaches_the_phone_unchanged(content: dict[str, Any], wrap: Any) -> None:
    [part] = compose(OutboundMessage("Rest", native={"rcs": wrap(content)}), with_name=True)

    assert part == {"contentMessage": content, "fallback": "Rest"}
    check_part(part)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": " "},
        {"text": "x" * 3073},
        {"text": None},
        {"text": "Hi", "contentInfo": INFO},
        {"text": "Hi", "suggestions": [REPLY] * 12},
        {"text": "Hi", "suggestions": [{"reply": {"text": "x" * 26, "postbackData": "p"}}]},
        {"text": "Hi", "suggestions": [{"reply": {"text": "x", "postbackData": "p" * 2049}}]},
        {"text": "Hi", "suggestions": [{"liveAgentRequest": {}}]},
        {"text": "Hi", "suggestions": [action()]},
        {"text": "Hi", "suggestions": [action(openUrlAction={"url": "javascript:alert(1)"})]},
        {"text": "Hi", "suggestions": [action(dialAction={"phoneNumber": "1"}, shareLocationAction={})]},
        {"text": "Hi", "suggestions": [action(viewLocationAction={"latLong": {"latitude": 91}})]},
        {"contentInfo": {"fileUrl": "https://a.example/" + "x" * 2048}},
        alone(),
        alone(title="x" * 201),
        alone(description="y" * 2001),
        alone(title="Menu", suggestions=[REPLY] * 5),
        alone(title="Menu", media={"height": "HUGE", "contentInfo": INFO}),
        carousel(CARD),
        carousel(*[CARD] * 11),
        carousel(CARD, CARD, width="LARGE"),
        carousel(*[{"title": "t", "description": "😀" * 2000}] * 10),
        {"type": "hologram", "params": {"messageText": "Hi"}},
    ],
)
def test_what_breaks_a_limit_is_shown_as_the_rest_of_the_message(content: dict[str, Any]) -> None:
    [part] = compose(OutboundMessage("Rest", native={"rcs": content}), with_name=False)

    assert part == {"contentMessage": {"text": "Rest"}, "fallback": "Rest"}


def test_ids_traffic_and_time_to_live_are_ours_to_say() -> None:
    given = {"contentMessage": {"text": "Hi"}, "messageTrafficType": "PROMOTION", "ttl": "1s", "name": "phones/x"}

    assert found(given) == {"text": "Hi"}


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"text": "Rest"}, "Rest"),
        ({"cards": (Card("Menu", "Soup"),)}, "Menu\nSoup"),
        ({}, "Menu\nYes\nhttps://shop.example/a.png"),
        ({"text": "x" * 3073}, "x" * 3071 + "…"),
    ],
)
def test_in_words_it_is_the_rest_of_the_message_or_what_can_be_read_of_it(rest: dict[str, Any], words: str) -> None:
    content = alone(title="Menu", suggestions=[REPLY], media={"height": "TALL", "contentInfo": INFO})

    part = find_native(OutboundMessage(native={"rcs": content}, **rest))

    assert part is not None
    assert part["fallback"] == words


@pytest.mark.parametrize(
    ("chips", "offered", "shown"),
    [
        ([], (ASK,), [ASKS]),
        ([REPLY], (ASK,), [REPLY, ASKS]),
        ([ASKS, REPLY], (ASK,), [ASKS, REPLY]),
        ([REPLY], (), [REPLY]),
        ([REPLY] * 11, (ASK,), [REPLY] * 11),
    ],
)
def test_the_way_to_a_person_is_there_where_the_rest_offers_it(chips: Any, offered: Any, shown: Any) -> None:
    assert found({"text": "Hi", "suggestions": chips}, suggestions=offered) == {"text": "Hi", "suggestions": shown}


@pytest.mark.parametrize("native", [{"businessMessages": {"text": "Other"}}, {"rcs": []}, {"rcs": "x"}, {}])
def test_what_was_written_for_another_channel_is_not_looked_at(native: Any) -> None:
    assert find_native(OutboundMessage("Rest", native=native)) is None


# --- the form of Google's sample -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rbm_suggested_replies", "rbm_suggested_actions"])
def test_words_with_chips_of_the_sample_keep_every_kind_of_chip(name: str) -> None:
    [part] = compose(OutboundMessage("Rest", native={"rcs": sample(name)}), with_name=False)

    params = sample(name)["params"]
    assert part["contentMessage"] == {"text": params["messageText"], "suggestions": params["suggestions"]}
    check_part(part)


def test_a_card_of_the_sample_is_a_standalone_card() -> None:
    [part] = compose(OutboundMessage("Rest", native={"rcs": sample("rbm_rich_card")}), with_name=False)

    params = sample("rbm_rich_card")["params"]
    assert part["contentMessage"] == alone(
        title=params["messageText"],
        description=params["messageDescription"],
        media={"height": params["height"], "contentInfo": {"fileUrl": params["imageUrl"]}},
        suggestions=params["suggestions"],
    )
    check_part(part)


def test_a_file_of_the_sample_is_a_file() -> None:
    assert found(sample("rbm_file_transfer")) == {
        "contentInfo": {"fileUrl": sample("rbm_file_transfer")["params"]["fileUrl"]}
    }


@pytest.mark.parametrize("params", [{}, {"messageText": 7}, {"suggestions": "x"}, {"imageUrl": {}, "fileUrl": []}, []])
@pytest.mark.parametrize("kind", ["text", "suggestedReplies", "richCard", "fileTransfer"])
def test_a_malformed_sample_is_shown_as_the_rest(kind: str, params: Any) -> None:
    assert found({"type": kind, "params": params}) is None
