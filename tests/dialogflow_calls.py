"""Turns of the Dialogflow stand-in, each held against Google's discovery document."""

from typing import Any

from infra.sandbox.dialogflow_es import DialogflowStandIn
from tests.discovery_schema import Discovery

DIALOGFLOW = Discovery("dialogflow.v2")
V2 = "GoogleCloudDialogflowV2"
SESSION = "projects/p/agent/sessions/3f0e"


def detect(bot: DialogflowStandIn, body: dict[str, Any], session: str = SESSION) -> tuple[int, Any]:
    answer = bot.app.test_client().post(f"/v2/{session}:detectIntent", json=body)
    return answer.status_code, answer.get_json()


def say(bot: DialogflowStandIn, text: str, session: str = SESSION, **parameters: Any) -> Any:
    """One turn, its request and its answer held against Google's discovery document."""
    body = {"queryInput": {"text": {"text": text, "languageCode": "en"}}, "queryParams": parameters}
    return _checked(bot, body, session)


def tell(bot: DialogflowStandIn, name: str, **parameters: Any) -> Any:
    event = {"name": name, "languageCode": "en", "parameters": parameters}
    return _checked(bot, {"queryInput": {"event": event}}, SESSION)


def _checked(bot: DialogflowStandIn, body: dict[str, Any], session: str) -> Any:
    assert DIALOGFLOW.problems(f"{V2}DetectIntentRequest", body) == []
    status, answer = detect(bot, body, session)
    assert status == 200
    assert DIALOGFLOW.problems(f"{V2}DetectIntentResponse", answer) == []
    return answer


def context_ids(result: Any) -> dict[str, int]:
    contexts = result["queryResult"].get("outputContexts", [])
    return {context["name"].rpartition("/")[2]: context["lifespanCount"] for context in contexts}
