"""Custom payloads of the bot: in the neutral form for any channel, and in the channel's own as they were written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.dialogflow.natives import with_chips
from functions.dialogflow.payloads import parse_payload, read_payload
from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion, plain_text
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject
from functions.handoff.json_fields import clean_json
from tests.examples import examples

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"


def fixture(name: str) -> JsonObject:
    content: JsonObject = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def neutral(payload: JsonObject) -> OutboundMessage:
    return replace(parse_payload(payload), native={})


def _asks(text: str) -> Suggestion:
    return Suggestion("reply", text, text)


def _pizza(number: int, name: str, url: str) -> Card:
    picture = Media(f"https://images.{url}", alt_text=f"{name} pizza")
    order = Suggestion("reply", f"Order {name}", f"Order a {name} pizza")
    return Card(f"{name.capitalize()} Pizza", f"Rich Card #{number}", picture, (order,))


_HOURS, _MENU = _asks("What are your hours?"), _asks("What's on your menu?")
_PEXELS = "pexels.com/photos/{0}/pexels-photo-{0}.jpeg?auto=compress&cs=tinysrgb&dpr=2&h=750&w=1260"
_UNSPLASH = "unsplash.com/photo-1539952599731-d8195c68a912?ixlib=rb-1.2.1&auto=format&fit=crop&w=1355&q=80"
_EXAMPLES = {
    "payload__live_agent": OutboundMessage(
        "Tap the button below to request a live agent.",
        (Suggestion("live_agent"),),
        fallback="Live agent requests are not supported on this device.",
    ),
    "payload__suggestion": OutboundMessage(
        "Sorry, I didn't get that. Please take a look at these suggestions",
        (_HOURS, _MENU, _asks("Can I place an order?")),
        fallback="The message could not be displayed.",
    ),
    "payload__rich_card": OutboundMessage(
        suggestions=(_HOURS,),
        cards=(
            Card(
                "Menu",
                "Our Menu",
                Media("https://images." + _PEXELS.format(612790), alt_text="full menu"),
                (
                    Suggestion("reply", "Order from menu", "Place an order"),
                    Suggestion("open_url", "View Full Menu", "View Menu", url="http://google.com"),
                ),
            ),
        ),
        fallback="Menu",
    ),
    "payload__carousel": OutboundMessage(
        suggestions=(_HOURS, _MENU),
        cards=(
            _pizza(1, "cheese", _UNSPLASH),
            _pizza(2, "pepperoni", _PEXELS.format(825661)),
            _pizza(3, "vegetarian", _PEXELS.format(1260968)),
        ),
        fallback="Pizza Menu: Cheese, Pepperoni, and Vegetarian",
    ),
}


@pytest.mark.parametrize("name", _EXAMPLES)
@pytest.mark.parametrize("wrap", [lambda payload: payload, lambda payload: {"businessMessages": payload}])
def test_googles_examples_are_read_for_any_channel_and_kept_for_theirs(name: str, wrap: Any) -> None:
    given = fixture(name)

    message = parse_payload(wrap(given))

    assert replace(message, native={}) == _EXAMPLES[name]
    ours = {"representative", "name"}
    assert message.native == {"businessMessages": {key: one for key, one in given.items() if key not in ours}}


_DOG = Media("https://storage.googleapis.com/kitchen-sink-sample-images/cute-dog.jpg")
_TWO = (Suggestion("reply", "Suggestion #1", "suggestion_1"), Suggestion("reply", "Suggestion #2", "suggestion_2"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("payload__rbm_file_transfer", OutboundMessage(media=_DOG)),
        (
            "payload__rbm_rich_card",
            OutboundMessage(cards=(Card("Hello, world!", "RBM is awesome!", _DOG, _TWO),)),
        ),
        ("payload__rbm_suggested_replies", OutboundMessage("Hello, world!", _TWO)),
        (
            "payload__rbm_suggested_actions",
            OutboundMessage(
                "Hello, world!",
                (
                    Suggestion("dial", "Call", "postback_data_1234", phone="+15556667777"),
                    Suggestion("open_url", "Open Google", "postback_data_1234", url="https://www.google.com"),
                ),
            ),
        ),
    ],
)
def test_payloads_written_for_googles_rcs_sample_are_understood(name: str, expected: OutboundMessage) -> None:
    given = fixture(name)

    assert parse_payload(given) == replace(expected, native={"rcs": given["rbm"]})


_RCS_CARD = {
    "richCard": {"standaloneCard": {"cardContent": {"title": "Shoe", "suggestions": [{"reply": {"text": "Buy"}}]}}}
}
_FILE = {"contentInfo": {"fileUrl": "https://shop.example/a.mp4", "forceRefresh": True}}


@pytest.mark.parametrize("wrap", [lambda content: content, lambda content: {"contentMessage": content}])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"text": "Ask?", "suggestions": [{"reply": {"text": "Yes", "postbackData": "y"}}]},
            OutboundMessage("Ask?", (Suggestion("reply", "Yes", "y"),)),
        ),
        (_RCS_CARD, OutboundMessage(cards=(Card("Shoe", suggestions=(Suggestion("reply", "Buy"),)),))),
        (_FILE, OutboundMessage(media=Media("https://shop.example/a.mp4"))),
        ({"uploadedRbmFile": {"fileName": "f"}}, OutboundMessage("…")),
    ],
)
def test_a_message_in_the_form_of_rcs_is_read_for_any_channel_and_kept_for_its_own(
    wrap: Any, content: JsonObject, expected: OutboundMessage
) -> None:
    written = wrap(content)

    assert parse_payload({"rcs": written}) == replace(expected, native={"rcs": written})


@pytest.mark.parametrize("written", [{}, {"contentMessage": 7}, {"params": {}}, {"contentMessage": {"other": {}}}])
def test_a_form_of_rcs_with_nothing_in_it_says_nothing(written: JsonObject) -> None:
    assert parse_payload({"rcs": written}) == OutboundMessage()


def test_of_a_payload_for_two_channels_each_gets_its_own_form() -> None:
    rich = fixture("payload__rbm_rich_card")

    message = parse_payload({**rich, "businessMessages": {"text": "Here"}})

    native = {"businessMessages": {"text": "Here"}, "rcs": rich["rbm"]}
    assert message == OutboundMessage("Here", native=native)


_SHOWN = {"action": {"text": "See", "postbackData": "See", "openUrlAction": {"url": "https://shop.example"}}}
_OWN = {"action": {"text": "Map", "viewLocationAction": {}}}
_CHIPS = OutboundMessage(suggestions=(Suggestion("open_url", "See", url="https://shop.example"),))


@pytest.mark.parametrize("holder", ["contentMessage", "params", ""])
def test_chips_that_join_a_message_are_written_into_its_form_of_rcs(holder: str) -> None:
    def form(suggestions: list[JsonObject]) -> JsonObject:
        content: JsonObject = {"text": "A", "messageText": "A", "suggestions": suggestions}
        return {holder: content} if holder else content

    message = parse_payload({"rcs": form([_OWN])})

    assert with_chips(message, _CHIPS).native == {"rcs": form([_OWN, _SHOWN])}
    assert with_chips(_CHIPS, message).native == {"rcs": form([_SHOWN, _OWN])}


def test_a_chip_that_asks_for_a_person_is_never_written_into_the_form_of_rcs() -> None:
    message = parse_payload({"rcs": {"text": "A"}, "liveAgentRequest": {}})

    assert message == OutboundMessage("A", (Suggestion("live_agent"),))


def test_an_image_is_shown_with_the_authors_words_for_where_it_can_not_be() -> None:
    info = {"fileUrl": "https://shop.example/a.png", "altText": "A shoe", "thumbnailUrl": "https://shop.example/t.png"}
    given = {"image": {"contentInfo": info}, "fallback": "Look at our shoes", "messageId": "theirs"}

    message = parse_payload(given)

    picture = Media("https://shop.example/a.png", alt_text="A shoe")
    assert replace(message, native={}) == OutboundMessage(media=picture, fallback="Look at our shoes")
    assert message.native == {"businessMessages": {key: given[key] for key in ("image", "fallback")}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"fallback": " Only this "}, OutboundMessage("Only this")),
        (
            {"image": {"contentInfo": {"fileUrl": "gs://b/a.png", "altText": "A shoe"}}},
            OutboundMessage("A shoe\ngs://b/a.png"),
        ),
        (
            {"richCard": {"standaloneCard": {"cardContent": {"suggestions": ["Yes"]}}}, "fallback": "Sure?"},
            OutboundMessage("Sure?", (Suggestion("reply", "Yes"),)),
        ),
        ({"text": "**A**", "containsRichText": True}, OutboundMessage("**A**", formatting=COMMONMARK)),
        ({"platform": "kommunicate", "message": "Hello"}, OutboundMessage("Hello")),
    ],
)
def test_what_can_not_be_shown_as_it_is_is_words(content: JsonObject, expected: OutboundMessage) -> None:
    assert neutral(content) == expected


def test_what_is_no_message_of_the_channel_has_no_native_form() -> None:
    assert parse_payload({"platform": "kommunicate", "message": "Hello", "suggestions": ["Hi"]}).native == {}
    assert parse_payload({"fallback": "Hello"}).native == {}
    assert parse_payload({"suggestions": [{"liveAgentRequest": {}}]}).native == {}


_SIGN_IN = {"authenticationRequest": {"oauth": {"clientId": "c", "scopes": ["s"]}}}


@pytest.mark.parametrize(
    ("content", "words"),
    [({"text": "Please sign in", "suggestions": [_SIGN_IN]}, "Please sign in"), ({"suggestions": [_SIGN_IN]}, "…")],
)
def test_a_request_to_sign_in_goes_only_in_the_channels_own_form(content: JsonObject, words: str) -> None:
    message = parse_payload({"businessMessages": content})

    native = {"businessMessages": {"text": words, "suggestions": [_SIGN_IN]}}
    assert message == OutboundMessage(words, native=native)


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "Ask?", "liveAgentRequest": {}},
        {"businessMessages": {"text": "Ask?"}, "liveAgentRequest": {}},
        {"businessMessages": {"text": "Ask?", "suggestions": [{"liveAgentRequest": {}}]}},
    ],
)
def test_the_way_to_a_person_is_in_both_forms_wherever_it_was_written(payload: JsonObject) -> None:
    message = parse_payload(payload)

    native = {"businessMessages": {"text": "Ask?", "suggestions": [{"liveAgentRequest": {}}]}}
    assert message == OutboundMessage("Ask?", (Suggestion("live_agent"),), native=native)


def test_a_payload_read_by_itself_has_its_message_and_its_signal() -> None:
    answer = read_payload({"action": "handoff", "department": "billing", "text": "Connecting you"})

    message = OutboundMessage("Connecting you", native={"businessMessages": {"text": "Connecting you"}})
    assert answer == BotAnswer(messages=(message,), handoff=HandoffSignal("bot", {"department": "billing"}))
    assert read_payload({"unknown": True}) == BotAnswer()


@pytest.mark.parametrize(
    "payload",
    [
        {"liveAgentRequest": {}},
        {"suggestions": [{"liveAgentRequest": {}}]},
        {"businessMessages": {"liveAgentRequest": {}}},
    ],
)
def test_a_live_agent_request_offers_a_person_and_asks_for_none(payload: JsonObject) -> None:
    answer = read_payload(payload)

    assert answer == BotAnswer(messages=(OutboundMessage("", (Suggestion("live_agent"),)),))


def test_a_suggestion_of_no_known_kind_is_left_out() -> None:
    message = neutral({"text": "A", "suggestions": [{"hologram": {}}, {"action": {"text": "Map"}}, 7, " ", None]})

    assert message == OutboundMessage("A")


@pytest.mark.parametrize(
    "chip",
    [
        Suggestion("reply", "A", "a"),
        Suggestion("open_url", "B", "B", url="https://shop.example/"),
        Suggestion("dial", "C", "c", phone="+1"),
        Suggestion("live_agent"),
    ],
)
def test_a_chip_written_in_the_channels_form_reads_as_the_same_chip(chip: Suggestion) -> None:
    joined = with_chips(parse_payload({"text": "A"}), OutboundMessage(suggestions=(chip,)))

    assert parse_payload(joined.native).suggestions == (chip,)


_KEYS = st.sampled_from(
    [
        *("businessMessages", "liveAgentRequest", "text", "fallback", "suggestions", "reply", "action", "postbackData"),
        *("richCard", "standaloneCard", "carouselCard", "cardContent", "cardContents", "image", "contentInfo", "media"),
        *("openUrlAction", "dialAction", "url", "phoneNumber", "fileUrl", "altText", "containsRichText", "title"),
        *("authenticationRequest", "rbm", "params", "platform", "message", "metadata", "imageUrl", "description"),
    ]
)
_TEXTS = st.sampled_from(("", "a", "kommunicate", "\0", "\udfff", "https://shop.example/a", "x" * 40_000))
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4))


@settings(deadline=None, max_examples=examples(150))
@given(st.dictionaries(_KEYS, _JSON, max_size=5))
def test_no_payload_crashes_the_reader_or_grows_beyond_bounds(payload: JsonObject) -> None:
    answer = read_payload(clean_json(payload))

    assert len(answer.messages) <= 1
    assert all(len(json.dumps(one.native)) <= 33_000 for one in answer.messages)
    assert all(plain_text(one).strip() or one.native or one.suggestions for one in answer.messages)
