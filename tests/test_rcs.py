"""RCS for Business: what a webhook says."""

from typing import Any

import pytest

from functions.channels.rcs import find_agent, rcs_key
from functions.handoff.content import Media
from functions.handoff.events import (
    HandoffAsked,
    HandoffSignal,
    InboundEvent,
    MessageExpired,
    ReturnAsked,
    Subscription,
    SubscriptionWord,
    UserMessage,
    UserReceipt,
)
from tests.rcs_bodies import AGENT, PHONE, RECEIVED_AT, SENT_AT, event, fixture, message, parse

FILE = "https://rcs-user-content-us.storage.googleapis.com/photo?token=example"
PLACE = "37.422019, -122.084479\nhttps://www.google.com/maps/search/?api=1&query=37.422019%2C-122.084479"


def said(event_id: str, text: str, **more: Any) -> UserMessage:
    return UserMessage(id=event_id, source_at=SENT_AT, text=text, **more)


SAYS: dict[str, InboundEvent | str] = {  # fixture → its event, or the name under which it is ignored
    "message__text": said("message:m-1", "Where is my order?"),
    "message__text_in_the_us": said("message:m-1", "Where is my order?"),
    "message__file": said("message:m-2", FILE, files=(Media(FILE, "photo.jpg", "image/jpeg", 2048),)),
    "message__file_address_only": said("message:m-2", FILE, files=(Media(FILE),)),
    "message__location": said("message:m-3", PLACE),
    "message__stop": SubscriptionWord(id="message:m-4", source_at=SENT_AT, text="STOP"),
    "suggestion_response__reply": said("message:m-5", "Order status", postback="order_status"),
    "suggestion_response__label_only": said("message:m-5", "Order status"),
    "suggestion_response__person": HandoffAsked(id="message:m-6", source_at=SENT_AT, signal=HandoffSignal("user")),
    "suggestion_response__action": said("event:e-1", "Call us", postback="called"),
    "event__delivered": UserReceipt(id="DELIVERED:e-2", source_at=SENT_AT, message_ids=("sent-1",)),
    "event__read": UserReceipt(id="READ:e-3", source_at=SENT_AT, message_ids=("sent-1",), read=True),
    "event__is_typing": "typing",
    "event__subscribe": Subscription(id="SUBSCRIBE:e-5", source_at=SENT_AT, wanted=True),
    "event__unsubscribe": Subscription(id="UNSUBSCRIBE:e-6", source_at=SENT_AT, wanted=False),
    "server_event__ttl_revoked": MessageExpired(
        id="TTL_EXPIRATION_REVOKED:s-1", source_at=SENT_AT, message_ids=("sent-1",)
    ),
    "server_event__ttl_revoke_failed": "ttl_revoke_failed",
    "agent_launch_event__launched": "agent_launch_event",
    "unknown__kind": "hologram",
    "unknown__event_type": "eventType.WAVED",
}


@pytest.mark.parametrize("name", SAYS)
def test_each_kind_of_webhook_says_one_thing(name: str) -> None:
    parsed = parse(fixture(name))

    assert (parsed.event or parsed.ignored) == SAYS[name]


# --- who and where ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["message__text", "event__read", "server_event__ttl_revoked"])
def test_a_conversation_is_a_phone_with_a_brands_agent(name: str) -> None:
    parsed = parse(fixture(name))

    assert parsed.conversation_key == f"rcs:{AGENT}:{PHONE}"
    assert parsed.address == {"phone": PHONE, "agentId": AGENT}
    assert parsed.context == {"agent": AGENT, "phone": PHONE}


def test_a_hashed_key_holds_no_number_and_is_the_one_of_operators() -> None:
    parsed = parse(fixture("message__text"), hash_phones=True)

    assert PHONE.strip("+") not in parsed.conversation_key
    assert parsed.conversation_key == rcs_key(AGENT, PHONE, hashed=True)
    assert parsed.address["phone"] == PHONE


def test_the_deployments_agent_stands_in_where_none_is_named() -> None:
    content = message(text="Hi")
    del content["agentId"]

    parsed = parse(content, agent_id="ours")

    assert parsed.address == {"phone": PHONE, "agentId": "ours"}
    assert parsed.conversation_key == f"rcs:ours:{PHONE}"


@pytest.mark.parametrize(
    ("content", "agent"), [(message(), AGENT), ({}, ""), ({"agentId": 7}, ""), ([], ""), (None, "")]
)
def test_whom_the_data_names_is_known_before_it_is_read(content: object, agent: str) -> None:
    assert find_agent(content) == agent


# --- messages --------------------------------------------------------------------------------------------------------


def test_without_a_time_it_happened_when_it_arrived() -> None:
    got = parse(message(text="Hi")).event

    assert got == UserMessage(id="message:m-1", source_at=RECEIVED_AT, text="Hi")


@pytest.mark.parametrize("chip", [{"text": "Bot, please", "postbackData": "/BOT "}, {"text": " /bot"}])
def test_a_chip_back_to_the_bot_asks_for_the_bot(chip: dict[str, str]) -> None:
    got = parse(message(suggestionResponse=chip), return_keywords={"/bot"}).event

    assert got == ReturnAsked(id="message:m-1", source_at=RECEIVED_AT, text=chip["text"])


def test_a_return_keyword_asks_for_the_bot() -> None:
    assert isinstance(parse(message(text="/Bot"), return_keywords={"/bot"}).event, ReturnAsked)


def test_only_our_chip_asks_for_a_person_and_not_its_words() -> None:
    assert isinstance(parse(message(text="handoff:person")).event, UserMessage)


def test_an_endless_text_is_cut_and_kept() -> None:
    got = parse(message(text="x" * 64_001)).event

    assert isinstance(got, UserMessage)
    assert len(got.text) == 64_000


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ({"latitude": 48, "longitude": 11.5}, "48, 11.5"),
        ({"latitude": 90, "longitude": -180.0}, "90, -180"),
        ({"latitude": -0.0000001, "longitude": 1e-7}, "0, 0"),
        ({"longitude": 11.5}, "0, 11.5"),
        ({"latitude": 10}, "10, 0"),
    ],
)
def test_a_place_is_coordinates_and_a_map(location: dict[str, float], text: str) -> None:
    got = parse(message(location=location)).event

    assert isinstance(got, UserMessage)
    link = "https://www.google.com/maps/search/?api=1&query=" + text.replace(", ", "%2C")
    assert got.text == f"{text}\n{link}"


@pytest.mark.parametrize(
    ("size", "known"),
    [(7, 7), ("7", 7), ("9" * 18, 10**18 - 1), ("9" * 19, 0), ("x", 0), (-1, 0), (True, 0), (None, 0)],
)
def test_a_files_size_is_a_number_however_it_is_written(size: object, known: int) -> None:
    got = parse(message(userFile={"payload": {"fileUri": FILE, "fileSizeBytes": size}})).event

    assert isinstance(got, UserMessage)
    assert got.files == (Media(FILE, size_bytes=known),)


# --- the words beside UNSUBSCRIBE and SUBSCRIBE ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "word", "wanted"),
    [
        *((PHONE, word, False) for word in ("STOP", "stop", "BAJA", "Parar")),
        *((PHONE, word, True) for word in (" Start\n", "alta")),
        *(("+34600000000", word, word == "ALTA") for word in ("BAJA", "ALTA", "Stop")),
        *(("+33600000000", word, word != "STOP") for word in ("STOP", "Démarrer", "DE\u0301MARRER")),
        *(("+5511900000000", word, word != "parar") for word in ("parar", "COMEÇAR")),
    ],
)
def test_a_word_that_phones_write_by_themselves_is_for_the_core_to_judge(phone: str, word: str, wanted: bool) -> None:
    got = parse(message(text=word, senderPhoneNumber=phone), return_keywords={"stop"}).event

    assert got == SubscriptionWord(id="message:m-1", source_at=RECEIVED_AT, text=word.strip(), wanted=wanted)


@pytest.mark.parametrize(
    ("phone", "text"), [(PHONE, "Démarrer"), (PHONE, "começar"), (PHONE, "please stop"), (PHONE, "STOP!"), (PHONE, "S")]
)
def test_all_other_words_are_messages(phone: str, text: str) -> None:
    assert isinstance(parse(message(text=text, senderPhoneNumber=phone)).event, UserMessage)


def test_a_chip_of_that_name_is_no_such_word() -> None:
    assert isinstance(parse(message(suggestionResponse={"text": "STOP"})).event, UserMessage)


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event_type", ["DELIVERED", "READ"])
def test_receipts_nobody_wants_are_ignored(event_type: str) -> None:
    assert parse(event(event_type, messageId="m-1"), with_receipts=False).ignored == "receipt"


def test_an_event_of_an_unknown_type_does_not_hide_the_message_beside_it() -> None:
    got = parse(event("WAVED", text="Hi", messageId="m-1")).event

    assert got == UserMessage(id="message:m-1", source_at=RECEIVED_AT, text="Hi")
