"""Turns of the Dialogflow CX stand-in, each held against Google's discovery document."""

from typing import Any

from infra.sandbox.dialogflow_cx import DialogflowCxStandIn
from tests.discovery_schema import Discovery

DIALOGFLOW = Discovery("dialogflow.v3")
V3 = "GoogleCloudDialogflowCxV3"
AGENT = "projects/p/locations/eu/agents/a"
FLOW = f"{AGENT}/flows/00000000-0000-0000-0000-000000000000"
SESSION = f"{AGENT}/sessions/3f0e"


def detect(bot: DialogflowCxStandIn, body: dict[str, Any], session: str = SESSION) -> tuple[int, Any]:
    answer = bot.app.test_client().post(f"/v3/{session}:detectIntent", json=body)
    return answer.status_code, answer.get_json()


def say(bot: DialogflowCxStandIn, text: str, session: str = SESSION, **parameters: Any) -> Any:
    """The result of one turn; its request and its answer are held against Google's discovery document."""
    query = {"text": {"text": text}, "languageCode": "en"}
    return _checked(bot, {"queryInput": query, "queryParams": parameters}, session)


def tell(bot: DialogflowCxStandIn, event: str, **parameters: Any) -> Any:
    query = {"event": {"event": event}, "languageCode": "en"}
    return _checked(bot, {"queryInput": query, "queryParams": parameters}, SESSION)


def trigger(bot: DialogflowCxStandIn, intent: str) -> Any:
    return _checked(bot, {"queryInput": {"intent": {"intent": intent}, "languageCode": "en"}}, SESSION)


def _checked(bot: DialogflowCxStandIn, body: dict[str, Any], session: str) -> Any:
    assert DIALOGFLOW.problems(f"{V3}DetectIntentRequest", body) == []
    status, answer = detect(bot, body, session)
    assert (status, answer.get("error")) == (200, None)
    assert DIALOGFLOW.problems(f"{V3}DetectIntentResponse", answer) == []
    return answer["queryResult"]


def words(result: Any) -> list[str]:
    """What the bot says in text."""
    return [message["text"]["text"][0] for message in result["responseMessages"] if "text" in message]


def kinds(result: Any) -> list[str]:
    """The kinds of the bot's messages."""
    return [next(name for name in message if name != "responseType") for message in result["responseMessages"]]


def page(result: Any) -> str:
    """The display name of the page that the session is on."""
    name: str = result["currentPage"]["displayName"]
    return name
