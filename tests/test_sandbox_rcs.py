"""The stand-in of RCS for Business: what its API takes, refuses and silently swallows."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.failing import RCS, refusal
from infra.sandbox.google_api import rfc3339
from infra.sandbox.rcs import RcsOptions, RcsStandIn
from infra.sandbox.standin import Fault
from tests.file_server import PNG, file, file_server, redirects, says

ANN, BOB = "+999000001", "+999000002"
FILE = {"fileUrl": "https://shop.example/a.png"}
MEDIA: dict[str, Any] = {"height": "TALL", "contentInfo": FILE}
CARD = {"title": "Menu", "media": MEDIA}
REPLY = {"reply": {"text": "Yes", "postbackData": "yes"}}
DAY_S = 24 * 3600


@pytest.fixture
def rcs() -> RcsStandIn:
    standin = RcsStandIn(RcsOptions(agents={"demo_agent": "token", "acme_agent": "acme-token"}))
    standin.phone.open(phone_number=ANN)
    standin.phone.open(phone_number=BOB)
    return standin


def new_id() -> str:
    return str(uuid.uuid4())


def post(rcs: RcsStandIn, path: str, body: Any, number: str = ANN) -> tuple[int, Any]:
    answer = rcs.app.test_client().post(f"/v1/phones/{number}/{path}", json=body)
    return answer.status_code, answer.get_json()


def send(rcs: RcsStandIn, number: str = ANN, id_: str = "", agent: str = "demo_agent", **fields: Any) -> Any:
    body = fields if "contentMessage" in fields else {"contentMessage": {"text": "Hello"}, **fields}
    return post(rcs, f"agentMessages?messageId={id_ or new_id()}&agentId={agent}", body, number)


def send_content(rcs: RcsStandIn, content: dict[str, Any]) -> Any:
    full = (
        content if content.keys() & {"text", "contentInfo", "richCard", "uploadedRbmFile"} else {"text": "Hi"} | content
    )
    return send(rcs, contentMessage=full)


def tell(rcs: RcsStandIn, number: str = ANN, id_: str = "", agent: str = "demo_agent", **event: Any) -> Any:
    return post(rcs, f"agentEvents?eventId={id_ or new_id()}&agentId={agent}", event, number)


def card(**fields: Any) -> dict[str, Any]:
    return {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": fields}}}


def carousel(count: int) -> dict[str, Any]:
    return {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": [CARD] * count}}}


def action(**what: Any) -> dict[str, Any]:
    return {"suggestions": [{"action": {"text": "Do", "postbackData": "do", **what}}]}


def refused(answer: Any) -> tuple[int, str]:
    status, body = answer
    assert body["error"]["code"] == status
    return status, body["error"]["status"]


def rules_broken(rcs: RcsStandIn) -> list[str]:
    return [violation["rule"] for violation in rcs.state()["violations"]]


# --- messages --------------------------------------------------------------------------------------------------------


def test_an_accepted_message_is_answered_with_its_resource(rcs: RcsStandIn) -> None:
    id_ = new_id()

    status, answer = send(rcs, id_=id_, messageTrafficType="SERVICEREQUEST", ttl="60s")

    assert status == 200
    assert answer.keys() == {"name", "sendTime", "contentMessage", "messageTrafficType", "expireTime"}
    assert answer["name"] == f"phones/{ANN}/agentMessages/{id_}"
    assert [line["text"] for line in rcs.transcript(ANN)] == ["Hello"]


@pytest.mark.parametrize(
    "content",
    [
        {"text": "x" * 3072},
        {"suggestions": [REPLY] * 11},
        {"suggestions": [{"reply": {"text": "x" * 25, "postbackData": "p" * 2048}}]},
        action(dialAction={"phoneNumber": "+15556667777"}, fallbackUrl="https://shop.example/call"),
        action(viewLocationAction={"latLong": {"latitude": 37.4, "longitude": -122.1}, "label": "Shop"}),
        action(shareLocationAction={}),
        action(openUrlAction={"url": "https://shop.example", "application": "WEBVIEW", "webviewViewMode": "HALF"}),
        action(
            createCalendarEventAction={
                "startTime": "2026-06-30T19:00:00Z",
                "endTime": "2026-06-30T20:00:00Z",
                "title": "Visit",
            }
        ),
        {"contentInfo": {**FILE, "thumbnailUrl": "https://shop.example/b.png", "forceRefresh": True}},
        {"contentInfo": {"fileUrl": "http://127.0.0.1:1/a.png"}},
        {"uploadedRbmFile": {"fileName": "files/1"}},
        card(title="x" * 200, description="y" * 2000, media=MEDIA, suggestions=[REPLY] * 4),
        carousel(2),
        carousel(10),
    ],
)
def test_what_is_within_the_limits_is_accepted(rcs: RcsStandIn, content: dict[str, Any]) -> None:
    assert send_content(rcs, content)[0] == 200
    assert rules_broken(rcs) == []


@pytest.mark.parametrize(
    ("named", "content"),
    [
        ("mood", {"mood": "good"}),
        ("representative", {"representative": {"representativeType": "BOT"}}),
        ("text", {"text": ""}),
        ("text", {"text": "x" * 3073}),
        ("Exactly one of", {"text": "a", "contentInfo": FILE}),
        ("suggestions", {"suggestions": [REPLY] * 12}),
        ("text", {"suggestions": [{"reply": {"text": "x" * 26, "postbackData": "p"}}]}),
        ("postbackData", {"suggestions": [{"reply": {"text": "Yes"}}]}),
        ("postbackData", {"suggestions": [{"reply": {"text": "Yes", "postbackData": "p" * 2049}}]}),
        ("liveAgentRequest", {"suggestions": [{"liveAgentRequest": {}}]}),
        ("Exactly one of", {"suggestions": [{}]}),
        ("Exactly one of", action()),
        ("Exactly one of", action(shareLocationAction={}, dialAction={"phoneNumber": "1"})),
        ("fallbackUrl", action(shareLocationAction={}, fallbackUrl="https://" + "x" * 2048)),
        ("fileUrl", {"contentInfo": {"fileUrl": "a.png"}}),
        ("https", {"contentInfo": {"fileUrl": "http://shop.example/a.png"}}),
        ("https", {"contentInfo": {**FILE, "thumbnailUrl": "http://shop.example/a.png"}}),
        ("altText", {"contentInfo": {**FILE, "altText": "a"}}),
        ("cardContents", carousel(1)),
        ("cardContents", carousel(11)),
        ("title", card(title="x" * 201)),
        ("description", card(description="x" * 2001)),
        ("suggestions", card(title="a", suggestions=[REPLY] * 5)),
        ("height", card(media=MEDIA | {"height": "HUGE"})),
        ("Exactly one of", card(media={"height": "TALL"})),
        ("cardOrientation", {"richCard": {"standaloneCard": {"cardContent": CARD}}}),
        (
            "thumbnailImageAlignment",
            {"richCard": {"standaloneCard": {"cardOrientation": "HORIZONTAL", "cardContent": CARD}}},
        ),
    ],
)
def test_a_faulty_message_is_refused_by_name(rcs: RcsStandIn, named: str, content: dict[str, Any]) -> None:
    answer = send_content(rcs, content)

    assert refused(answer) == (400, "INVALID_ARGUMENT")
    assert named in answer[1]["error"]["message"]
    assert rcs.transcript(ANN) == []


def test_a_message_of_more_than_250_kb_is_refused(rcs: RcsStandIn) -> None:
    long = {"reply": {"text": "Yes", "postbackData": "ß" * 2048}}
    many = {"title": "Menu", "description": "ß" * 2000, "suggestions": [long] * 4}
    content = {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": [many] * 10}}}

    answer = send(rcs, contentMessage=content)  # each ß as \u00df

    assert refused(answer) == (400, "INVALID_ARGUMENT")
    assert "bytes" in answer[1]["error"]["message"]


@pytest.mark.parametrize("field", ["name", "sendTime", "carrier"])
def test_what_google_sets_itself_is_refused(rcs: RcsStandIn, field: str) -> None:
    assert refused(send(rcs, **{field: "x"})) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("agentMessages?agentId=demo_agent", "messageId"),
        ("agentMessages?agentId=demo_agent&messageId=m-1", "UUID"),
        (f"agentMessages?messageId={uuid.UUID(int=1)}", "agentId"),
        (f"agentMessages?messageId={uuid.UUID(int=1)}&agentId=demo_agent&id=1", "id"),
    ],
)
def test_a_message_needs_a_uuid_and_an_agent(rcs: RcsStandIn, path: str, named: str) -> None:
    answer = post(rcs, path, {"contentMessage": {"text": "Hello"}})

    assert refused(answer) == (400, "INVALID_ARGUMENT")
    assert named in answer[1]["error"]["message"]


def test_an_agent_nobody_knows_is_refused(rcs: RcsStandIn) -> None:
    assert refused(send(rcs, agent="other_agent")) == (403, "PERMISSION_DENIED")


def test_a_number_is_given_as_e164(rcs: RcsStandIn) -> None:
    assert refused(send(rcs, number="999000001")) == (400, "INVALID_ARGUMENT")


# --- traffic type, lifetime ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "status"), [({}, 400), ({"messageTrafficType": "SERVICEREQUEST"}, 200)])
def test_a_multi_use_agent_says_what_its_messages_are_for(rcs: RcsStandIn, fields: dict[str, str], status: int) -> None:
    rcs.change_options(multi_use=["demo_agent"])

    assert send(rcs, **fields)[0] == status


def test_a_traffic_type_is_one_of_googles(rcs: RcsStandIn) -> None:
    assert refused(send(rcs, messageTrafficType="CHAT")) == (400, "INVALID_ARGUMENT")


def in_s(rcs: RcsStandIn, seconds: float) -> str:
    return rfc3339(rcs.clock.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize("ttl", ["0s", "60", "-1s", "1m", f"{15 * DAY_S + 1}s"])
def test_a_lifetime_that_makes_no_sense_is_refused(rcs: RcsStandIn, ttl: str) -> None:
    assert refused(send(rcs, ttl=ttl)) == (400, "INVALID_ARGUMENT")


def test_a_message_lives_for_at_most_15_days(rcs: RcsStandIn) -> None:
    assert send(rcs, ttl=f"{15 * DAY_S}s")[0] == 200
    assert send(rcs, expireTime=in_s(rcs, 15 * DAY_S - 60))[0] == 200
    assert send(rcs, expireTime=in_s(rcs, 15 * DAY_S + 60))[0] == 400
    assert send(rcs, expireTime=in_s(rcs, -1))[0] == 400


def test_the_end_of_a_message_is_given_in_one_way(rcs: RcsStandIn) -> None:
    assert refused(send(rcs, ttl="60s", expireTime=in_s(rcs, 60))) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"ttl": "10s"}, []),
        ({"ttl": "9.5s"}, ["message that lives for less than 10 seconds"]),
        ({"contentMessage": {"text": " "}}, ["text without words"]),
        ({"contentMessage": card(suggestions=[REPLY])}, ["card without title, description and media"]),
    ],
)
def test_what_makes_no_sense_is_taken_but_noted(rcs: RcsStandIn, fields: dict[str, Any], rules: list[str]) -> None:
    assert send(rcs, **fields)[0] == 200
    assert rules_broken(rcs) == rules


# --- ids -------------------------------------------------------------------------------------------------------------


def test_what_is_sent_again_is_swallowed_with_200(rcs: RcsStandIn) -> None:
    id_ = new_id()

    statuses = [send(rcs, id_=id_)[0] for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len(rcs.transcript(ANN)) == 1
    assert [one.same for one in rcs.swallowed] == [True, True]
    assert rules_broken(rcs) == []


@pytest.mark.parametrize("kind", ["other words", "another phone", "an event"])
def test_an_id_is_taken_over_all_phones_by_messages_and_events(rcs: RcsStandIn, kind: str) -> None:
    id_ = new_id()
    send(rcs, id_=id_)

    again = {
        "other words": lambda: send(rcs, id_=id_, contentMessage={"text": "Lost"}),
        "another phone": lambda: send(rcs, BOB, id_=id_),
        "an event": lambda: tell(rcs, id_=id_, eventType="IS_TYPING"),
    }[kind]()

    assert again[0] == 200
    assert [len(rcs.transcript(number)) for number in (ANN, BOB)] == [1, 0]
    assert [one.same for one in rcs.swallowed] == [False]
    assert rules_broken(rcs) == ["id reused for different content"]
    assert not rcs.state()["conversations"][ANN]["is_writing"]


def test_each_agent_has_ids_of_its_own(rcs: RcsStandIn) -> None:
    id_ = new_id()
    send(rcs, id_=id_)
    send(rcs, id_=id_, agent="acme_agent")

    assert rcs.swallowed == []
    assert [len(rcs.transcript(one)) for one in (ANN, f"acme_agent/{ANN}")] == [1, 1]


def test_an_id_that_was_refused_is_free(rcs: RcsStandIn) -> None:
    id_ = new_id()
    rcs.phone.change(ANN, words_only=True)
    send(rcs, id_=id_, contentMessage={"contentInfo": FILE})

    assert send(rcs, id_=id_)[0] == 200
    assert (len(rcs.transcript(ANN)), rcs.swallowed) == (1, [])


# --- who can be reached ----------------------------------------------------------------------------------------------


def test_a_phone_without_rcs_is_not_found(rcs: RcsStandIn) -> None:
    rcs.phone.change(BOB, reachable=False)

    assert refused(send(rcs, "+999000003")) == (404, "NOT_FOUND")
    assert refused(send(rcs, BOB)) == (404, "NOT_FOUND")
    assert refused(tell(rcs, BOB, eventType="IS_TYPING")) == (404, "NOT_FOUND")


def test_an_agent_that_is_not_launched_reaches_its_testers(rcs: RcsStandIn) -> None:
    rcs.change_options(unlaunched=["demo_agent"], testers=[BOB])

    assert refused(send(rcs, ANN)) == (403, "PERMISSION_DENIED")
    assert refused(tell(rcs, ANN, eventType="IS_TYPING")) == (403, "PERMISSION_DENIED")
    assert send(rcs, BOB)[0] == 200


@pytest.mark.parametrize("content", [{"contentInfo": FILE}, card(**CARD), carousel(2)])
def test_a_phone_that_shows_only_words_refuses_more(rcs: RcsStandIn, content: dict[str, Any]) -> None:
    rcs.phone.change(ANN, words_only=True)

    assert refused(send_content(rcs, content)) == (400, "INVALID_ARGUMENT")
    assert send(rcs)[0] == 200


def test_too_many_requests_are_refused_in_googles_envelope(rcs: RcsStandIn) -> None:
    rcs.faults = [Fault(path="^/v1/phones/", status=429, body=refusal(RCS, 429), headers={"Retry-After": "7"}, times=1)]

    assert refused(send(rcs)) == (429, "RESOURCE_EXHAUSTED")
    assert send(rcs)[0] == 200


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status"), [("/a.png", 200), ("/moved", 400), ("/gone", 400), ("/untyped", 400)])
def test_files_on_this_machine_are_fetched_as_google_does(rcs: RcsStandIn, path: str, status: int) -> None:
    rcs.change_options(fetch_files=True)
    with file_server() as server:
        server.on("/a.png", file(PNG, "image/png"))
        server.on("/moved", redirects("/a.png"))
        server.on("/untyped", says(200, PNG))

        answer = send_content(rcs, {"contentInfo": {"fileUrl": f"http://{server.authority}{path}"}})

    assert answer[0] == status
    assert server.paths == [path]


@pytest.mark.parametrize(("size_bytes", "status"), [(100_000, 200), (100_001, 400)])
def test_a_thumbnail_is_small(rcs: RcsStandIn, size_bytes: int, status: int) -> None:
    rcs.change_options(fetch_files=True)
    with file_server() as server:
        thumbnail = server.on("/small.png", file(b"x" * size_bytes, "image/png"))

        answer = send_content(rcs, {"contentInfo": {**FILE, "thumbnailUrl": thumbnail}})

    assert answer[0] == status


def test_files_are_not_fetched_unless_it_is_wanted(rcs: RcsStandIn) -> None:
    with file_server() as server:
        answer = send_content(rcs, {"contentInfo": {"fileUrl": f"http://{server.authority}/a.png"}})

    assert (answer[0], server.paths) == (200, [])


# --- events ----------------------------------------------------------------------------------------------------------


def test_the_agent_can_mark_the_users_message_as_read(rcs: RcsStandIn) -> None:
    message_id = rcs.phone.say(ANN, "Hi")["messageId"]

    status, answer = tell(rcs, eventType="READ", messageId=message_id)

    assert (status, answer["eventType"]) == (200, "READ")
    assert rcs.transcript(ANN)[0]["receipt"] == "READ"
    assert rules_broken(rcs) == []


@pytest.mark.parametrize(
    ("named", "event"),
    [
        ("messageId", {"eventType": "READ"}),
        ("eventType", {"eventType": "TYPING_STOPPED"}),
        ("eventType", {}),
        ("representative", {"eventType": "IS_TYPING", "representative": {}}),
    ],
)
def test_a_faulty_event_is_refused_by_name(rcs: RcsStandIn, named: str, event: dict[str, Any]) -> None:
    answer = tell(rcs, **event)

    assert refused(answer) == (400, "INVALID_ARGUMENT")
    assert named in answer[1]["error"]["message"]


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        ({"eventType": "READ", "messageId": "m-1"}, "READ for a message the user did not send"),
        ({"eventType": "IS_TYPING", "messageId": "m-1"}, "messageId of an event that is not READ"),
    ],
)
def test_an_event_that_makes_no_sense_is_taken_but_noted(rcs: RcsStandIn, event: dict[str, str], rule: str) -> None:
    assert tell(rcs, **event)[0] == 200
    assert rules_broken(rcs) == [rule]
