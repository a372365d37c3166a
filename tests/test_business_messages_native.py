"""Business Messages: messages that a bot's author wrote in the channel's own form."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.channels.business_messages_content import compose
from functions.channels.business_messages_native import find_native
from functions.handoff.content import Card, OutboundMessage, Suggestion
from tests.business_messages_bodies import check_body

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"
REPLY: dict[str, Any] = {"reply": {"text": "Yes", "postbackData": "yes"}}
LIVE_AGENT: dict[str, Any] = {"liveAgentRequest": {}}
OPEN = {"text": "Open", "postbackData": "p", "openUrlAction": {"url": "https://shop.example"}}
DIAL = {"text": "Call", "postbackData": "p", "dialAction": {"phoneNumber": "+15550100"}}
OAUTH = {"clientId": "c", "codeChallenge": "x", "codeChallengeMethod": "S256", "scopes": ["email"]}
INFO = {"fileUrl": "https://shop.example/a.png"}
MEDIA = {"height": "TALL", "contentInfo": INFO}
CARD: dict[str, Any] = {"title": "Menu"}


def text(**fields: Any) -> dict[str, Any]:
    return {"text": "Hello", "fallback": "In words", **fields}


def alone(**content: Any) -> dict[str, Any]:
    return {"richCard": {"standaloneCard": {"cardContent": content}}, "fallback": "In words"}


def carousel(*cards: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": list(cards), **more}}, "fallback": "x"}


def found(native: Any, **rest: Any) -> dict[str, Any] | None:
    return find_native(OutboundMessage(native={"businessMessages": native}, **rest))


@pytest.mark.parametrize("name", ["carousel", "live_agent", "rich_card", "suggestion"])
def test_googles_own_examples_pass_unchanged(name: str) -> None:
    payload = json.loads((FIXTURES / f"payload__{name}.json").read_text())

    [body] = compose(OutboundMessage("Rest", native={"businessMessages": payload}))

    assert body == {key: value for key, value in payload.items() if key not in {"representative", "name"}}
    check_body(body)


@pytest.mark.parametrize(
    "body",
    [
        text(text="x" * 3072, fallback="y" * 3072, containsRichText=True),
        text(suggestions=[REPLY] * 13),
        text(suggestions=[{"reply": {"text": "x" * 25, "postbackData": ""}}]),
        text(suggestions=[{"action": OPEN}, {"action": DIAL}, LIVE_AGENT]),
        text(suggestions=[{"authenticationRequest": {"oauth": OAUTH}}]),
        {"image": {"contentInfo": {**INFO, "thumbnailUrl": INFO["fileUrl"], "altText": "a", "forceRefresh": True}}},
        alone(title="x" * 200, description="y" * 2000, media=MEDIA, suggestions=[REPLY] * 4),
        alone(media=MEDIA),
        carousel(CARD, CARD),
        carousel(*[CARD] * 10),
    ],
)
def test_what_is_within_the_limits_passes(body: dict[str, Any]) -> None:
    passed = found(body)

    assert passed is not None
    assert passed == {"fallback": passed["fallback"], **body}
    check_body(passed)


@pytest.mark.parametrize(
    "body",
    [
        "text",
        ["text"],
        None,
        {},
        {"suggestions": [LIVE_AGENT]},
        text(mood="good"),
        text(text=None),
        text(text=" "),
        text(text="x" * 3073),
        text(fallback="y" * 3073),
        text(image={"contentInfo": INFO}),
        text(suggestions=[REPLY] * 14),
        text(suggestions=[{}]),
        text(suggestions=[{"hologram": {}}]),
        text(suggestions=[REPLY | LIVE_AGENT]),
        text(suggestions=[{"liveAgentRequest": {"text": "Person"}}]),
        text(suggestions=[{"reply": {"text": "", "postbackData": "p"}}]),
        text(suggestions=[{"reply": {"text": "x" * 26, "postbackData": "p"}}]),
        text(suggestions=[{"reply": {"text": "Yes"}}]),
        text(suggestions=[{"action": {"text": "Open", "postbackData": "p"}}]),
        text(suggestions=[{"action": OPEN | DIAL}]),
        text(suggestions=[{"action": OPEN | {"openUrlAction": {"url": "shop.example"}}}]),
        text(suggestions=[{"action": OPEN | {"openUrlAction": {"url": "https://a b"}}}]),
        text(suggestions=[{"authenticationRequest": {"oauth": {"clientId": "c"}}}]),
        text(suggestions=[{"authenticationRequest": {}}]),
        text(containsRichText="yes"),
        {"image": {"contentInfo": {"fileUrl": "a.png"}}},
        {"image": {"contentInfo": {"fileUrl": "https://shop.example/".ljust(2049, "x")}}},
        {"image": {}},
        {"richCard": {}},
        alone(),
        alone(title="x" * 201),
        alone(title="x", description="y" * 2001),
        alone(title="x", media=MEDIA | {"height": "HUGE"}),
        alone(title="x", media={"contentInfo": INFO}),
        alone(title="x", suggestions=[REPLY] * 5),
        carousel(CARD),
        carousel(*[CARD] * 11),
        carousel(CARD, CARD, cardWidth="WIDE"),
        carousel(CARD, {}),
    ],
)
def test_what_the_api_would_refuse_is_replaced_by_the_rest(body: Any) -> None:
    message = OutboundMessage("Rest", cards=(Card("Title"),), native={"businessMessages": body})

    assert find_native(message) is None
    assert [next(iter(part)) for part in compose(message)] == ["text", "richCard"]


def test_who_speaks_and_the_id_are_ours_to_say() -> None:
    mine = {"messageId": 1, "name": "n", "representative": {"representativeType": "HUMAN", "displayName": "Eve"}}

    assert found(text(**mine)) == text()


@pytest.mark.parametrize("given", [{}, {"fallback": " "}])
def test_a_missing_fallback_is_the_rest_in_words(given: dict[str, str]) -> None:
    passed = found({"text": "Hello", **given}, text="Rest", cards=(Card("Title"),))

    assert passed == {"text": "Hello", "fallback": "Rest\n\nTitle"}


def test_without_a_rest_the_fallback_is_what_can_be_read_of_it() -> None:
    card = {**CARD, "description": "Good", "media": MEDIA, "suggestions": [{"action": OPEN}]}

    passed = found({"richCard": {"standaloneCard": {"cardContent": card}}})

    assert passed is not None
    assert passed["fallback"] == "Menu\nGood\nhttps://shop.example/a.png\nOpen\nhttps://shop.example"


def test_a_fallback_made_for_it_has_a_longest_length() -> None:
    passed = found({"text": "Hello"}, text="x" * 4000)

    assert passed is not None
    assert passed["fallback"] == "x" * 3071 + "…"


@pytest.mark.parametrize(
    ("chips", "expected"),
    [
        ([], [LIVE_AGENT]),
        ([REPLY], [REPLY, LIVE_AGENT]),
        ([LIVE_AGENT, REPLY], [LIVE_AGENT, REPLY]),
        ([REPLY] * 12, [*[REPLY] * 12, LIVE_AGENT]),
        ([REPLY] * 13, [REPLY] * 13),
    ],
)
def test_a_request_for_a_person_offered_by_the_rest_is_added(chips: list[Any], expected: list[Any]) -> None:
    passed = found(text(suggestions=chips), suggestions=(Suggestion("live_agent"), Suggestion("reply", "No")))

    assert passed == text(suggestions=expected)


def test_another_channels_form_is_not_ours() -> None:
    assert find_native(OutboundMessage("Rest", native={"rcs": text()})) is None


def test_hostile_json_is_the_rest() -> None:
    deep: Any = {"text": "x"}
    for _ in range(500):
        deep = {"richCard": deep}

    assert found(deep) is None
    assert found(text(text="a\0b\ud800")) == text(text="ab\ufffd")
