"""Business Messages: pictures, sign-in answers and surveys."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.channels.business_messages import parse_webhook
from functions.handoff.content import Media
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import BotAnswer, UserAction, UserMessage
from tests.examples import examples

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)
CREATED_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
SENT_AT = datetime(2024, 1, 2, 3, 4, 6, 500_000, tzinfo=UTC)
HOSTS = ("storage.googleapis.com", "127.0.0.1:8091")


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def body(**fields: Any) -> dict[str, Any]:
    return {"agent": "brands/1/agents/2", "conversationId": "c-1", "requestId": "r-1"} | fields


def parse(content: object) -> Any:
    return parse_webhook(
        content, received_at=RECEIVED_AT, read_payload=lambda _: BotAnswer(), attachment_hosts=HOSTS
    ).event


def wrote(text: str) -> Any:
    return parse(body(message={"messageId": "m-1", "text": text}))


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["message__image", "message__image_placeholders"])
def test_a_picture_is_a_file_at_the_address_that_is_the_text(name: str) -> None:
    url = fixture(name)["message"]["text"]

    event = parse(fixture(name))

    assert (event.text, event.files) == (url, (Media(url),))


@pytest.mark.parametrize(
    "text",
    [
        "https://storage.googleapis.com/a/b?x=1",
        "HTTPS://Storage.GoogleApis.com/a/b",
        "https://storage.googleapis.com:443/a/b",
        "http://127.0.0.1:8091/a/b",
        "https://storage.googleapis.com/" + "a" * (4000 - 31),
    ],
)
def test_every_address_on_a_host_for_files_is_a_picture(text: str) -> None:
    event = wrote(text)

    assert (event.text, event.files) == (text, (Media(text),))


def test_blanks_around_an_address_are_not_of_it() -> None:
    event = wrote(" \nhttps://storage.googleapis.com/a/b\n ")

    assert event.files == (Media("https://storage.googleapis.com/a/b"),)


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/photo.png",
        "https://storage.googleapis.com.shop.example/photo.png",
        "https://shop.example/https://storage.googleapis.com/a",
        "https://storage.googleapis.com@shop.example/a",
        "https://me@storage.googleapis.com/a",
        "https://storage.googleapis.com\\@shop.example/a",
        "https://storage.googleapis.com:8443/a",
        "https://storage.googleapis.com:bad/a",
        "https://[storage.googleapis.com/a",
        "https://storage.googleapis.com",
        "https://storage.googleapis.com/?a",
        "http://storage.googleapis.com/a",
        "http://127.0.0.1:8092/a",
        "http://127.0.0.1/a",
        "https://127.0.0.1:8091/a",
        "ftp://storage.googleapis.com/a",
        "storage.googleapis.com/a",
        "see https://storage.googleapis.com/a",
        "https://storage.googleapis.com/a https://storage.googleapis.com/b",
        "https://storage.googleapis.com/a\tb",
        "https://storage.googleapis.com/a，看看",
        "https://storage.googleapis.com/" + "a" * (4001 - 31),
    ],
)
def test_every_other_link_is_words(text: str) -> None:
    event = wrote(text)

    assert (event.text, event.files) == (text, ())


def test_with_no_host_for_files_a_picture_is_its_link() -> None:
    content = fixture("message__image")

    event = parse_webhook(content, received_at=RECEIVED_AT, read_payload=lambda _: BotAnswer()).event

    assert event == UserMessage(id="m-2", source_at=CREATED_AT, text=content["message"]["text"])


# --- sign-in answers -------------------------------------------------------------------------------------------------


def test_a_sign_in_gives_its_code_to_the_bot_and_its_outcome_to_agents() -> None:
    event = parse(fixture("authentication_response__code"))

    assert event == UserAction(
        id="r-1",
        source_at=SENT_AT,
        action="authentication",
        parameters={"code": "example", "redirect_uri": "https://shop.example/done"},
        details={"outcome": "succeeded"},
    )


def test_a_refused_sign_in_says_why() -> None:
    event = parse(fixture("authentication_response__refused"))

    assert event == UserAction(
        id="r-1",
        source_at=SENT_AT,
        action="authentication",
        parameters={
            "redirect_uri": "https://shop.example/done",
            "error": "access_denied",
            "error_description": "The user said no",
        },
        details={"outcome": "failed", "error": "access_denied"},
    )


@pytest.mark.parametrize("code", [None, 7, ["s3cret"], {"code": "s3cret"}, "", " ", "s3cret" * 1000])
def test_a_sign_in_without_a_code_that_can_be_used_has_failed(code: object) -> None:
    event = parse(body(authenticationResponse={"code": code}))

    assert (event.parameters, event.details) == ({}, {"outcome": "failed"})


def test_a_code_beside_an_error_is_no_success() -> None:
    event = parse(body(authenticationResponse={"code": "s3cret", "errorDetails": {"error": "server_error"}}))

    assert event.details == {"outcome": "failed"}


_ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "code": st.just("s3cret"),
        "redirect_uri": st.sampled_from(["https://shop.example/?code=s3cret", 7]),
        "errorDetails": st.none()
        | st.fixed_dictionaries({"error": st.sampled_from(["", "s3cret", "denied", 1]), "errorDescription": st.text()}),
        "createTime": st.just("s3cret"),
    },
)


@settings(deadline=None, max_examples=examples(50))
@given(_ANSWER.filter(lambda answer: "code" in answer), st.booleans())
def test_a_code_stands_in_the_parameters_and_nowhere_else(answer: dict[str, Any], has_request_id: bool) -> None:
    content = body(authenticationResponse=answer) | ({} if has_request_id else {"requestId": None})

    event = parse(content)

    assert event.parameters["code"] == "s3cret"
    assert "s3cret" not in f"{event.id} {event.source_at} {event.action} {event.details}"


def test_a_code_is_never_in_a_refusal() -> None:
    with pytest.raises(WebhookRejected) as rejected:
        parse(body(authenticationResponse=["s3cret"]))

    assert "s3cret" not in f"{rejected.value!r} {rejected.value}"


# --- surveys ---------------------------------------------------------------------------------------------------------


def test_a_survey_answer_is_whole_for_the_bot_and_short_for_agents() -> None:
    event = parse(fixture("survey_response__full"))

    assert event == UserAction(
        id="r-1",
        source_at=CREATED_AT,
        action="survey",
        parameters=fixture("survey_response__full")["surveyResponse"],
        details={"rating": "5", "answer": "Very satisfied", "question": "q-1"},
    )


def test_a_survey_answer_may_have_no_rating() -> None:
    event = parse(fixture("survey_response__rating"))

    assert event.details == {"answer": "5", "question": "q"}


def test_a_survey_answer_of_a_chip_alone_is_its_postback() -> None:
    event = parse(body(surveyResponse={"questionResponsePostbackData": "csat-5"}))

    assert event.details == {"answer": "csat-5"}


@pytest.mark.parametrize(("rating", "shown"), [(5, "5"), (4.5, "4.5"), ("FIVE", "FIVE"), (0, "0")])
def test_a_rating_is_a_number_or_a_word(rating: object, shown: str) -> None:
    event = parse(body(surveyResponse={"rating": rating}))

    assert (event.parameters, event.details) == ({"rating": rating}, {"rating": shown})


def test_what_is_unknown_in_a_survey_answer_is_left_out_and_the_known_is_bounded() -> None:
    answer = {"rating": "r" * 5000, "questionResponseText": "t" * 5000, "questionIndex": [1], "future": "x"}

    event = parse(body(surveyResponse=answer))

    assert event.parameters == {"rating": "r" * 4000, "questionResponseText": "t" * 4000}
    assert event.details == {"rating": "r" * 1000, "answer": "t" * 1000}


@pytest.mark.parametrize("answer", [{}, {"surveyQuestionId": "q"}, {"rating": " "}, {"rating": ["5"]}])
def test_a_survey_answer_that_says_nothing_is_ignored_by_name(answer: dict[str, Any]) -> None:
    parsed = parse_webhook(body(surveyResponse=answer), received_at=RECEIVED_AT, read_payload=lambda _: BotAnswer())

    assert (parsed.event, parsed.ignored) == (None, "surveyResponse")


def test_a_survey_answer_without_request_id_keeps_its_id_when_it_comes_again() -> None:
    content = fixture("survey_response__full")
    del content["requestId"]
    other = {**content, "surveyResponse": {**content["surveyResponse"], "questionIndex": 2}}

    assert parse(content).id == parse(dict(reversed(content.items()))).id != parse(other).id
