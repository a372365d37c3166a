from typing import Any

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn

JANE = {"representativeType": "HUMAN", "displayName": "Jane"}
BOT = {"representativeType": "BOT", "displayName": "Hello World Agent"}
MEDIA: dict[str, Any] = {"height": "TALL", "contentInfo": {"fileUrl": "https://shop.example/a.png"}}
CARD = {"title": "Menu", "media": MEDIA}
DIAL = {"text": "Call", "postbackData": "p", "dialAction": {"phoneNumber": "+15550100"}}
DAY_S = 24 * 3600


@pytest.fixture
def channel() -> BusinessMessagesStandIn:
    standin = BusinessMessagesStandIn()
    standin.phone.open(conversation_id="c-1")
    return standin


def post(channel: BusinessMessagesStandIn, path: str, body: dict[str, Any], conversation: str = "c-1") -> Any:
    answer = channel.app.test_client().post(f"/v1/conversations/{conversation}/{path}", json=body)
    return answer.status_code, answer.get_json()


def message(message_id: str = "m-1", **fields: Any) -> dict[str, Any]:
    content = {} if fields.keys() & {"image", "richCard"} else {"text": "Hello"}
    return {"messageId": message_id, "representative": BOT} | content | fields


def frame(channel: BusinessMessagesStandIn, kind: str, event_id: str, voice: dict[str, str] = JANE) -> Any:
    body = {"eventType": f"REPRESENTATIVE_{kind}", "representative": voice}
    return post(channel, f"events?eventId={event_id}", body)


def refusal(answer: Any) -> tuple[int, str]:
    status, body = answer
    assert body["error"]["code"] == status
    return status, body["error"]["status"]


def rules_broken(channel: BusinessMessagesStandIn) -> list[str]:
    return [violation["rule"] for violation in channel.state()["violations"]]


def test_the_documented_story_is_shown_as_the_user_sees_it(channel: BusinessMessagesStandIn) -> None:
    channel.phone.say("c-1", "Hi, I have a problem")
    post(channel, "messages", message("m-1", text="Thanks for contacting us."))
    frame(channel, "JOINED", "e-1")
    post(channel, "messages", message("m-2", representative=JANE, text="How can I help?"))
    frame(channel, "LEFT", "e-2")

    transcript = channel.state()["conversations"]["c-1"]["transcript"]

    seen = [(line.get("representative", "user"), line.get("event") or line["text"]) for line in transcript]
    assert seen == [
        ("user", "Hi, I have a problem"),
        ("BOT", "Thanks for contacting us."),
        ("HUMAN", "REPRESENTATIVE_JOINED"),
        ("HUMAN", "How can I help?"),
        ("HUMAN", "REPRESENTATIVE_LEFT"),
    ]
    assert rules_broken(channel) == []


def test_an_accepted_message_is_answered_with_its_resource(channel: BusinessMessagesStandIn) -> None:
    status, answer = post(channel, "messages?forceFallback=true", message())

    assert (status, answer) == (200, {"name": "conversations/c-1/messages/m-1", **message()})


def test_nobody_writes_where_no_user_opened(channel: BusinessMessagesStandIn) -> None:
    assert refusal(post(channel, "messages", message(), "c-2")) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(("days", "status"), [(30, 200), (31, 403)])
def test_the_reply_window_is_30_days(channel: BusinessMessagesStandIn, days: int, status: int) -> None:
    channel.clock.advance(days * DAY_S - 60)

    assert post(channel, "messages", message())[0] == status


def test_a_user_message_reopens_the_window(channel: BusinessMessagesStandIn) -> None:
    channel.clock.advance(40 * DAY_S)

    channel.phone.say("c-1", "still there?")

    assert post(channel, "messages", message())[0] == 200


@pytest.mark.parametrize(("text", "rules"), [("Hello", []), ("Other", ["id reused for different content"])])
def test_a_message_id_is_taken_once(channel: BusinessMessagesStandIn, text: str, rules: list[str]) -> None:
    post(channel, "messages", message())

    assert refusal(post(channel, "messages", message(text=text))) == (409, "ALREADY_EXISTS")
    assert rules_broken(channel) == rules
    assert len(channel.transcript("c-1")) == 1


def test_an_event_id_is_taken_once_in_its_conversation(channel: BusinessMessagesStandIn) -> None:
    channel.phone.open(conversation_id="c-2")
    frame(channel, "JOINED", "e-1")

    again = frame(channel, "LEFT", "e-1")
    elsewhere = post(channel, "events?eventId=e-1", {"eventType": "TYPING_STARTED"}, "c-2")

    assert refusal(again) == (409, "ALREADY_EXISTS")
    assert elsewhere[0] == 200


def test_a_late_repeat_is_known_even_after_the_person_left(channel: BusinessMessagesStandIn) -> None:
    frame(channel, "JOINED", "e-1")
    post(channel, "messages", message(representative=JANE))
    frame(channel, "LEFT", "e-2")

    assert refusal(post(channel, "messages", message(representative=JANE))) == (409, "ALREADY_EXISTS")
    assert rules_broken(channel) == []


@pytest.mark.parametrize(
    "step",
    [
        ("messages", message(representative=JANE)),
        ("events?eventId=e-1", {"eventType": "REPRESENTATIVE_LEFT", "representative": JANE}),
        ("events?eventId=e-1", {"eventType": "REPRESENTATIVE_JOINED", "representative": BOT}),
    ],
    ids=["message", "left", "joined as bot"],
)
@pytest.mark.parametrize(("strict", "status"), [(True, 400), (False, 200)])
def test_framing_is_watched(
    channel: BusinessMessagesStandIn, step: tuple[str, dict[str, Any]], strict: bool, status: int
) -> None:
    channel.change_options(strict_framing=strict)

    assert post(channel, *step)[0] == status
    assert len(rules_broken(channel)) == 1


def test_each_person_joins_for_herself(channel: BusinessMessagesStandIn) -> None:
    frame(channel, "JOINED", "e-1")

    other = post(channel, "messages", message(representative=JANE | {"displayName": "Ann"}))

    assert refusal(other)[0] == 400


def test_a_refused_message_can_be_sent_again_with_its_id(channel: BusinessMessagesStandIn) -> None:
    post(channel, "messages", message(representative=JANE))
    frame(channel, "JOINED", "e-1")

    assert post(channel, "messages", message(representative=JANE))[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x" * 3072, "fallback": "y" * 3072},
        {"suggestions": [{"reply": {"text": "x" * 25, "postbackData": "p"}}] * 13},
        {"suggestions": [{"liveAgentRequest": {}}]},
        {
            "suggestions": [
                {"action": {"text": "Call", "postbackData": "p", "dialAction": {"phoneNumber": "+15550100"}}}
            ]
        },
        {"image": {"contentInfo": {"fileUrl": "https://shop.example/a.png", "altText": "a", "forceRefresh": True}}},
        {"richCard": {"standaloneCard": {"cardContent": CARD}}},
        {"richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": [CARD] * 10}}},
    ],
)
def test_what_is_within_the_limits_is_accepted(channel: BusinessMessagesStandIn, fields: dict[str, Any]) -> None:
    assert post(channel, "messages", message(**fields))[0] == 200


REPLY = {"reply": {"text": "Yes", "postbackData": "yes"}}


@pytest.mark.parametrize(
    ("named", "fields"),
    [
        ("mood", {"mood": "good"}),
        ("messageId", {"messageId": ""}),
        ("representative", {"representative": None}),
        ("representativeType", {"representative": {"representativeType": "REPRESENTATIVE_TYPE_UNSPECIFIED"}}),
        ("text", {"text": "x" * 3073}),
        ("fallback", {"fallback": "x" * 3073}),
        ("Exactly one of", {"text": "a", "image": {"contentInfo": {"fileUrl": "https://shop.example/a.png"}}}),
        ("suggestions", {"suggestions": [REPLY] * 14}),
        ("text", {"suggestions": [{"reply": {"text": "x" * 26, "postbackData": "p"}}]}),
        ("postbackData", {"suggestions": [{"reply": {"text": "Yes"}}]}),
        ("Exactly one of", {"suggestions": [REPLY | {"liveAgentRequest": {}}]}),
        ("label", {"suggestions": [{"liveAgentRequest": {"label": "Person"}}]}),
        ("Exactly one of", {"suggestions": [{"action": {"text": "Open", "postbackData": "p"}}]}),
        ("fileUrl", {"image": {"contentInfo": {"fileUrl": "a.png"}}}),
        ("cardContents", {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": [CARD]}}}),
        ("title", {"richCard": {"standaloneCard": {"cardContent": {"title": "x" * 201}}}}),
        ("description", {"richCard": {"standaloneCard": {"cardContent": {"description": "x" * 2001}}}}),
        ("suggestions", {"richCard": {"standaloneCard": {"cardContent": {"suggestions": [REPLY] * 5}}}}),
        ("height", {"richCard": {"standaloneCard": {"cardContent": {"media": MEDIA | {"height": "HUGE"}}}}}),
    ],
)
def test_a_faulty_message_is_refused_by_name(
    channel: BusinessMessagesStandIn, named: str, fields: dict[str, Any]
) -> None:
    answer = post(channel, "messages", message(**fields))

    assert refusal(answer) == (400, "INVALID_ARGUMENT")
    assert named in answer[1]["error"]["message"]
    assert channel.transcript("c-1") == []


@pytest.mark.parametrize(
    ("named", "path", "body"),
    [
        ("eventId", "events", {"eventType": "TYPING_STARTED"}),
        ("eventType", "events?eventId=e", {"eventType": "EVENT_TYPE_UNSPECIFIED"}),
        ("eventId", "events?eventId=e", {"eventType": "TYPING_STARTED", "eventId": "e"}),
        ("representative", "events?eventId=e", {"eventType": "REPRESENTATIVE_JOINED"}),
        ("id", "events?id=e", {"eventType": "TYPING_STARTED"}),
        ("surveyId", "surveys", {}),
    ],
)
def test_a_faulty_event_or_survey_is_refused_by_name(
    channel: BusinessMessagesStandIn, named: str, path: str, body: dict[str, Any]
) -> None:
    answer = post(channel, path, body)

    assert refusal(answer) == (400, "INVALID_ARGUMENT")
    assert named in answer[1]["error"]["message"]


def test_surveys_are_sent_once_a_day(channel: BusinessMessagesStandIn) -> None:
    first = post(channel, "surveys?surveyId=s-1", {})
    same = post(channel, "surveys?surveyId=s-1", {})
    soon = post(channel, "surveys?surveyId=s-2", {})
    channel.clock.advance(DAY_S)
    later = post(channel, "surveys?surveyId=s-2", {})

    assert (first[0], later[0]) == (200, 200)
    assert [refusal(same), refusal(soon)] == [(409, "ALREADY_EXISTS"), (429, "RESOURCE_EXHAUSTED")]


def test_the_agent_can_mark_the_users_message_as_read(channel: BusinessMessagesStandIn) -> None:
    message_id = channel.phone.say("c-1", "Hi")["message"]["messageId"]

    path = f"/v1/conversations/c-1/messages/{message_id}/receipt"
    answer = channel.app.test_client().patch(path, json={"receiptType": "READ"})

    assert answer.status_code == 200
    assert channel.transcript("c-1")[0]["receipt"] == "READ"
